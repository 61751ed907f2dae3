"""One log that is read as it grows. Adapter: called in one thread at a time, never in the event loop.

Each block is looked at again after it was read: when the file is shorter by then, or starts with other bytes,
it was truncated meanwhile, and the block is not counted.
"""

import os
import select
import stat
from collections.abc import Sequence
from io import FileIO

from twisted_suite.accesslog.engine import READ_BYTES, naming, open_standard_input
from twisted_suite.accesslog.marks import HEAD_BYTES, Mark, digest
from twisted_suite.accesslog.scan import Plan, Scan
from twisted_suite.accesslog.stats import Stats

Identity = tuple[int, int]  # device and inode


class Tail:
    """One open file; truncated, it goes on from its new start."""

    ended = False  # a file may always grow

    def __init__(self, path: str, plan: Plan, mark: Mark | None = None) -> None:
        self.path = path
        self.rest: Rest | None = None  # what was cut off by the last truncation
        self._plan = plan
        with naming(path):
            self._file = FileIO(path)
        status = os.fstat(self._file.fileno())
        self.identity: Identity = (status.st_dev, status.st_ino)
        self._scan = Scan(path, plan, line_number=mark.line_number if mark else 0)
        self._base = self._position = mark.end if mark else 0
        # Perhaps more than has been counted: a truncation is seen even before the first line is read.
        self._head = os.pread(self._file.fileno(), HEAD_BYTES, 0)
        self._empty_since_ns = status.st_mtime_ns
        if mark is not None:
            self._scan.reader.resume(mark.context.encode("latin-1"))

    def read(self) -> int:
        """Count one more block; returns its size. Of a file that was truncated it gives no more."""
        block = os.pread(self._file.fileno(), READ_BYTES, self._position)
        if self._is_cut():
            return 0
        if block:
            if len(self._head) < HEAD_BYTES:
                self._head += block[len(self._head) - self._position :][: HEAD_BYTES - len(self._head)]
            self._position += len(block)
            self._scan.feed(block)
        return len(block)

    def was_cut(self) -> bool:
        """Whether it was truncated: then `rest` has to be found again, and it goes on from its start."""
        if not self._is_cut():
            return self._was_filled()
        self.rest = Rest(self._scan, self._head, self._base, self._position)
        self._scan = Scan(self.path, self._plan)
        self._base, self._position = 0, 0
        self._head = os.pread(self._file.fileno(), HEAD_BYTES, 0)
        return True

    def take(self) -> Stats:
        """What has been counted since this was last asked."""
        stats, self._scan.stats = self._scan.stats, Stats()
        return stats

    def recent(self) -> Sequence[bytes]:
        """The last lines since this was last asked."""
        lines, self._scan.recent = self._scan.recent, ()
        return lines

    def finish(self) -> Stats:
        """Nobody writes to it any more: its last line may have no newline."""
        self._scan.finish()
        self._base = self._position - self._scan.end
        return self.take()

    def behind(self) -> int:
        """Bytes that are yet to be read."""
        return max(0, os.fstat(self._file.fileno()).st_size - self._position)

    def unlinked(self) -> bool:
        """Whether it has no name left."""
        return os.fstat(self._file.fileno()).st_nlink == 0

    def mark(self) -> Mark | None:
        """How far it has been counted; None if there is not one line yet."""
        return _mark(self.identity, self._head, self._base + self._scan.end, self._scan)

    def close(self) -> None:
        self._file.close()

    def carry_on(self, rest: "Rest") -> None:
        """This is a copy of a file that was truncated before it had been read to its end: go on with that."""
        self._scan, self._head, self._base, self._position = rest.scan, rest.head, rest.base, rest.position

    def _was_filled(self) -> bool:
        """Whether an empty file had something in it since it was last looked at."""
        status = os.fstat(self._file.fileno())
        before_ns, self._empty_since_ns = self._empty_since_ns, status.st_mtime_ns
        return not status.st_size and status.st_mtime_ns != before_ns

    def _is_cut(self) -> bool:
        descriptor = self._file.fileno()
        if os.fstat(descriptor).st_size < self._position:
            return True
        return os.pread(descriptor, len(self._head), 0) != self._head


class Rest:
    """What is known of a log whose file was truncated; a copy of it may be somewhere."""

    def __init__(self, scan: Scan, head: bytes, base: int, position: int) -> None:
        self.scan = scan
        self.head = head
        self.base = base
        self.position = position

    def is_in(self, path: str) -> bool:
        """Whether this file is such a copy."""
        try:
            with FileIO(path) as file:
                size = os.fstat(file.fileno()).st_size
                return size >= self.position and os.pread(file.fileno(), len(self.head), 0) == self.head
        except OSError:  # gone, or not ours to read
            return False

    def finish(self) -> Stats:
        """There is no copy: its last line ended where the file was cut."""
        self.scan.finish()
        return self.scan.stats

    def mark(self, identity: Identity) -> Mark | None:
        """How far it was counted."""
        return _mark(identity, self.head, self.base + self.scan.end, self.scan)


class PipeTail:
    """Standard input or a FIFO: what was read once is gone."""

    identity: Identity | None = None
    rest = None

    def __init__(self, path: str, plan: Plan) -> None:
        self.path = path
        self.ended = False
        self._scan = Scan(path, plan)
        if path == "-":
            self._file = open_standard_input()
        else:
            with naming(path):
                # Also for writing: so it does not end when one of its writers goes away.
                self._file = FileIO(os.open(path, os.O_RDWR | os.O_NONBLOCK), "r")

    def was_cut(self) -> bool:
        """What comes by a pipe cannot be cut."""
        return False

    def fileno(self) -> int:
        """What becomes readable when there is more."""
        return self._file.fileno()

    def read(self) -> int:
        """Count what is there; returns its size."""
        if self.ended or not select.select([self._file], [], [], 0)[0]:
            return 0
        block = self._file.read(READ_BYTES)
        if block == b"":
            self.ended = True
        self._scan.feed(block or b"")
        return len(block or b"")

    def take(self) -> Stats:
        """What has been counted since this was last asked."""
        stats, self._scan.stats = self._scan.stats, Stats()
        return stats

    def recent(self) -> Sequence[bytes]:
        """The last lines since this was last asked."""
        lines, self._scan.recent = self._scan.recent, ()
        return lines

    def finish(self) -> Stats:
        """It ends here."""
        self._scan.finish()
        return self.take()

    def behind(self) -> int:
        """Nobody can tell."""
        return 0

    def unlinked(self) -> bool:
        """It is kept for as long as it is open."""
        return False

    def mark(self) -> None:
        """It cannot be read again from anywhere."""

    def close(self) -> None:
        self._file.close()


def open_tail(path: str, plan: Plan, mark: Mark | None = None) -> Tail | PipeTail:
    """Follow what is at this path. Raises `ConfigError`."""
    if path == "-":
        return PipeTail(path, plan)
    with naming(path):
        regular = stat.S_ISREG(os.stat(path).st_mode)
    return Tail(path, plan, mark) if regular else PipeTail(path, plan)


def _mark(identity: Identity, head: bytes, end: int, scan: Scan) -> Mark | None:
    if not end:
        return None
    head = head[:end]
    context = scan.reader.context.decode("latin-1")
    return Mark(*identity, len(head), digest(head), end, scan.line_number, context)
