"""The transport that Twisted accepted, taught to count its bytes and to send more than bytes. Adapter.

Twisted keeps no count of the bytes of a connection, and a wrapper around the transport would hide the
socket from protocols that need it (``sendfile``, TLS details). So the accepted object itself is given a
subclass of its own class: same socket, same state. What it sends may be a span of a file (`spans`).
"""

import os
from collections.abc import Callable, Iterable
from fcntl import ioctl
from math import inf
from struct import Struct
from termios import TIOCOUTQ
from typing import Any, Protocol

from twisted.internet import tcp, unix
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
from twisted_suite.runtime.spans import MORE, Spanning

# SIOCOUTQ, which has the number of TIOCOUTQ (unix(7), tcp(7)).
_COUNT = Struct("i")


class IStreamTransport(ITCPTransport, IConsumer, IPushProducer, IHalfCloseableDescriptor):
    """The transport of our stream protocols (TCP, Unix socket, TLS): written to, and read from at will."""


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


class Throttled(Protocol):
    """Limits what one connection sends (`throttle`)."""

    most_bytes: int

    @property
    def waiting(self) -> bool:
        """Whether its turn is still to come."""

    def ready(self) -> bool:
        """Whether it may send `most_bytes` now; if not, it wakes the transport when it may."""

    def sent(self, count: int) -> None:
        """So many bytes have left at this turn."""

    def ended(self) -> None:
        """The connection is gone."""


class Metered(Spanning):
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
    _throttle: Throttled | None = None

    @property
    def flush_is_plain(self) -> bool:
        """Asked by `fastepoll`: whether all is as Twisted does it, but that `note_sent` is told."""
        return self._queue is None and self._throttle is None

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

    def unacknowledged_bytes(self) -> int:
        """Bytes that the kernel has for the peer, and of which it has not heard. 0 where it does not tell."""
        try:
            (count,) = _COUNT.unpack(ioctl(self.fileno(), TIOCOUTQ, bytes(_COUNT.size)))
        except OSError:
            return 0
        return int(count)

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

    def write_now(self, data: bytes) -> None:
        """Write, and into the socket at once where nothing waits before it: no turn of the loop between.

        For a whole answer in one call. Several small ones in a row are for `write`, which joins them.
        """
        if self.dataBuffer or self._tempDataBuffer or not self.flush_is_plain or self.TLS:
            self.write(data)
            return
        if self.connected and not (self._writeDisconnected or self.disconnecting):
            try:
                sent = self.socket.send(data)
            except OSError:  # it is full or broken: found out where Twisted looks for it
                sent = 0
            self.bytes_out += sent  # and not `note_sent`: they never waited
            if sent < len(data):
                self.write(data[sent:])

    def write_with_file(self, head: bytes, fd: int, offset: int, count: int) -> int:
        """Write `head`, and behind it, at once, what the socket takes of a file; how many bytes of the file.

        The file should be in memory. What was not taken is for the caller to send, as a span.
        """
        if self.dataBuffer or self._tempDataBuffer or not self.flush_is_plain or self.TLS:
            self.write(head)
            return 0
        sent = taken = 0
        try:
            sent = self.socket.send(head, MORE)
            if sent == len(head):
                taken = os.sendfile(self.socket.fileno(), fd, offset, count)
        except (OSError, AttributeError):  # it is full or broken; or no such call: found out by the span
            pass
        self.bytes_out += sent + taken
        if sent < len(head):
            self.write(head[sent:])
        return taken

    @property
    def throttle(self) -> Throttled | None:
        """Who says when it may send; None: always."""
        return self._throttle

    @throttle.setter
    def throttle(self, throttle: Throttled) -> None:
        self._throttle = throttle
        self.SEND_LIMIT = self.span_limit = throttle.most_bytes

    @property
    def waits_for_us(self) -> bool:
        """Whether it is no fault of the peer that nothing moves."""
        return self.held or self.span_waits or (self._throttle is not None and self._throttle.waiting)

    def doWrite(self) -> BaseException | int | None:  # type: ignore[override]  # as in `Spanning`
        throttle = self._throttle
        if throttle is None or not (self.dataBuffer or self._tempDataBuffer or self._queue):
            return super().doWrite()
        if not throttle.ready():
            self.stopWriting()
            return None
        before = self.bytes_out
        try:
            return super().doWrite()
        finally:
            throttle.sent(self.bytes_out - before)

    def note_span_sent(self, count: int) -> None:
        self.bytes_out += count

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

    def connectionLost(self, reason: Failure) -> None:
        self._leave_buffers()
        if self._throttle is not None:
            self._throttle.ended()
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
