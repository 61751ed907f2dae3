"""Where reports and states go: standard output, a device, or a file that is replaced at once. Adapter."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import BinaryIO

from twisted_suite.errors import ConfigError, ExitStatus
from twisted_suite.runtime.text import printable

STANDARD_OUTPUT = "-"
# What a file system answers that has no files without a name.
_NO_NAMELESS_FILES = (errno.EOPNOTSUPP, errno.EISDIR, errno.ENOENT, errno.EINVAL)


@contextmanager
def opened(out: str) -> Iterator[BinaryIO]:
    """The border where the system's word on the output becomes the operator's error.

    A reader that has seen enough (``| head``) is no error.
    """
    try:
        with _stream(out) as stream:
            yield stream
    except BrokenPipeError:
        return
    except OSError as error:
        where = "standard output" if out == STANDARD_OUTPUT else printable(out)
        raise ConfigError(f"{where}: {error.strerror}", ExitStatus.IO) from error


def _stream(out: str) -> AbstractContextManager[BinaryIO]:
    if out == STANDARD_OUTPUT:
        if sys.__stdout__ is None:  # closed: another file may have its number by now
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        return open(1, "wb", closefd=False)  # not sys.stdout: under twistd that is the log
    if os.path.exists(out) and not os.path.isfile(out):
        return open(out, "wb")  # a device or a FIFO: there is nothing to replace
    return replacing(os.path.realpath(out))


@contextmanager
def replacing(path: str) -> Iterator[BinaryIO]:
    """Write beside `path`, then take its place at once: nobody sees half a file, nor loses the last one.

    What is being written has no name, so that a process that is killed leaves nothing behind.
    """
    folder, name = os.path.split(path)
    temporary = os.path.join(folder, f".{name}.{os.getpid()}.tmp")
    nameless = _nameless(folder or ".")
    with nameless or open(temporary, "xb") as stream:
        try:
            yield stream
            stream.flush()  # what is buffered may not fit on the disk either
            if nameless is not None:
                _name(stream, folder or ".", temporary)
            os.replace(temporary, path)
        except BaseException:
            if os.path.lexists(temporary):
                os.unlink(temporary)
            raise


def _name(stream: BinaryIO, folder: str, path: str) -> None:
    """Give the nameless file a name. Only beside a folder's descriptor does Python follow the link to it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.link(f"/proc/self/fd/{stream.fileno()}", os.path.basename(path), dst_dir_fd=descriptor)
    finally:
        os.close(descriptor)


def _nameless(folder: str) -> BinaryIO | None:
    try:
        return os.fdopen(os.open(folder, os.O_TMPFILE | os.O_WRONLY, 0o666), "wb")
    except OSError as error:
        if error.errno in _NO_NAMELESS_FILES and os.path.isdir(folder):
            return None
        raise
