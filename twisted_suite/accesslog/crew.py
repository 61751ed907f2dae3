"""Several threads that count the blocks of one log with fast lanes. Adapter: `engine` reads into its buffers.

::

    file -> a free buffer -> blocks of whole lines -> a lane, in a thread -> odd lines, in order -> `Scan`

The lanes hold no lock of the interpreter's. Buffers are used again and again, and when all of them are being
counted the reading waits. A small log is counted where it is read.
"""

import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from twisted_suite.accesslog.lane import PADDING_BYTES, Lane, Odd
from twisted_suite.accesslog.records import MAX_LINE_BYTES
from twisted_suite.accesslog.scan import Scan

# Blocks that fit into a processor's own memory are read from it by the thread that counts them.
BLOCK_BYTES = 1 << 20
BUFFER_BYTES = MAX_LINE_BYTES + 1 + BLOCK_BYTES + PADDING_BYTES
# Sooner than that one thread is done before others have begun.
ALONE_BYTES = 8 << 20
# Reading keeps no more of them busy; and each has names of its own.
MAX_THREADS = 4

Found = tuple[int, list[Odd]]


class Crew:
    """Counts one log for a `Scan`, which is to be fed by nobody else meanwhile."""

    def __init__(self, scan: Scan, threads: int | None = None, *, alone_bytes: int = ALONE_BYTES) -> None:
        self._scan = scan
        self._threads = min(MAX_THREADS, len(os.sched_getaffinity(0))) if threads is None else threads
        self._alone_bytes = alone_bytes
        self._make: Callable[[], Lane] = lambda: Lane(scan.plan.log_format, scan.plan.detailed)
        self._idle = deque([self._make()])
        self._pool: ThreadPoolExecutor | None = None
        self._counting: deque[tuple[Future[Found], bytearray, int]] = deque()
        self._free = deque([bytearray(BUFFER_BYTES)])
        self._buffer = self._free.popleft()
        self._unended = 0  # bytes at the start of the buffer, of a line without its newline
        self._fed = 0

    def room(self) -> memoryview:
        """Where the next bytes of the log go."""
        return memoryview(self._buffer)[self._unended : self._unended + BLOCK_BYTES]

    def filled(self, count: int) -> None:
        """So many bytes have been put there."""
        end = self._unended + count
        stop = self._buffer.rfind(b"\n", self._unended, end) + 1
        self._fed += count
        if not stop:
            self._unended = min(end, MAX_LINE_BYTES + 1)  # the rest of a line that is too long is forgotten
            return
        rest = self._buffer[stop:end]
        self._count(stop, self._fed - len(rest))
        self._buffer[: len(rest)] = rest
        self._unended = len(rest)

    def feed(self, block: bytes) -> None:
        """Count bytes that are there already."""
        for start in range(0, len(block), BLOCK_BYTES):
            part = block[start : start + BLOCK_BYTES]
            self.room()[: len(part)] = part
            self.filled(len(part))

    def finish(self) -> None:
        """All has been read: the scan has all whole lines, and what is of a last one."""
        while self._counting:
            self._wait()
        if self._pool is not None:
            self._pool.shutdown()
        total = self._idle.popleft()
        while self._idle:
            total.take(self._idle.popleft())
        self._scan.take(total.stats())
        self._scan.feed(bytes(self._buffer[: self._unended]))

    def _count(self, stop: int, end: int) -> None:
        if self._threads == 1 or end < self._alone_bytes:
            lines, odd = self._idle[0].scan(self._buffer, stop)
            self._settle(lines, odd, end)
            return
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._threads, "accesslog-lane")
            self._idle.extend(self._make() for _ in range(self._threads - 1))
            self._free.extend(bytearray(BUFFER_BYTES) for _ in range(self._threads + 1))
        self._counting.append((self._pool.submit(self._work, self._buffer, stop), self._buffer, end))
        if not self._free:
            self._wait()
        self._buffer = self._free.popleft()

    def _work(self, buffer: bytearray, stop: int) -> Found:
        lane = self._idle.pop()
        try:
            return lane.scan(buffer, stop)
        finally:
            self._idle.append(lane)

    def _wait(self) -> None:
        """For the oldest block, whose lines come before those of any other."""
        future, buffer, end = self._counting.popleft()
        lines, odd = future.result()
        self._free.append(buffer)
        self._settle(lines, odd, end)

    def _settle(self, lines: int, odd: list[Odd], end: int) -> None:
        self._scan.count_odd(lines, odd)
        self._scan.end = end
