"""Spans: bytes that a transport puts into its socket without ever holding them, in order with what it writes.

Mixed into an accepted transport's class by `transport`. Adapter.
"""

import socket
from collections import deque
from socket import socket as Socket
from typing import Protocol

from twisted.internet import main, tcp
from twisted.internet.error import ConnectionLost
from twisted.python.failure import Failure

# More follows at once, so that a header does not leave in a packet of its own. Not everywhere.
MORE = getattr(socket, "MSGMORE", 0)


class BrokenSpan(Exception):
    """The rest of a span cannot be had. Its cause is what `Span.ended` is told."""


class Span(Protocol):
    """Bytes of known number that go into the socket without being written to the transport."""

    @property
    def left(self) -> int:
        """How many are still to be sent."""

    @property
    def waiting(self) -> bool:
        """Whether it cannot go on now. It calls `Spanning.wake` once it can."""

    def send_some(self, socket: Socket, most: int) -> int:
        """The socket takes bytes: send a bounded number of them, at most `most`; how many did it take?

        Raises `OSError` when the connection is broken, `BrokenSpan` when the bytes cannot be had.
        """

    def ended(self, error: BaseException | None) -> None:
        """All of it is out, or it will never be. After the end of the connection it may be told again."""


class Spanning(tcp.Connection):
    """A connection whose way out may hold spans between the bytes."""

    span_limit = 1 << 30  # bytes of a span at one wake-up, where the span knows no less

    # From the first span that is not out yet: spans, and what was written after it. None: nothing but bytes,
    # and all is as Twisted does it. Bytes here count in _tempDataLen too, so a producer is paused by them.
    _queue: deque[Span | bytes] | None = None

    def note_sent(self, count: int) -> None:
        """The socket took `count` bytes that had been written."""

    def note_span_sent(self, count: int) -> None:
        """The socket took `count` bytes of a span."""

    @property
    def span_waits(self) -> bool:
        """Whether the next bytes are of a span that cannot go on, however much the peer takes."""
        first = self._queue[0] if self._queue else b""
        return not isinstance(first, bytes) and first.waiting

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
                self.note_span_sent(span.send_some(self.socket, self.span_limit))
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
        try:
            sent = self.socket.send(memoryview(self.dataBuffer)[self.offset :][: self.SEND_LIMIT], MORE)
        except BlockingIOError:
            return None
        except OSError:
            return main.CONNECTION_LOST
        self.note_sent(sent)
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
        super().connectionLost(reason)
