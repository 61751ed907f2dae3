"""Accepting with no file descriptor left: a real listening socket, and a limit that is really reached."""

import os
import resource
import socket
from typing import Any

from twisted.internet import tcp
from twisted.internet.protocol import Factory
from twisted.internet.testing import EventLoggingObserver
from twisted.logger import formatEvent, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase

from tests.runtime.loop import Loop
from twisted_suite.echo.server import Echo
from twisted_suite.runtime.accepting import RETRY_S, Patience


class AcceptingTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.loop = Loop()
        self.log = EventLoggingObserver.createWithCleanup(self, globalLogPublisher)  # type: ignore[arg-type]  # annotated for one of two TestCases

    def listening(self) -> Any:
        factory = Factory.forProtocol(Echo)
        factory.noisy = False
        port: Any = tcp.Port(0, factory, interface="127.0.0.1", reactor=self.loop)
        port.startListening()

        def close() -> None:
            port.stopListening()
            self.loop.turn(2)

        self.addCleanup(close)
        return port

    def client(self, port: Any) -> socket.socket:
        client = socket.create_connection(("127.0.0.1", port.getHost().port))
        client.settimeout(5)
        self.addCleanup(client.close)
        return client

    def use_up_descriptors(self) -> list[int]:
        """Leave none; what is closed of the list is free again."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        highest = max(int(name) for name in os.listdir("/proc/self/fd"))
        resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 2, hard))
        used: list[int] = []

        def close() -> None:
            for descriptor in used:
                os.close(descriptor)

        self.addCleanup(close)
        try:
            while True:
                used.append(os.dup(0))
        except OSError:
            return used

    def test_stock_turns_them_away(self) -> None:
        """Twisted by itself closes whoever waits while there is no descriptor left."""
        port = self.listening()
        client = self.client(port)
        self.use_up_descriptors()
        self.loop.turn(2)
        self.assertEqual(client.recv(1), b"")

    def test_they_wait_and_are_let_in(self) -> None:
        """With patience nobody is turned away, the loop rests in between, and one line says why."""
        port = self.listening()
        patience = Patience.of(port)
        assert patience is not None
        self.assertIsNone(Patience.of(port))  # it has it already
        client = self.client(port)
        used = self.use_up_descriptors()
        for _ in range(5):
            self.loop.turn(3)
            self.assertNotIn(port, self.loop.readers)
            self.assertEqual(len(self.loop.getDelayedCalls()), 1)
            self.loop.advance(RETRY_S)
            self.assertIn(port, self.loop.readers)
        os.close(used.pop())
        client.sendall(b"hello")
        self.loop.turn(4)
        self.assertEqual(client.recv(10), b"hello")
        said = [formatEvent(event) for event in self.log if "accepting" in formatEvent(event)]
        self.assertEqual(len(said), 2)
        self.assertIn("Too many open files", said[0])
        self.assertIn("goes on", said[1])
        client.close()
        self.loop.turn(2)

    def test_a_port_that_stops_meanwhile(self) -> None:
        """A port that is closed while it waits leaves no timer behind."""
        port = self.listening()
        patience = Patience.of(port)
        assert patience is not None
        self.client(port)
        self.use_up_descriptors()
        self.loop.turn()
        patience.stop()
        self.assertEqual(self.loop.getDelayedCalls(), [])

    def test_others_are_left_alone(self) -> None:
        """What is no port of Twisted's own kinds is not touched."""
        self.assertIsNone(Patience.of(object()))
        self.assertIsNone(Patience.of(None))
