"""Services that listen, on ports that the system chooses."""

import socket
from typing import Any

from twisted.internet import reactor as global_reactor
from twisted.internet.defer import Deferred
from twisted.internet.protocol import DatagramProtocol, Factory, Protocol
from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase, TestCase

from twisted_suite.errors import ConfigError, ExitStatus
from twisted_suite.runtime.connections import Connections
from twisted_suite.runtime.limits import ConnectionLimits
from twisted_suite.runtime.listening import DatagramListener, Listener

reactor: Any = global_reactor


def owner(clock: Any) -> Connections:
    factory = Factory.forProtocol(Protocol)
    factory.noisy = False
    return Connections(factory, "quiet", ConnectionLimits(), clock)


def listener(clock: Any, *endpoints: str) -> Listener:
    return Listener(endpoints, owner(clock), drain_timeout_s=5, reactor=clock)


class BadEndpointTests(SynchronousTestCase):
    def test_a_bad_endpoint_is_named(self) -> None:
        """A string that is no endpoint is refused before anything starts, with the string and the reason."""
        for description, words in [
            ("tcp:x", "invalid literal"),
            ("nope:1", "Unknown endpoint type"),
            ("tcp", "missing"),
            ("ssl:1:privateKey=/nowhere", "/nowhere"),
            ("", ""),
        ]:
            with self.subTest(description=description):
                error = self.assertRaises(ConfigError, listener, MemoryReactorClock(), description)
                self.assertTrue(str(error).startswith(f"{description!r} is not an endpoint"), error)
                self.assertIn(words, str(error))


class ListenerTests(TestCase):
    def taken_port(self) -> int:
        """A port that somebody else listens on."""
        taken = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(taken.close)
        port: int = taken.getsockname()[1]
        return port

    async def _listens_until_stopped(self) -> None:
        path = self.mktemp()
        service = listener(reactor, "tcp:0:interface=127.0.0.1", f"unix:{path}")
        service.startService()
        tcp, unix = service.addresses()
        host, port = tcp.split(":")
        self.assertEqual((host, unix), ("127.0.0.1", f"unix:{path}"))
        socket.create_connection((host, int(port))).close()
        await service.stopService()
        self.assertRaises(ConnectionRefusedError, socket.create_connection, (host, int(port)))

    def test_listens_at_every_endpoint_until_stopped(self) -> "Deferred[None]":
        """It says where it listens, with the port that the system chose, and not after it has stopped."""
        return Deferred.fromCoroutine(self._listens_until_stopped())

    def test_a_taken_port_is_an_error(self) -> None:
        """A port in use keeps it from starting: one line with the endpoint, under twist and twistd."""
        description = f"tcp:{self.taken_port()}:interface=127.0.0.1"
        for start in ("startService", "privilegedStartService"):
            error = self.assertRaises(ConfigError, getattr(listener(reactor, description), start))
            self.assertEqual(str(error), f"cannot listen on {description}: Address already in use")
            self.assertEqual(error.status, ExitStatus.UNAVAILABLE)

    def test_a_port_that_cannot_be(self) -> None:
        """A number that is no port is an error of the same kind."""
        error = self.assertRaises(ConfigError, listener(reactor, "tcp:99999").startService)
        self.assertIn("cannot listen on tcp:99999: ", str(error))

    def test_a_folder_that_is_not_there(self) -> None:
        """A Unix socket in no folder is an error of the same kind."""
        error = self.assertRaises(ConfigError, listener(reactor, "unix:/nowhere/at/all").startService)
        self.assertIn("cannot listen on unix:/nowhere/at/all: ", str(error))
        self.assertNotIn("\n", str(error))


class DrainTests(SynchronousTestCase):
    def test_stopping_waits_for_connections(self) -> None:
        """Stopping closes the port first and is done when the last connection is, or at the drain timeout."""
        clock = MemoryReactorClock()
        service = listener(clock, "tcp:9")
        service.privilegedStartService()
        service.startService()
        self.assertEqual(len(clock.tcpServers), 1)
        service.connections.admission.admit("192.0.2.1")
        waited: list[float] = []
        emptied: Deferred[None] = Deferred()

        def drain(timeout_s: float) -> "Deferred[None]":
            waited.append(timeout_s)
            return emptied

        service.connections.drain = drain  # type: ignore[method-assign]  # its own tests are elsewhere
        stopped = service.stopService()
        self.assertEqual(waited, [5])
        self.assertNoResult(stopped)
        emptied.callback(None)
        self.successResultOf(stopped)


class DatagramListenerTests(TestCase):
    async def _listens(self) -> None:
        service = DatagramListener(0, DatagramProtocol(), reactor)
        self.assertEqual(service.addresses(), [])
        service.startService()
        (address,) = service.addresses()
        port = int(address.rpartition(":")[2])
        self.assertEqual(address, f"udp 0.0.0.0:{port}")
        error = self.assertRaises(
            ConfigError, DatagramListener(port, DatagramProtocol(), reactor).privilegedStartService
        )
        self.assertEqual(str(error), f"cannot listen on udp port {port}: Address already in use")
        self.assertRaises(ConfigError, DatagramListener(port, DatagramProtocol(), reactor).startService)
        await service.stopService()

    def test_listens_and_says_where(self) -> "Deferred[None]":
        """It says where it listens; a port in use keeps another from starting, in one line."""
        return Deferred.fromCoroutine(self._listens())
