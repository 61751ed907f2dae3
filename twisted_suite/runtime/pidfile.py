"""The pid file of a ``twistd`` program, held by a lock as long as the process lives. Adapter.

`twistd` looks whether the number in the file is that of any process: after a crash, in a container above
all, it is some other's, and the start is refused (tickets 5360, 7555). It looks after it has parsed the
options of a plugin, so `lifecycle.ProgramOptions` takes the file over there, and `twistd` is told of none.
The lock is the kernel's: it ends with the process, however that ends, and the daemon inherits it.
"""

import fcntl
import os
from collections.abc import MutableMapping
from typing import Any

from twisted_suite.errors import ConfigError, ExitStatus

# A number of a process has at most so many digits; more is something else, and not ours to overwrite.
MAX_PID_FILE_BYTES = 32
# How often the file may be taken away under us, by programs that end, while we open and lock it.
MAX_TRIES = 20


class PidFile:
    """One locked pid file."""

    def __init__(self, path: str) -> None:
        """Lock `path`, whatever process it names. Raises `ConfigError` when another process holds it."""
        self.path = os.path.abspath(path)
        self._fd = _locked(self.path)
        self.replaced = _number_in(self._fd, self.path)  # what it named before; empty for a new one

    def write(self) -> None:
        """Name this process, which may be another than the one that locked the file."""
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, b"%d" % os.getpid(), 0)

    def release(self) -> None:
        """Take the file away, and let others have it. After a chroot or as another user, leave it empty."""
        if self._fd < 0:
            return
        try:
            os.unlink(self.path)
        except OSError:
            os.ftruncate(self._fd, 0)
        os.close(self._fd)
        self._fd = -1


def take_from(runner: MutableMapping[str, Any] | None) -> PidFile | None:
    """The pid file that `twistd`, whose options these are, was asked for; from now on it has none."""
    if runner is None or not runner.get("pidfile"):
        return None
    file = PidFile(runner["pidfile"])
    runner["pidfile"] = ""
    return file


def _locked(path: str) -> int:
    """A descriptor of the file that is at `path` now, locked."""
    for _ in range(MAX_TRIES):
        try:
            fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise ConfigError(f"--pidfile {path}: {error.strerror}") from error
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _number_in(fd, path) or "another process, which is starting"
            os.close(fd)
            raise ConfigError(
                f"--pidfile {path}: already running, as process {holder}; stop it, or name another pid file",
                ExitStatus.UNAVAILABLE,
            ) from None
        if _is_at(fd, path):
            return fd
        os.close(fd)  # whoever had it has taken it away in between
    raise ConfigError(f"--pidfile {path}: it is taken away as soon as it is made")


def _is_at(fd: int, path: str) -> bool:
    try:
        return os.path.samestat(os.fstat(fd), os.stat(path))
    except FileNotFoundError:
        return False


def _number_in(fd: int, path: str) -> str:
    """The number that stands in the file, or nothing. Raises `ConfigError` for anything else."""
    content = os.pread(fd, MAX_PID_FILE_BYTES + 1, 0).strip()
    if content and not (content.isdigit() and len(content) <= MAX_PID_FILE_BYTES):
        raise ConfigError(f"--pidfile {path}: holds something else than the number of a process")
    return content.decode("ascii")
