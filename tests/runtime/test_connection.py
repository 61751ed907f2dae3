"""One connection on a real socket; the rest is seen through its owner, in test_connections."""

from typing import Any

from twisted.internet import reactor as global_reactor
from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.defer import Deferred
from twisted.internet.protocol import Factory, Protocol
from twisted.trial.unittest import SynchronousTestCase, TestCase

from twisted_suite.runtime.connection import Connection, peer_name

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


def _client_factory(protocol: Protocol) -> Any:
    from twisted.internet.protocol import ClientFactory

    factory: Any = ClientFactory.forProtocol(lambda: protocol)
    factory.noisy = False
    return factory
