"""Sends a span of an open file to a transport, only as fast as the peer takes it. Adapter.

Into a socket that is the connection's own, the kernel sends straight from its page cache, ``sendfile(2)``; to
anything else (TLS, a wrapper, a consumer in memory) it is read and written. Neither waits for a disk in the
reactor: what is not in memory is brought there by a thread.
"""

import errno
import os
from socket import socket as Socket
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionLost
from twisted.internet.interfaces import IConsumer, IPullProducer, IPushProducer, IReactorThreads
from twisted.internet.threads import deferToThreadPool
from twisted.python.failure import Failure
from zope.interface import implementer

from twisted_suite.files.residence import fetch, in_memory
from twisted_suite.runtime.spans import BrokenSpan
from twisted_suite.runtime.transport import lowest, meter

# Read and written per wake-up, and so the most that waits in memory for one peer. Measured on one 2 GB
# stream: about twice the rate of the 16 KiB of Twisted's FileSender.
CHUNK_BYTES = 64 * 1024
# Sent by the kernel per wake-up: large enough that wake-ups cost nothing, small enough (under a millisecond)
# that many streams share the reactor fairly.
BURST_BYTES = 1024 * 1024
# Brought into memory by one job of a thread: the disk reads that much at once, other files wait so long.
FETCH_BYTES = 4 * 1024 * 1024

# The socket takes nothing now; it is tried again when it does.
_NOT_NOW = frozenset({errno.EAGAIN, errno.EINTR, errno.ENOBUFS})


class Truncated(Exception):
    """The file became shorter while it was sent: what arrived is not the whole of it."""


@implementer(IPushProducer)
class FileProducer:
    """Produces ``length`` bytes of the file `fd` from `offset`. The descriptor stays the caller's.

    It reads by offset and not by position, so several may share a descriptor. The descriptor may be closed
    once the Deferred of `send_to` has fired, and not before. Bytes that were promised and do not come (an
    error, `stopProducing`) reset the connection, so that nobody takes a part for the whole.
    """

    # A thousand slow readers have one each.
    __slots__ = (
        *("_by_kernel", "_copying", "_end", "_fd", "_fetching", "_finished", "_in_memory_until", "_offset"),
        *("_paused", "_socket", "_transport", "_under_way", "copied_bytes"),
    )

    def __init__(self, fd: int, offset: int, length: int) -> None:
        self._fd = fd
        self._offset = offset
        self._end = offset + length
        self._in_memory_until = -1  # up to this offset a thread has read
        self._paused = False
        self._fetching = False
        self._under_way = False
        self._copying: _Copying | None = None  # where the socket is not the consumer's own
        self._transport: Any = None
        self._socket: Any = None  # below the transport, or the same
        self._by_kernel = hasattr(os, "sendfile")
        self._finished: Deferred[None] = Deferred()
        self.copied_bytes = 0  # that passed through this process

    def send_to(self, consumer: IConsumer) -> Deferred[None]:
        """Begin. Fires when all is handed over; fails with `ConnectionLost`, `Truncated` or `OSError`.

        After what was written before. What is written meanwhile follows the file where `consumer` is the
        connection's own socket; elsewhere nothing may be written, nor a second file sent, before the end.
        """
        self._transport = consumer
        self._socket = lowest(self._transport)
        self._under_way = True
        socket = meter(self._socket)
        if socket is not None and socket is consumer and not socket.TLS:
            socket.send_span(self)
        else:
            self._copying = _Copying(self, consumer)
            consumer.registerProducer(self._copying, False)
        return self._finished

    def pauseProducing(self) -> None:
        """Send nothing until `resumeProducing`, whatever the peer takes (`IPushProducer`)."""
        self._paused = True

    def resumeProducing(self) -> None:
        """Go on (`IPushProducer`)."""
        if self._paused:
            self._paused = False
            self._wake()

    def stopProducing(self) -> None:
        """Give up, and reset the connection (`IPushProducer`)."""
        self.break_off(ConnectionLost("stopped before the end of the file"))

    @property
    def left(self) -> int:
        """Bytes that are still to be sent."""
        return self._end - self._offset

    @property
    def waiting(self) -> bool:
        """Whether nothing can be sent now, however much the peer takes."""
        return self._paused or self._fetching

    def ready(self, most: int) -> bool:
        """Whether the next bytes can be read without waiting for the disk; if not, a thread fetches them."""
        length = self._most(most)
        reactor = getattr(self._socket, "reactor", None)
        if (
            not length
            or self._offset + length <= self._in_memory_until
            or not IReactorThreads.providedBy(reactor)
            or in_memory(self._fd, self._offset, length)
        ):
            return True
        self.fetch_next()
        return False

    def fetch_next(self) -> None:
        """Have a thread bring the next bytes into memory; nothing is sent meanwhile."""
        reactor = self._socket.reactor
        until = min(self._end, self._offset + FETCH_BYTES)
        # A descriptor of its own: when the connection is lost meanwhile, the caller closes the other.
        fd = os.dup(self._fd)
        self._fetching = True
        fetched = deferToThreadPool(reactor, reactor.getThreadPool(), fetch, fd, self._offset, until)
        fetched.addBoth(self._fetched, until)

    def send_some(self, socket: Socket, most: int = BURST_BYTES) -> int:
        """Have the kernel send a burst into `socket`; returns how many bytes it took (`Span`)."""
        burst = min(most, BURST_BYTES)
        length = self._most(burst)
        try:
            if not self.ready(burst):
                return 0
        except OSError as error:  # no descriptor is left for the thread
            raise BrokenSpan from error
        if self._by_kernel:
            try:
                sent = os.sendfile(socket.fileno(), self._fd, self._offset, length)
            except OSError as error:
                if error.errno in _NOT_NOW:
                    return 0
                # Not from such a file, by such a kernel, or one of the two is broken: reading tells.
                self._by_kernel = False
            else:
                self._offset += sent
                if not sent:
                    raise BrokenSpan from self._truncated()
                return sent
        return self._send_copy(socket)

    def read(self) -> bytes:
        """The next chunk; not taken for sent before `copied`."""
        data = os.pread(self._fd, self._most(CHUNK_BYTES), self._offset)
        if not data and self.left:
            raise self._truncated()
        return data

    def copied(self, length: int) -> None:
        """So many bytes of what was read are on their way."""
        self.copied_bytes += length
        self._offset += length

    def break_off(self, error: BaseException) -> None:
        """It ends early by our doing: nobody may take what was sent for the whole."""
        if self._under_way:
            if hasattr(self._transport, "abortConnection"):
                self._transport.abortConnection()
            if self._copying is not None:
                self._copying.leave()
            self.ended(error)

    def ended(self, error: BaseException | None) -> None:
        """The end, whichever it is. Only the first counts (`Span`)."""
        if not self._under_way:
            return
        self._under_way = False
        if error is None:
            self._finished.callback(None)
        else:
            self._finished.errback(error)

    def _send_copy(self, socket: Socket) -> int:
        try:
            data = self.read()
        except (OSError, Truncated) as error:
            raise BrokenSpan from error
        try:
            sent = socket.send(data)
        except OSError as error:
            if error.errno in _NOT_NOW:
                return 0
            raise
        self.copied(sent)
        return sent

    def _most(self, length: int) -> int:
        """At most `length`, and not beyond what a thread has just fetched: so nothing is fetched twice."""
        fetched = self._in_memory_until - self._offset
        return min(length, self.left, fetched if fetched > 0 else self.left)

    def _truncated(self) -> Truncated:
        return Truncated(f"the file ended {self.left} bytes early")

    def _fetched(self, _: Failure | None, until: int) -> None:
        self._fetching = False
        self._in_memory_until = until  # after an error too: it is found again, by who reads
        self._wake()

    def _wake(self) -> None:
        if not self._under_way or self.waiting:
            return
        if self._copying is not None:
            self._copying.wake()
        else:
            self._socket.wake(self)


@implementer(IPullProducer)
class _Copying:
    """Where there is no socket of its own: asked by the consumer for one chunk after the other."""

    def __init__(self, producer: FileProducer, consumer: IConsumer) -> None:
        self._producer = producer
        self._consumer = consumer
        self._asked = False  # for a chunk that could not be given yet
        self._left = False

    def resumeProducing(self) -> None:
        """The consumer wants more. It may ask again and again while there is none yet."""
        producer = self._producer
        self._asked = True
        if self._left or producer.waiting:
            return
        try:
            if not producer.ready(CHUNK_BYTES):
                return
            data = producer.read()
        except (OSError, Truncated) as error:
            producer.break_off(error)
            return
        self._asked = False
        if data:
            producer.copied(len(data))
            self._consumer.write(data)
        if not producer.left and not self._left:
            self.leave()
            producer.ended(None)

    def stopProducing(self) -> None:
        """The connection is gone."""
        self._left = True
        self._producer.ended(ConnectionLost("the peer hung up before the end of the file"))

    def wake(self) -> None:
        if self._asked:
            self.resumeProducing()

    def leave(self) -> None:
        self._left = True
        self._consumer.unregisterProducer()
