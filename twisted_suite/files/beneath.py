"""``openat2(2)``: opens a name below a folder, and lets the kernel see to it that it stays there. Adapter.

Python has no call for it. Linux has since 5.6; with ``RESOLVE_CACHED`` (5.12) it answers at once, or says
that it would have to wait for the disk.
"""

import ctypes
import errno
import os
import sys
from typing import Any

_SYS_OPENAT2 = 437  # the same on every architecture (include/uapi/asm-generic/unistd.h)
_NO_MAGICLINKS, _BENEATH, _CACHED = 0x02, 0x08, 0x20  # include/uapi/linux/openat2.h

# A FIFO or terminal can neither block nor become ours.
FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


class _OpenHow(ctypes.Structure):
    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


class Openat2:
    """The system call, ready to be made."""

    def __init__(self) -> None:
        self._call: Any = ctypes.CDLL(None, use_errno=True).syscall
        self._call.argtypes = (
            ctypes.c_long,
            ctypes.c_int,
            ctypes.c_char_p,
            ctypes.c_void_p,
            ctypes.c_size_t,
        )
        self._call.restype = ctypes.c_long
        self._hows = [_OpenHow(FLAGS, 0, _BENEATH | _NO_MAGICLINKS | more) for more in (0, _CACHED)]
        self._waiting, self._at_once = (ctypes.addressof(how) for how in self._hows)
        self._size = ctypes.sizeof(_OpenHow)

    def open(self, folder: int, path: bytes) -> int:
        """The descriptor of `path` below `folder`. Raises `OSError`: ``EXDEV`` where it leads outside."""
        return self._open(folder, path, self._waiting)

    def open_at_once(self, folder: int, path: bytes) -> int:
        """The same, without waiting for a disk. Raises `BlockingIOError` where it would have to."""
        return self._open(folder, path, self._at_once)

    def _open(self, folder: int, path: bytes, how: int) -> int:
        fd: int = self._call(_SYS_OPENAT2, folder, path, how, self._size)
        if fd < 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))
        return fd


def openat2() -> Openat2 | None:
    """The call, where this system has it with all that is asked of it."""
    if not sys.platform.startswith("linux"):
        return None
    call = Openat2()
    try:
        root = os.open("/", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        os.close(call.open_at_once(root, b"."))
    except OSError as error:
        # ENOSYS before 5.6, EINVAL before 5.12, EPERM under a filter of system calls that does not know it.
        return call if error.errno == errno.EAGAIN else None
    finally:
        os.close(root)
    return call
