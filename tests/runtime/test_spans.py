"""Spans between the bytes of a connection, over a socket of this machine, with a span in the test's hand."""

from socket import socket as Socket
from typing import Any

from twisted.internet import reactor as global_reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase

from twisted_suite.runtime.spans import BrokenSpan
from twisted_suite.runtime.transport import Metered, meter

reactor: Any = global_reactor


class _Letters:
    """A span of `count` times one letter, sent a few at a time."""

    def __init__(self, letter: bytes, count: int) -> None:
        self.letter = letter
        self.left = count
        self.waiting = False
        self.broken: Exception | None = None
        self.end: Deferred[BaseException | None] = Deferred()

    def send_some(self, socket: Socket, most: int) -> int:
        if self.broken is not None:
            raise BrokenSpan from self.broken
        sent = socket.send(self.letter * min(self.left, 3))
        self.left -= sent
        return sent

    def ended(self, error: BaseException | None) -> None:
        if not self.end.called:
            self.end.callback(error)


class _Hearing(Protocol):
    def __init__(self) -> None:
        self.heard = bytearray()
        self.gone: Deferred[type] = Deferred()

    def dataReceived(self, data: bytes) -> None:
        self.heard += data

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.gone.callback(type(reason.value))


class SpanTests(TestCase):
    timeout = 20

    async def connected(self) -> None:
        accepted: Deferred[Metered] = Deferred()

        class Accepting(Protocol):
            def connectionMade(self) -> None:
                assert self.transport is not None
                accepted.callback(meter(self.transport))  # type: ignore[arg-type]

        port = reactor.listenTCP(0, Factory.forProtocol(Accepting), interface="127.0.0.1")
        self.addCleanup(port.stopListening)
        endpoint = TCP4ClientEndpoint(reactor, "127.0.0.1", port.getHost().port)
        self.peer: Any = await endpoint.connect(Factory.forProtocol(_Hearing))
        self.transport = await accepted

    async def test_in_order(self) -> None:
        """Bytes and spans leave in the order of the calls; all are counted, and a close waits for them."""
        await self.connected()
        first, second = _Letters(b"a", 7), _Letters(b"b", 4)
        self.transport.write(b"1")
        self.transport.send_span(first)
        self.transport.write(b"2")
        self.transport.send_span(second)
        self.transport.write(b"3")
        self.transport.loseConnection()
        self.assertIs(await self.peer.gone, ConnectionDone)
        self.assertEqual(self.peer.heard, b"1aaaaaaa2bbbb3")
        self.assertEqual(self.transport.bytes_out, 14)
        self.assertIsNone(self.successResultOf(first.end))
        self.assertIsNone(self.successResultOf(second.end))

    async def test_waiting(self) -> None:
        """A span that cannot go on holds up what is behind it until it says so."""
        await self.connected()
        span = _Letters(b"a", 4)
        span.waiting = True
        self.transport.send_span(span)
        self.transport.write(b"2")
        self.transport.loseConnection()
        reactor.callLater(0, setattr, span, "waiting", False)
        reactor.callLater(0, self.transport.wake, span)
        await self.peer.gone
        self.assertEqual(self.peer.heard, b"aaaa2")

    async def test_broken(self) -> None:
        """What cannot be had resets the connection, with all that waits behind it."""
        await self.connected()
        span, behind = _Letters(b"a", 4), _Letters(b"b", 4)
        span.broken = ValueError()
        self.transport.send_span(span)
        self.transport.send_span(behind)
        self.assertIs(await self.peer.gone, ConnectionLost)
        self.assertIs(self.successResultOf(span.end), span.broken)
        self.assertIsInstance(await behind.end, ConnectionLost)

    async def test_after_the_end(self) -> None:
        """A span for a connection that has ended ends at once."""
        await self.connected()
        self.transport.abortConnection()
        await self.peer.gone
        span = _Letters(b"a", 4)
        self.transport.send_span(span)
        self.assertIsInstance(self.successResultOf(span.end), ConnectionLost)
