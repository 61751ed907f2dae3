"""The endpoint ``inherit:N``."""

import os
import socket
from typing import Any

from twisted.internet import reactor as global_reactor
from twisted.internet.endpoints import serverFromString
from twisted.internet.error import CannotListenError
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from twisted_suite.runtime.inherited import InheritedEndpoint

reactor: Any = global_reactor


class _Greeting(Protocol):
    def connectionMade(self) -> None:
        assert self.transport is not None
        self.transport.write(b"hi")
        self.transport.loseConnection()


class InheritedTests(TestCase):
    async def greeted(self, listening: socket.socket) -> bytes:
        """What a client hears of the endpoint at the descriptor of `listening`, which it takes over."""
        address, family = listening.getsockname(), listening.family
        descriptor = listening.detach()
        factory = Factory.forProtocol(_Greeting)
        factory.noisy = False
        port = await serverFromString(reactor, f"inherit:{descriptor}").listen(factory)
        self.assertNotEqual(port.fileno(), descriptor)
        self.assertRaises(OSError, os.fstat, descriptor)

        def ask() -> bytes:
            with socket.socket(family) as client:
                client.settimeout(10)
                client.connect(address)
                return client.recv(10)

        heard = await deferToThread(ask)
        await port.stopListening()
        return heard

    async def test_tcp_and_unix(self) -> None:
        """The kind of the socket need not be said, and one that blocks does not block us."""
        self.assertEqual(await self.greeted(socket.create_server(("127.0.0.1", 0))), b"hi")
        unix = socket.socket(socket.AF_UNIX)
        unix.bind(os.path.relpath(self.mktemp()))
        unix.listen()
        self.assertEqual(await self.greeted(unix), b"hi")

    async def test_what_does_not_listen(self) -> None:
        """Is named, whether it is no descriptor, no socket, or one that does not listen."""
        with open(os.devnull) as file, socket.socket() as idle:
            for descriptor in (9999, file.fileno(), idle.fileno()):
                listening = InheritedEndpoint(reactor, descriptor).listen(Factory())
                error = self.failureResultOf(listening, CannotListenError).value
                self.assertIn(f"descriptor {descriptor} is not a socket that listens", str(error.socketError))

    async def test_words(self) -> None:
        """What is no number is refused with an example."""
        error = self.assertRaises(ValueError, serverFromString, reactor, "inherit:stdin")
        self.assertIn("as in inherit:3", str(error))
