"""One connection on a real socket; the rest is seen through its owner, in test_connections."""

from typing import Any

from twisted.internet import reactor as global_reactor
from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.defer import Deferred
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import deferLater
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase, TestCase

from twisted_suite.runtime.connection import Connection, peer_name
from twisted_suite.runtime.limits import ConnectionLimits

reactor: Any = global_reactor


class PeerNameTests(SynchronousTestCase):
    def test_as_people_write_it(self) -> None:
        """IPv6 addresses get brackets; a Unix socket has no address of its own."""
        self.assertEqual(peer_name(IPv4Address("TCP", "192.0.2.1", 7)), "192.0.2.1:7")
        self.assertEqual(peer_name(IPv6Address("TCP", "2001:db8::1", 7)), "[2001:db8::1]:7")
        self.assertEqual(peer_name(UNIXAddress(b"/run/x")), "unix")


class _Owner:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.here: Deferred[Connection] = Deferred()
        self.gone: Deferred[Connection] = Deferred()

    def opened(self, connection: Connection) -> float:
        reactor.callLater(0, self.here.callback, connection)
        return 0.0

    def answered(self, seconds: float) -> None:
        """Nobody answers here."""

    def pace(self, *, encrypted: bool) -> None:
        return None

    def ended(self, connection: Connection, failure: object) -> None:
        self.gone.callback(connection)


class SocketTests(TestCase):
    async def test_what_waits_is_known(self) -> None:
        """What was written and not taken yet is counted as waiting; an abort ends it, with its reason."""
        owner = _Owner()
        factory = Factory()
        factory.noisy = False
        factory.buildProtocol = lambda addr: Connection(owner, Protocol(), addr)  # type: ignore
        port = reactor.listenTCP(0, factory, interface="127.0.0.1")
        self.addCleanup(port.stopListening)
        client = Protocol()
        ended: Deferred[None] = Deferred()
        client.connectionLost = lambda reason=None: ended.callback(None)  # type: ignore[method-assign]
        reactor.connectTCP("127.0.0.1", port.getHost().port, _client_factory(client))
        connection = await owner.here
        self.assertEqual(connection.buffered_bytes(), 0)
        connection.transport.write(b"x" * 1000)
        connection.transport.write(b"y" * 500)
        self.assertEqual(connection.buffered_bytes(), 1500)
        connection.abort("enough")
        self.assertIs(await owner.gone, connection)
        await ended
        self.assertEqual(connection.reason, "enough")

    async def test_what_the_peer_has_taken(self) -> None:
        """Bytes that wait in the kernel for a slow reader count as taken when they are, and not before."""
        owner = _Owner()
        factory = Factory()
        factory.noisy = False
        factory.buildProtocol = lambda addr: Connection(owner, Protocol(), addr)  # type: ignore
        port = reactor.listenTCP(0, factory, interface="127.0.0.1")
        self.addCleanup(port.stopListening)
        client = _Counting()
        reactor.connectTCP("127.0.0.1", port.getHost().port, _client_factory(client))
        connection = await owner.here
        client.transport.pauseProducing()
        size = 30_000_000  # more than is taken by a peer's kernel whose program does not read
        connection.transport.write(b"x" * size)
        connection.transport.write(b"y")
        assert connection.meter is not None
        while not connection.meter.unacknowledged_bytes():
            await deferLater(reactor, 0)
        self.assertLess(connection._taken(), connection.traffic()[1])
        client.transport.resumeProducing()
        await client.at(size + 1)
        while connection._taken() < size + 1:
            await deferLater(reactor, 0)
        connection.transport.abortConnection()
        await owner.gone

    def test_whose_fault_it_is(self) -> None:
        """While the protocol works at an answer nobody is idle; afterwards the time begins anew."""
        limits = ConnectionLimits(idle_timeout_s=10.0)
        protocol = _Working()
        connection = Connection(_Owner(), protocol, IPv4Address("TCP", "192.0.2.1", 7))
        transport = StringTransport()
        connection.makeConnection(transport)
        for now in (0.0, 20.0, 40.0):
            connection.check_times(now, limits)
        protocol.working = False
        connection.check_times(49.0, limits)
        self.assertFalse(transport.disconnecting)
        connection.check_times(50.0, limits)
        self.assertTrue(transport.disconnecting)
        self.assertEqual(connection.reason, "idle for 10 s")


class _Working(Protocol):
    working = True


class _Counting(Protocol):
    """Counts what comes, and says when it is enough."""

    transport: Any

    def __init__(self) -> None:
        self.count = 0
        self._wanted: tuple[int, Deferred[None]] = (0, Deferred())

    def at(self, count: int) -> "Deferred[None]":
        self._wanted = (count, Deferred())
        return self._wanted[1]

    def dataReceived(self, data: bytes) -> None:
        self.count += len(data)
        if self.count == self._wanted[0]:
            self._wanted[1].callback(None)


def _client_factory(protocol: Protocol) -> Any:
    from twisted.internet.protocol import ClientFactory

    factory: Any = ClientFactory.forProtocol(lambda: protocol)
    factory.noisy = False
    return factory
