"""A file that is not whole yet, beside where it will stand, with the record of what it holds. Adapter.

``NAME.getpart`` and ``NAME.getpart.json`` in the folder of ``NAME``. Bytes are on the disk before the record
claims them, and the record is gone before other bytes take their place: so it holds after a kill and after a
power cut.
"""

import fcntl
import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from itertools import count
from pathlib import Path
from threading import Event, Lock

from twisted_suite.errors import ConfigError, ExitStatus
from twisted_suite.files.get.digests import Digest
from twisted_suite.files.get.record import RECORD_BYTES, Record, read_record, write_record
from twisted_suite.files.get.sources import PART_SUFFIX, RECORD_SUFFIX, part_name

_HASHED_AT_ONCE_BYTES = 1 << 20
_OPEN = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW


class Part:
    """What has come of `target` so far. A method that fails by the disk raises `OSError`."""

    def __init__(self, target: Path) -> None:
        self.path = target.with_name(part_name(target.name, PART_SUFFIX))
        self._record_path = target.with_name(part_name(target.name, RECORD_SUFFIX))
        try:
            self._fd = os.open(self.path, _OPEN, 0o666)
        except OSError as error:
            raise ConfigError(
                f"cannot write into {target.parent}: {error.strerror}", ExitStatus.IO
            ) from error
        self._record_fd: int | None = None
        self._closed = False
        self._lock = Lock()  # what runs in threads ends before the descriptors are closed
        self._numbers = count()  # of what is to be saved
        self._least = 0  # what has a smaller number is void: a thread may come late
        self._stop = Event()
        try:
            # Whoever holds it writes it; released by the kernel, however the process ends.
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._fd)
            raise ConfigError(
                f"{self.path}: another program is fetching it: wait for it, or end it", ExitStatus.IO
            ) from None

    @property
    def saved(self) -> bool:
        """Whether it has a record of this run."""
        return self._record_fd is not None

    def record(self) -> Record | None:
        """What the part holds, by its record; None if that is of no use."""
        try:
            with open(self._record_path, "rb") as file:
                return read_record(file.read(RECORD_BYTES), os.fstat(self._fd).st_size)
        except OSError:
            return None

    def clear(self) -> None:
        """All that came is void."""
        with self._lock:
            self._least = next(self._numbers)
            self._forget_record()
            os.ftruncate(self._fd, 0)

    def write(self, offset: int, data: bytes) -> None:
        """Put bytes in their place."""
        written = os.pwrite(self._fd, data, offset)
        while written < len(data):  # the disk is nearly full: the next call says so
            written += os.pwrite(self._fd, data[written:], offset + written)

    def saving(self, record: Record) -> Callable[[], None]:
        """Writes the record, when what it claims is on the disk. Waits for the disk: call it in a thread."""
        return partial(self._save, record, next(self._numbers))

    def _save(self, record: Record, number: int) -> None:
        with self._lock:
            if self._closed or number < self._least:
                return
            self._least = number
            os.fdatasync(self._fd)
            if self._record_fd is None:
                self._record_fd = os.open(self._record_path, _OPEN, 0o666)
            # In place and in one call: nothing needs to be allocated, and a kill cannot fall between.
            os.pwrite(self._record_fd, write_record(record), 0)

    def sync(self) -> None:
        """Wait until all of it is on the disk: call it in a thread."""
        with self._lock:
            if not self._closed:
                os.fdatasync(self._fd)

    def matches(self, digest: Digest) -> bool:
        """Whether it is what the server says that it is. Reads all of it: call it in a thread."""
        found = hashlib.new(digest.hash_name)
        buffer = memoryview(bytearray(_HASHED_AT_ONCE_BYTES))
        offset = 0
        with self._lock:
            while not self._stop.is_set() and (read := os.preadv(self._fd, [buffer], offset)):
                found.update(buffer[:read])
                offset += read
        return found.digest() == digest.value

    def keep_as(self, target: Path, modified: int | None) -> None:
        """It is whole: give it its name, in one step, with the server's time."""
        if modified is not None:
            with suppress(OSError, OverflowError):  # a time that this file system cannot hold
                os.utime(self._fd, (modified, modified))
        with self._lock:
            os.replace(self.path, target)
            self._forget_record()
            self._close()

    def discard(self) -> None:
        """Remove it: nobody could go on with it."""
        self._stop.set()
        with self._lock:
            if not self._closed:
                self._forget_record()
                self.path.unlink(missing_ok=True)
                self._close()

    def close(self) -> None:
        """Let go of it, as it is."""
        self._stop.set()
        with self._lock:
            if not self._closed:
                self._close()

    def _close(self) -> None:
        self._closed = True
        os.close(self._fd)
        self._close_record()

    def _forget_record(self) -> None:
        self._record_path.unlink(missing_ok=True)
        self._close_record()

    def _close_record(self) -> None:
        if self._record_fd is not None:
            os.close(self._record_fd)
            self._record_fd = None
