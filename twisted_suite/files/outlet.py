"""The way out of one connection: answers gathered for one write, pieces of bodies one by one. Adapter."""

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionLost
from twisted.internet.interfaces import IPushProducer, ISSLTransport, ITCPTransport
from zope.interface import implementer

from twisted_suite.files.plan import FileSpan, Piece
from twisted_suite.files.producer import FileProducer
from twisted_suite.runtime.transport import Metered


@implementer(IPushProducer)
class Outlet:
    """Writes to `transport`, and knows whether the peer takes it. `on_room` is called when it does again."""

    def __init__(self, transport: Any, on_room: Callable[[], None]) -> None:
        self._transport = transport
        self._on_room = on_room
        # The connection's own socket, which takes answers at once and files by the kernel.
        self._own = isinstance(transport, Metered) and not ISSLTransport.providedBy(transport)
        self._write: Callable[[bytes], None] = transport.write_now if self._own else transport.write
        self._gathered: list[bytes | bytearray] = []
        self._room: Deferred[None] | None = None  # waited for by a piece
        self._open = True
        self.full = False  # nothing more should be written
        self._is_tcp = ITCPTransport.providedBy(transport)
        self._push_at_once()
        transport.registerProducer(self, True)

    def add(self, *data: bytes | bytearray) -> None:
        """Bytes that leave with the next `flush`."""
        self._gathered += data

    def flush(self, *, more: bool = False) -> None:
        """Write what was gathered, in one piece; with `more` it may wait for what follows at once."""
        if self._gathered:
            data = b"".join(self._gathered)
            self._gathered.clear()
            if more:
                self._transport.write(data)
            else:
                self._write(data)

    def send_at_once(self, span: FileSpan) -> int:
        """Write what was gathered, and behind it what the socket takes now of `span`; returns how many."""
        if not self._own:
            return 0
        head = b"".join(self._gathered)
        self._gathered.clear()
        sent: int = self._transport.write_with_file(head, span.fd, span.offset, span.length)
        return sent

    def stream(self, span: FileSpan) -> Deferred[None]:
        """`give`, for a body that is one span: on the connection's own socket with nothing in between."""
        if self._own:
            if self._is_tcp:
                self._transport.setTcpNoDelay(False)  # whole segments: a fifth of a large file's cost
            sent = FileProducer(span.fd, span.offset, span.length).send_to(self._transport)
            return sent.addCallback(self._push_at_once)
        return Deferred.fromCoroutine(self._give_span(span))

    async def give(self, piece: Piece) -> None:
        """Send a piece of a body; done when there is room for more.

        Fails where the connection is lost, or the piece cannot be had: then it has been reset.
        """
        if isinstance(piece, FileSpan):
            await self._give_span(piece)
            return
        self._transport.write(piece)
        if self.full:
            self._room = Deferred()
            await self._room

    async def _give_span(self, span: FileSpan) -> None:
        producer = FileProducer(span.fd, span.offset, span.length)
        if self._own:
            await producer.send_to(self._transport)
            return
        self._transport.unregisterProducer()  # it registers itself there
        self.full = False
        await producer.send_to(self._transport)
        if self._open:
            self._transport.registerProducer(self, True)

    def _push_at_once(self, _: None = None) -> None:
        """An answer is one write, so that waiting for more (Nagle) would only be waiting.

        What waits for its segment to be full leaves with this.
        """
        if self._is_tcp:
            self._transport.setTcpNoDelay(True)

    def close(self) -> None:
        """Nothing more is written; what was gathered has been."""
        self._open = False
        self._transport.unregisterProducer()

    def lost(self) -> None:
        """The connection is gone."""
        self._open = False
        self._gathered.clear()
        if self._room is not None:
            room, self._room = self._room, None
            room.errback(ConnectionLost("the peer hung up before the end"))

    # The transport says so (IPushProducer).

    def pauseProducing(self) -> None:
        self.full = True

    def resumeProducing(self) -> None:
        self.full = False
        if self._room is not None:
            room, self._room = self._room, None
            room.callback(None)
        self._on_room()

    def stopProducing(self) -> None:
        """The connection is gone; `lost` follows."""
