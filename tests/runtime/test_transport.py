"""The metered transport, over real sockets of this machine."""

from typing import Any

from twisted.internet import reactor as global_reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, UNIXClientEndpoint
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase, TestCase

from twisted_suite.runtime.transport import Metered, meter

reactor: Any = global_reactor  # TCP and Unix sockets in one


class _Answer(Protocol):
    """Meters its transport, answers each piece twice over, and tells when it has gone."""

    def __init__(self) -> None:
        self.gone: Deferred[Metered | None] = Deferred()

    def connectionMade(self) -> None:
        assert self.transport is not None
        self.before = self.transport
        self.metered = meter(self.transport)

    def dataReceived(self, data: bytes) -> None:
        assert self.transport is not None
        self.transport.write(data * 2)
        self.transport.loseConnection()

    def connectionLost(self, reason: object = None) -> None:
        self.gone.callback(self.metered)


class MeterTests(TestCase):
    async def _counted(self, port: Any, endpoint: Any) -> None:
        self.addCleanup(port.stopListening)
        client = Protocol()
        ended: Deferred[None] = Deferred()
        client.connectionLost = lambda reason=None: ended.callback(None)  # type: ignore[method-assign]
        await endpoint.connect(Factory.forProtocol(lambda: client))
        assert client.transport is not None
        client.transport.write(b"12345")
        metered = await self.server.gone
        await ended
        assert metered is not None
        self.assertEqual((metered.bytes_in, metered.bytes_out), (5, 10))
        self.assertIs(metered, self.server.before)

    def setUp(self) -> None:
        self.server = _Answer()
        self.factory = Factory.forProtocol(lambda: self.server)

    def test_tcp(self) -> "Deferred[None]":
        """What passes the socket of a TCP connection is counted, by the very object Twisted accepted."""
        port = reactor.listenTCP(0, self.factory, interface="127.0.0.1")
        endpoint = TCP4ClientEndpoint(reactor, "127.0.0.1", port.getHost().port)
        return Deferred.fromCoroutine(self._counted(port, endpoint))

    def test_unix(self) -> "Deferred[None]":
        """So it is on a Unix socket."""
        path = self.mktemp()
        port = reactor.listenUNIX(path, self.factory)
        return Deferred.fromCoroutine(self._counted(port, UNIXClientEndpoint(reactor, path)))


class NoSocketTests(SynchronousTestCase):
    def test_unknown_transport_is_left_alone(self) -> None:
        """A transport with no socket that we know is not touched, and says so."""
        transport = StringTransport()
        self.assertIsNone(meter(transport))
        self.assertIs(type(transport), StringTransport)
