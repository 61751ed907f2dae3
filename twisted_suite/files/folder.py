"""The folder that is handed out: opens the files below it, and only those. Adapter over `paths`."""

import os
import stat
from contextlib import ExitStack
from dataclasses import dataclass

from twisted_suite.errors import ConfigError, Refused
from twisted_suite.files.paths import Kind, find, parse_name

# Links are never followed by the kernel, and a FIFO or terminal that slips in can neither block nor act.
_SAFE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A regular file, open for reading. Whoever has it closes it."""

    fd: int
    size: int  # when it was opened, in bytes

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
    """Opens files by name, below one root. Its methods block on the disk: call them in a thread."""

    def __init__(self, root: str) -> None:
        self.root = os.fsencode(os.path.abspath(root))

    def check(self) -> None:
        """Raise `ConfigError` when the root cannot be handed out."""
        try:
            os.scandir(self.root).close()
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise ConfigError(
                f"--root {os.fsdecode(self.root)}: {reason}: name a folder that this user may read"
            ) from error

    def open(self, name: bytes) -> OpenFile:
        """The regular file that `name` means. Raises `Refused`, with the reason, for anything else."""
        steps = parse_name(name)
        try:
            with ExitStack() as opened:
                root = _HeldDirectory(os.open(self.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC), opened)
                directory, last = find(root, steps, os.path.realpath(self.root))
                fd = os.open(last, _SAFE, dir_fd=directory.fd)
        except OSError as error:  # not there, not readable, or swapped for a link since it was looked at
            raise Refused((error.strerror or str(error)).lower()) from error
        return _regular(fd)


def _regular(fd: int) -> OpenFile:
    """What `fd` is was looked at by name before; by descriptor nobody can have swapped it."""
    status = os.fstat(fd)
    if not stat.S_ISREG(status.st_mode):
        os.close(fd)
        raise Refused("not a regular file")
    return OpenFile(fd, status.st_size)
