"""The folder that is handed out: opens what is below it, and only that. Adapter over `paths` and `beneath`.

Where the kernel has ``openat2`` it keeps a name below the root by itself, without a race; elsewhere, and for
an absolute link that leads inside, which ``openat2`` refuses, we walk by descriptors (`paths.find`).
"""

import errno
import os
import stat
from contextlib import ExitStack
from dataclasses import dataclass

from twisted_suite.errors import ConfigError, Refused
from twisted_suite.files.beneath import FLAGS, Openat2
from twisted_suite.files.paths import Kind, check_steps, find, parse_name

# Links are never followed by the kernel in the walk.
_SAFE = FLAGS | os.O_NOFOLLOW
_ROOT = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
# A rename may make ``openat2`` give up; so often it is asked again before we walk.
_ATTEMPTS = 8

# Nobody has asked for anything wrong: it is this process, or its disk, that cannot.
_OURS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EIO})


class Forbidden(Refused):
    """It is there, and this server's user may not read it."""


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A regular file, open for reading. Whoever has it closes it."""

    fd: int
    size: int  # when it was opened, in bytes
    modified_ns: int = 0  # after the epoch
    inode: int = 0
    device: int = 0

    def close(self) -> None:
        os.close(self.fd)


@dataclass(frozen=True, slots=True)
class OpenFolder:
    """A folder, held by its descriptor. Whoever has it closes it."""

    fd: int
    modified_ns: int

    def close(self) -> None:
        os.close(self.fd)


class _HeldDirectory:
    """A directory held by its descriptor: names in it are looked up there, whatever its path is now."""

    def __init__(self, fd: int, opened: ExitStack) -> None:
        opened.callback(os.close, fd)
        self.fd = fd
        self._opened = opened

    def kind(self, name: bytes) -> Kind:
        mode = os.stat(name, dir_fd=self.fd, follow_symlinks=False).st_mode
        return _KINDS.get(stat.S_IFMT(mode), Kind.OTHER)

    def link_target(self, name: bytes) -> bytes:
        return os.readlink(name, dir_fd=self.fd)

    def subdirectory(self, name: bytes) -> "_HeldDirectory":
        return _HeldDirectory(os.open(name, _SAFE | os.O_DIRECTORY, dir_fd=self.fd), self._opened)


_KINDS = {stat.S_IFREG: Kind.FILE, stat.S_IFDIR: Kind.DIRECTORY, stat.S_IFLNK: Kind.LINK}


class Folder:
    """Opens by name, below one root. All but `open_at_once` wait for the disk: call them in a thread.

    The root is looked up anew each time: one that is replaced, or a link that is pointed elsewhere, counts
    from the next request on.
    """

    def __init__(self, root: str, *, show_hidden: bool = False, kernel: Openat2 | None = None) -> None:
        self.root = os.fsencode(os.path.abspath(root))
        self._show_hidden = show_hidden
        self._kernel = kernel

    def check(self) -> None:
        """Raise `ConfigError` when the root cannot be handed out."""
        try:
            os.scandir(self.root).close()
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise ConfigError(
                f"--root {os.fsdecode(self.root)}: {reason}: name a folder that this user may read"
            ) from error

    def shows(self, name: bytes) -> bool:
        """Whether an entry of a folder may be seen, as far as its name says."""
        try:
            check_steps((name,), show_hidden=self._show_hidden)
        except Refused:
            return False
        return True

    def open(self, name: bytes) -> OpenFile:
        """The regular file that `name` means. Raises `Refused`, with the reason, for anything else."""
        found = self.find(parse_name(name))
        if isinstance(found, OpenFolder):
            found.close()
            raise Refused("a directory")
        return found

    def find(self, steps: tuple[bytes, ...]) -> OpenFile | OpenFolder:
        """The file or folder that `steps` lead to. Raises `Refused`, with the reason, for anything else."""
        check_steps(steps, show_hidden=self._show_hidden)
        try:
            fd = self._open_by_kernel(steps) if self._kernel is not None else None
            return _checked(self._walk(steps) if fd is None else fd)
        except OSError as error:
            raise _refused(error) from error

    def open_at_once(self, steps: tuple[bytes, ...]) -> OpenFile | OpenFolder | None:
        """The same, without waiting for a disk; None where that cannot be."""
        kernel = self._kernel
        if kernel is None:
            return None
        check_steps(steps, show_hidden=self._show_hidden)
        try:
            root = os.open(self.root, _ROOT)
            try:
                fd = kernel.open_at_once(root, b"/".join(steps) or b".")
            finally:
                os.close(root)
        except OSError as error:
            if error.errno in (errno.EAGAIN, errno.EXDEV):
                return None
            raise _refused(error) from error
        return _checked(fd)

    def _open_by_kernel(self, steps: tuple[bytes, ...]) -> int | None:
        """The descriptor; None where only the walk can tell."""
        assert self._kernel is not None
        root = os.open(self.root, _ROOT)
        try:
            for _ in range(_ATTEMPTS):
                try:
                    return self._kernel.open(root, b"/".join(steps) or b".")
                except OSError as error:
                    if error.errno == errno.EXDEV:
                        break
                    if error.errno != errno.EAGAIN:
                        raise
        finally:
            os.close(root)
        return None

    def _walk(self, steps: tuple[bytes, ...]) -> int:
        with ExitStack() as opened:
            root = _HeldDirectory(os.open(self.root, _ROOT), opened)
            directory, last = find(root, steps, os.path.realpath(self.root))
            # What is a link by now, and was none when it was looked at, is not opened.
            return os.open(last, _SAFE, dir_fd=directory.fd)


def _refused(error: OSError) -> Refused:
    """What `error` says of the name. Raises it where it says nothing of it."""
    if error.errno in (errno.EACCES, errno.EPERM):
        return Forbidden("permission denied")
    if error.errno == errno.ENXIO:  # how a socket or a FIFO's other end says it
        return Refused("not a regular file")
    if error.errno in _OURS:
        raise error
    return Refused((error.strerror or str(error)).lower())


def _checked(fd: int) -> OpenFile | OpenFolder:
    """What `fd` is; by descriptor nobody can have swapped it."""
    status = os.fstat(fd)
    if stat.S_ISREG(status.st_mode):
        return OpenFile(fd, status.st_size, status.st_mtime_ns, status.st_ino, status.st_dev)
    if stat.S_ISDIR(status.st_mode):
        return OpenFolder(fd, status.st_mtime_ns)
    os.close(fd)
    raise Refused("not a regular file")
