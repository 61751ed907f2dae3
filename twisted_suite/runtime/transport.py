"""The transport that Twisted accepted, taught to count its bytes and to send more than bytes. Adapter.

Twisted keeps no count of the bytes of a connection, and a wrapper around the transport would hide the
socket from protocols that need it (``sendfile``, TLS details). So the accepted object itself is given a
subclass of its own class: same socket, same state. What it sends may be a `Span`, which puts its bytes into
the socket by itself, in order with what is written before and after it.
"""

from collections import deque
from collections.abc import Callable, Iterable
from math import inf
from socket import socket as Socket
from typing import Any, Protocol

from twisted.internet import main, tcp, unix
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.interfaces import (
    IAddress,
    IConsumer,
    IHalfCloseableDescriptor,
    IPushProducer,
    ITCPTransport,
    ITransport,
)
from twisted.python.failure import Failure

from twisted_suite.runtime.fastserver import FastServer


class IStreamTransport(ITCPTransport, IConsumer, IPushProducer, IHalfCloseableDescriptor):
    """The transport of our stream protocols (TCP, Unix socket, TLS): written to, and read from at will."""


class BrokenSpan(Exception):
    """The rest of a span cannot be had. Its cause is what `Span.ended` is told."""


class Span(Protocol):
    """Bytes of known number that go into the socket without being written to the transport."""

    @property
    def left(self) -> int:
        """How many are still to be sent."""

    @property
    def waiting(self) -> bool:
        """Whether it cannot go on now. It calls `Metered.wake` once it can."""

    def send_some(self, socket: Socket) -> int:
        """The socket takes bytes: send a bounded number of them, and return how many it took.

        Raises `OSError` when the connection is broken, `BrokenSpan` when the bytes cannot be had.
        """

    def ended(self, error: BaseException | None) -> None:
        """All of it is out, or it will never be. After the end of the connection it may be told again."""


class Buffers:
    """What waits for peers to take it, over all connections of one service, in bytes; and how much may.

    Every byte that is written and every byte that leaves is counted here, so the sum costs nothing to know.
    """

    __slots__ = ("max_each", "max_total", "overflow", "waiting")

    def __init__(
        self, overflow: "Callable[[Metered], None]", max_each: float = 0, max_total: float = 0
    ) -> None:
        self.overflow = overflow  # called with the connection whose write went over a limit
        self.max_each = max_each or inf
        self.max_total = max_total or inf
        self.waiting = 0


class Metered(tcp.Connection):
    """Mixed into an accepted transport's class. Under TLS these are the bytes on the wire."""

    bytes_in = 0
    bytes_out = 0
    buffers: Buffers | None = None
    pace: "Callable[[Metered, bytes], None] | None" = None  # told of what has come; may `hold`
    # Reading is what the protocol wants and no limit holds back: each is remembered by itself.
    held = False
    _wants_reading = True
    # What a proxy has told of the connection's two ends: the client's address, and the one it connected to.
    presented: tuple[IAddress, IAddress] | None = None
    # From the first span that is not out yet: spans, and what was written after it. None: nothing but bytes,
    # and all is as Twisted does it. Bytes here count in _tempDataLen too, so a producer is paused by them.
    _queue: deque[Span | bytes] | None = None

    @property
    def flush_is_plain(self) -> bool:
        """Asked by `fastepoll`: whether all is as Twisted does it, but that `note_sent` is told."""
        return self._queue is None

    def note_sent(self, count: int) -> None:
        """The socket took `count` bytes."""
        self.bytes_out += count
        if self.buffers is not None:
            self.buffers.waiting -= count

    def _dataReceived(self, data: bytes | None) -> ConnectionDone | None:
        if not data:
            return super()._dataReceived(data)
        self.bytes_in += len(data)
        lost = tcp.Connection._dataReceived(self, data)  # at each event: super() is slow in Python 3.11
        if self.pace is not None:
            self.pace(self, data)
        return lost

    def writeSomeData(self, data: bytes) -> int | ConnectionLost:
        sent = super().writeSomeData(data)
        if isinstance(sent, int):
            self.note_sent(sent)
        return sent

    def hold(self) -> None:
        """Read nothing until `release`, whatever the protocol asks for in the meantime."""
        if not self.held:
            self.held = True
            super().stopReading()

    def release(self) -> None:
        """Read again, if the protocol wants to."""
        if self.held:
            self.held = False
            if self._wants_reading and self.connected and not self.disconnecting:
                super().startReading()

    def startReading(self) -> None:
        self._wants_reading = True
        if not self.held:
            super().startReading()

    def stopReading(self) -> None:
        self._wants_reading = False
        super().stopReading()

    def getPeer(self) -> IAddress:
        return super().getPeer() if self.presented is None else self.presented[0]

    def getHost(self) -> IAddress:
        return super().getHost() if self.presented is None else self.presented[1]

    def waiting_bytes(self) -> int:
        """Bytes that wait for the peer to take them."""
        # Twisted's buffer is what is being sent, from an offset, and what was written since.
        return len(self.dataBuffer) - self.offset + self._tempDataLen

    def startTLS(self, *options: Any, **named: Any) -> None:
        """From now on Twisted writes past `write`: only the bytes that leave are counted."""
        self._leave_buffers()
        super().startTLS(*options, **named)

    def _leave_buffers(self) -> None:
        buffers, self.buffers = self.buffers, None
        if buffers is not None:
            buffers.waiting -= self.waiting_bytes()

    def _written(self, buffers: Buffers, count: int) -> None:
        buffers.waiting += count
        if buffers.waiting > buffers.max_total or self.waiting_bytes() > buffers.max_each:
            buffers.overflow(self)

    def send_span(self, span: Span) -> None:
        """Send `span` after all that was written before, and before all that is written from now on.

        It takes no room in memory, so it pauses no producer. Not for a transport that has begun TLS. A span
        that breaks resets the connection: what follows it must not be taken for the rest of it.
        """
        if self.disconnected or self._writeDisconnected:
            span.ended(ConnectionLost("the connection has ended"))
            return
        if self._queue is None:
            self._queue = deque()
        self._queue.append(span)
        self.startWriting()

    def wake(self, span: Span) -> None:
        """`span` need not wait any more."""
        if self._queue is not None and self._queue[0] is span and not self.disconnected:
            self.startWriting()

    def write_now(self, data: bytes) -> None:
        """Write, and into the socket at once where nothing waits before it: no turn of the loop between.

        For a whole answer in one call. Several small ones in a row are for `write`, which joins them.
        """
        if self.dataBuffer or self._tempDataBuffer or self._queue is not None or self.TLS:
            self.write(data)
            return
        if self.connected and not (self._writeDisconnected or self.disconnecting):
            try:
                sent = self.socket.send(data)
            except OSError:  # it is full or broken: found out where Twisted looks for it
                sent = 0
            self.bytes_out += sent
            if sent < len(data):
                self.write(data[sent:])

    def write(self, data: bytes) -> None:
        if self._queue is not None:
            self.writeSequence((data,))
            return
        counted = self.buffers is not None and self.connected and not self._writeDisconnected
        super().write(data)
        if counted and self.buffers is not None:
            self._written(self.buffers, len(data))

    def writeSequence(self, iovec: Iterable[bytes]) -> None:
        data = b"".join(iovec)
        if self._queue is None:
            self.write(data)
        elif data and self.connected and not self._writeDisconnected:
            self._queue.append(data)
            self._tempDataLen += len(data)
            self._maybePauseProducer()
            if self.buffers is not None:
                self._written(self.buffers, len(data))

    def doWrite(self) -> BaseException | int | None:  # type: ignore[override]  # Twisted's mixin has a stand-in
        if self._queue is None:
            result: BaseException | int | None = super().doWrite()
            return result
        lost = self._write_what_is_before()
        if lost is not None or self.dataBuffer:
            return lost
        span = self._queue[0]
        assert not isinstance(span, bytes)
        try:
            if span.left and not span.waiting:
                self.bytes_out += span.send_some(self.socket)
        except BrokenSpan as broken:
            self.abortConnection()
            span.ended(broken.__cause__)
            return None
        except OSError:
            return main.CONNECTION_LOST
        if not span.left:
            self._take_out_first()
            span.ended(None)
        elif span.waiting:
            self.stopWriting()
        return None

    def _write_what_is_before(self) -> BaseException | None:
        """Write what was written before the first span; at its end nothing but the span may be done."""
        if self._tempDataBuffer:
            self._tempDataLen -= sum(map(len, self._tempDataBuffer))
            self.dataBuffer = b"".join((memoryview(self.dataBuffer)[self.offset :], *self._tempDataBuffer))
            self._tempDataBuffer = []
            self.offset = 0
        if not self.dataBuffer:
            return None
        sent = self.writeSomeData(memoryview(self.dataBuffer)[self.offset :])  # type: ignore[arg-type]
        if isinstance(sent, BaseException):
            return sent
        self.offset += sent
        if self.offset == len(self.dataBuffer):
            self.dataBuffer = b""
            self.offset = 0
        return None

    def _take_out_first(self) -> None:
        """The first span is out. It stays registered: what comes next is found at the next wake-up."""
        queue = self._queue
        assert queue is not None
        queue.popleft()
        while queue and isinstance(queue[0], bytes):
            self._tempDataBuffer.append(queue.popleft())  # type: ignore[arg-type]  # bytes, as was asked
        if not queue:
            self._queue = None

    def connectionLost(self, reason: Failure) -> None:
        queue, self._queue = self._queue, None
        if queue is not None:
            # As Twisted does with a producer: gone already, but the protocol has not been told yet.
            self.disconnected, self.connected = 1, 0
            for span in queue:
                if not isinstance(span, bytes):
                    span.ended(ConnectionLost("the peer hung up before the end"))
        self._leave_buffers()
        super().connectionLost(reason)


# What Twisted and `fastepoll` accept, and the same that counts its bytes.
_METERED: dict[type, type] = {
    kind: type(f"Metered{kind.__name__}", (Metered, kind), {"__doc__": Metered.__doc__})
    for kind in (tcp.Server, FastServer, unix.Server)
}


def lowest(transport: ITransport) -> ITransport:
    """The transport below all that wrap it (TLS, Twisted's policies)."""
    while (below := getattr(transport, "transport", None)) is not None:
        transport = below
    return transport


def meter(transport: ITransport) -> Metered | None:
    """Make the socket transport below `transport` count its bytes, and return it.

    None when there is no socket of a kind we know below it: then nothing is counted.
    """
    below = lowest(transport)
    metered = _METERED.get(type(below))
    if metered is not None:
        below.__class__ = metered
    return below if isinstance(below, Metered) else None
