"""One log, from its file to counted lines. Adapter: packed files are known by content.

Memory does not grow with the file: it is read, unpacked and counted a block at a time.
"""

import errno
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import FileIO, RawIOBase, UnsupportedOperation
from itertools import chain
from typing import Any

from twisted_suite.accesslog.compression import PLAIN, SIGNATURE_BYTES, Damaged, Unpacker, recognise
from twisted_suite.accesslog.crew import Crew
from twisted_suite.accesslog.marks import HEAD_BYTES, Mark, Marks
from twisted_suite.accesslog.remote import RemoteLog, is_remote
from twisted_suite.accesslog.report import Source
from twisted_suite.accesslog.scan import Plan, Scan
from twisted_suite.accesslog.stats import Stats
from twisted_suite.errors import ConfigError, ExitStatus
from twisted_suite.runtime.text import printable

STANDARD_INPUT = "-"
# A fresh block of this size costs nothing beside the reading of its lines in Python; with larger ones
# the system would have to find new pages for each.
READ_BYTES = 1 << 17


@dataclass(frozen=True, slots=True)
class Counted:
    """What one file gave."""

    stats: Stats  # of its whole lines
    unended: Stats  # of its last line, if it has no newline
    source: Source


def count_file(path: str, plan: Plan, marks: Marks | None = None) -> Counted:
    """Count a file; with `marks`, only what they do not say has been counted, and move them."""
    scan = Scan(path, plan)
    with _watched(open_log(path), plan) as file:
        log = _Log(file)
        damage, crew = None, None
        try:
            head = log.start(marks is not None)
            known = marks.find(head) if marks is not None else None
            if known is not None:
                scan = Scan(path, plan, line_number=known.line_number)
                scan.reader.resume(known.context.encode("latin-1"))
            crew = Crew(scan) if scan.fast else None
            log.feed(head, known.end if known is not None else 0, crew or scan)
        except Damaged as error:
            damage = str(error)
        except OSError as error:
            damage = f"reading failed: {error.strerror}"
        if crew is not None:
            crew.finish()
        if marks is not None and log.head:
            marks.move(log.head, _mark(file, scan, known.end if known is not None else 0))
    stats, scan.stats = scan.stats, Stats()
    scan.finish()
    return Counted(stats, scan.stats, _source(path, log.compression, damage, stats, scan.stats))


def _watched(file: RawIOBase, plan: Plan) -> RawIOBase:
    return file if plan.progress is None else _Watched(file, plan.progress)


def head_of(file: RawIOBase) -> bytes:
    """The first bytes of a log, unpacked; as many as the damage leaves, if it is damaged."""
    log = _Log(file)
    with suppress(Damaged):
        log.start(whole_head=True)
    return log.head


def _mark(file: RawIOBase, scan: Scan, start: int) -> Mark:
    context = scan.reader.context.decode("latin-1")
    try:
        status = os.fstat(file.fileno())
        identity = status.st_dev, status.st_ino
    except UnsupportedOperation:  # it is on another machine
        identity = 0, 0
    return Mark(*identity, 0, "", start + scan.end, scan.line_number, context)


def _source(path: str, compression: str, damage: str | None, *parts: Stats) -> Source:
    lines, ok, recovered, invalid = (
        sum(getattr(part, name) for part in parts) for name in ("lines", "ok", "recovered", "invalid")
    )
    formats: Counter[str] = sum((part.formats for part in parts), Counter())
    return Source(path, compression, lines, ok, recovered, invalid, damage, dict(formats))


class _Log:
    """The unpacked bytes of a file."""

    def __init__(self, file: RawIOBase) -> None:
        self.compression = PLAIN
        self.head = b""  # its first bytes, when they were asked for
        self._file = file
        self._blocks: Iterator[bytes] = iter(())

    def start(self, whole_head: bool) -> bytes:
        """The first bytes: with `whole_head` enough to know the log by, unless it is shorter."""
        signed = self._first_read()
        packed = recognise(signed)
        if packed is None:
            self._blocks = chain([signed] if signed else [], _reads(self._file))
        else:
            self.compression = packed.name
            self._blocks = _unpacked(Unpacker(packed), chain([signed], _reads(self._file)))
        head = b""
        while whole_head and len(head) < HEAD_BYTES and (block := next(self._blocks, None)) is not None:
            head += block
            self.head = head[:HEAD_BYTES]
        return head

    def feed(self, head: bytes, skip: int, counting: Scan | Crew) -> None:
        """Count all that follows the first `skip` bytes, of which `head` has been read already."""
        if skip > len(head) and self.compression == PLAIN and self._file.seekable():
            self._file.seek(skip)
            head, skip, self._blocks = b"", 0, _reads(self._file)
        for block in chain([head], self._blocks):
            if skip < len(block):
                counting.feed(block[skip:])
            skip = max(0, skip - len(block))
            if block and not skip and self.compression == PLAIN and isinstance(counting, Crew):
                break  # into its buffers without a copy
        if self.compression == PLAIN and isinstance(counting, Crew):
            while count := self._file.readinto(counting.room()):
                counting.filled(count)

    def _first_read(self) -> bytes:
        """The first block, with all of the signature in it even when a pipe gives less at a time."""
        start = b""
        while len(start) < SIGNATURE_BYTES and (block := self._file.read(READ_BYTES)):
            start += block
        return start


def _reads(file: RawIOBase) -> Iterator[bytes]:
    while block := file.read(READ_BYTES):
        yield block


def _unpacked(unpacker: Unpacker, blocks: Iterator[bytes]) -> Iterator[bytes]:
    for block in blocks:
        yield from unpacker.feed(block)
    unpacker.finish()


def open_log(path: str) -> RawIOBase:
    """The file of a name or an address, or standard input. Raises `ConfigError`."""
    if path == STANDARD_INPUT:
        return open_standard_input()
    if is_remote(path):
        return RemoteLog(path)
    with naming(path):
        return FileIO(path)


def open_standard_input() -> FileIO:
    """Raises `ConfigError` if there is none."""
    with naming("standard input"):
        if sys.__stdin__ is None:  # closed: another file may have its number by now
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        return FileIO(0, closefd=False)


class _Watched(RawIOBase):
    """A log of which somebody is told how much has been read."""

    def __init__(self, file: RawIOBase, tell: Callable[[int], None]) -> None:
        super().__init__()
        self._file = file
        self._tell = tell

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._file.seekable()

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._file.seek(offset, whence)

    def fileno(self) -> int:
        return self._file.fileno()

    def readinto(self, buffer: Any) -> int:
        count: int = self._file.readinto(buffer) or 0
        self._tell(count)
        return count

    def close(self) -> None:
        self._file.close()
        super().close()


@contextmanager
def naming(path: str) -> Iterator[None]:
    """The border where the system's word on a file becomes the operator's error."""
    try:
        yield
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(f"{printable(path)}: {reason}", ExitStatus.NO_INPUT) from error
