"""The metered transport, over real sockets of this machine."""

from pathlib import Path
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


class _Speaking(Protocol):
    """Says what it is told to as soon as it is connected, and remembers whether anything had to wait."""

    def __init__(self, *words: bytes) -> None:
        self.words = words
        self.waiting: list[bool] = []

    def connectionMade(self) -> None:
        assert self.transport is not None
        metered = meter(self.transport)
        assert metered is not None
        for word in self.words:
            metered.write_now(word)
            self.waiting.append(bool(metered.dataBuffer or metered._tempDataBuffer))
        self.metered = metered
        self.transport.loseConnection()


class _Filing(_Speaking):
    """Says the first word and a file behind it, then the others."""

    def __init__(self, path: Path, *words: bytes) -> None:
        super().__init__(*words)
        self.path = path

    def connectionMade(self) -> None:
        assert self.transport is not None
        metered = meter(self.transport)
        assert metered is not None
        self.metered = metered
        with self.path.open("rb") as file:
            size = self.path.stat().st_size
            self.taken = metered.write_with_file(self.words[0], file.fileno(), 0, size)
        for word in self.words[1:]:
            metered.write(word)
        self.transport.loseConnection()


class WriteNowTests(TestCase):
    async def _heard(self, *words: bytes) -> _Speaking:
        server = _Speaking(*words)
        self.assertTrue(await self._said(server) == b"".join(words))
        return server

    async def _said(self, server: _Speaking) -> bytes:
        port = reactor.listenTCP(0, Factory.forProtocol(lambda: server), interface="127.0.0.1")
        self.addCleanup(port.stopListening)
        heard = bytearray()
        ended: Deferred[None] = Deferred()
        client = Protocol()
        client.dataReceived = heard.extend  # type: ignore[assignment,method-assign]
        client.connectionLost = lambda reason=None: ended.callback(None)  # type: ignore[method-assign]
        endpoint = TCP4ClientEndpoint(reactor, "127.0.0.1", port.getHost().port)
        await endpoint.connect(Factory.forProtocol(lambda: client))
        await ended
        self.assertEqual(server.metered.bytes_out, len(heard))
        return bytes(heard)

    async def test_with_a_file(self) -> None:
        """A file leaves behind its head, as far as the socket takes it; what is written follows."""
        path = Path(self.mktemp())
        path.write_bytes(b"file" * 1000)
        server = _Filing(path, b"head", b"tail")
        self.assertEqual(await self._said(server), b"head" + b"file" * 1000 + b"tail")
        self.assertEqual(server.taken, 4000)
        path.write_bytes(b"x" * 20_000_000)
        server = _Filing(path, b"head")
        heard = await self._said(server)
        self.assertTrue(0 < server.taken < 20_000_000)
        self.assertEqual(len(heard), 4 + server.taken)

    async def test_a_file_behind_what_waits(self) -> None:
        """A head that the socket does not take keeps the file from leaving before it."""
        path = Path(self.mktemp())
        path.write_bytes(b"file")
        server = _Filing(path, b"h" * 20_000_000)
        self.assertEqual(len(await self._said(server)), 20_000_000)
        self.assertEqual(server.taken, 0)

    async def test_at_once(self) -> None:
        """What the socket takes does not wait for a turn of the loop, and is counted."""
        server = await self._heard(b"one", b"two")
        self.assertEqual(server.waiting, [False, False])

    async def test_in_order(self) -> None:
        """What the socket does not take waits, and what comes after it too."""
        server = await self._heard(b"x" * 20_000_000, b"after")
        self.assertEqual(server.waiting, [True, True])
