"""What of a file is in memory, and how the rest gets there: so that the loop waits for no disk. Adapter."""

import errno
import os
from functools import lru_cache
from pathlib import Path

# Reads at once or not at all; 0 where the system has no such thing.
AT_ONCE: int = getattr(os, "RWF_NOWAIT", 0)
# Read by one call of a thread.
FETCHED_AT_ONCE_BYTES = 1024 * 1024
# File systems that cannot say what is in memory, since all of it is (proc(5), mountinfo).
_IN_MEMORY = frozenset({"tmpfs", "ramfs", "devtmpfs"})
_MOUNTS = Path("/proc/self/mountinfo")


def in_memory(fd: int, offset: int, length: int) -> bool:
    """Whether both ends of these bytes of a file are in the page cache. False where it does not tell.

    Pages between them may be missing; then the reader waits for the disk, for one span of `length`.
    """
    if not AT_ONCE:
        return False
    byte = [bytearray(1)]
    try:
        os.preadv(fd, byte, offset, AT_ONCE)
        os.preadv(fd, byte, offset + length - 1, AT_ONCE)
    except OSError as error:
        # Of a file system that does not say, a thread reads all first, lest a dead network file system holds
        # up everybody. Other errors are found again by who reads.
        return error.errno != errno.EAGAIN and (error.errno != errno.EOPNOTSUPP or _without_disk(fd))
    return True


def read_at_once(fd: int, buffer: bytearray, offset: int) -> int | None:
    """Read into `buffer` without waiting for a disk; how many bytes, or None where that cannot be."""
    if not AT_ONCE:
        return None
    try:
        return os.preadv(fd, [buffer], offset, AT_ONCE)
    except OSError as error:
        if error.errno == errno.EOPNOTSUPP and _without_disk(fd):
            return os.preadv(fd, [buffer], offset)
        return None


def fetch(fd: int, offset: int, end: int) -> None:
    """Read these bytes into the page cache, and close `fd`. Waits for the disk: call it in a thread."""
    try:
        buffer = memoryview(bytearray(min(FETCHED_AT_ONCE_BYTES, end - offset)))
        while offset < end:
            read = os.preadv(fd, [buffer[: end - offset]], offset)
            if not read:
                return  # shorter than it was: for the one who sends it to find
            offset += read
    finally:
        os.close(fd)


def _without_disk(fd: int) -> bool:
    return _is_memory(os.fstat(fd).st_dev)


@lru_cache(maxsize=64)
def _is_memory(device: int) -> bool:
    """Whether the file system of that number has no disk behind it."""
    number = f"{os.major(device)}:{os.minor(device)}"
    try:
        lines = _MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    for line in lines:
        mount, _, kind = line.partition(" - ")
        if mount.split()[2] == number:
            return kind.split()[0] in _IN_MEMORY
    return False
