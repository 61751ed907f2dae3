"""The files that `twist` and `twistd` log to: bounded from inside, rotated from outside. Adapter.

`twistd` rotates at 1 MB and keeps all; `twist` writes one file for ever. Both keep the file to themselves,
so it is found through the observer that writes it.
"""

import fcntl
import os
import stat
from collections.abc import Iterator
from typing import Any

from twisted.logger import FileLogObserver, Logger, LogPublisher, globalLogPublisher
from twisted.python.logfile import LogFile

from twisted_suite.errors import ConfigError, ExitStatus
from twisted_suite.runtime.connlog import connection_line

_log = Logger()

# Addresses are people's: the owner and those of the group may read them.
CONNECTION_LOG_MODE = 0o640


class BoundedLogFile(LogFile):
    """A log file that is rotated by its size, of which a number is kept; whoever else moves or cuts it."""

    def _openFile(self) -> None:
        super()._openFile()
        # So that a file that was cut from outside (logrotate's copytruncate) goes on at its end.
        flags = fcntl.fcntl(self._file, fcntl.F_GETFL)
        fcntl.fcntl(self._file, fcntl.F_SETFL, flags | os.O_APPEND)

    def shouldRotate(self) -> bool:
        if not self.rotateLength or self.size < self.rotateLength:
            return False
        found = os.fstat(self._file.fileno())
        self.size = found.st_size  # it may have been cut, and a device has no size at all
        return stat.S_ISREG(found.st_mode) and self.size >= self.rotateLength

    def reopen(self) -> None:
        """Open the file anew. Raises `OSError`, and then goes on with the old one."""
        old = self._file
        try:
            self._openFile()
        except OSError:
            self._file = old
            raise
        old.close()


def bound_log_files(
    max_bytes: int, keep: int, publisher: LogPublisher = globalLogPublisher
) -> list[BoundedLogFile]:
    """Rotate every file that is logged to at `max_bytes` (0: never), and keep `keep` old ones."""
    bounded = []
    for observer in _file_observers(publisher):
        file: Any = observer._outFile
        path = _path_of(file)
        if type(file) is LogFile:
            file.__class__ = BoundedLogFile  # the same object: twistd's SIGUSR1 rotates it
            file.reopen()
        elif path is not None:
            file.close()
            file = observer._outFile = BoundedLogFile.fromFullPath(path)
        else:
            continue
        file.rotateLength = max_bytes or None
        file.maxRotatedFiles = keep
        bounded.append(file)
    return bounded


def log_connections(path: str, publisher: LogPublisher = globalLogPublisher) -> None:
    """Write a line for each connection to the file at `path`; it is bounded and reopened as the others are.

    Raises `ConfigError` where it cannot be written.
    """
    try:
        file: Any = BoundedLogFile.fromFullPath(path, rotateLength=None, defaultMode=CONNECTION_LOG_MODE)
    except OSError as error:
        raise ConfigError(f"--connection-log {path}: {error.strerror}", ExitStatus.IO) from error
    publisher.addObserver(FileLogObserver(file, connection_line))


def reopen_log_files(publisher: LogPublisher = globalLogPublisher) -> int:
    """Close and open the files that are logged to, for logrotate and the like; returns how many."""
    reopened = 0
    for observer in _file_observers(publisher):
        file: Any = observer._outFile
        if not isinstance(file, LogFile):
            continue
        try:
            file.reopen()
            reopened += 1
        except OSError as error:
            _log.error(
                "{path} cannot be opened anew, the old file goes on: {error}", path=file.path, error=error
            )
    return reopened


def _file_observers(publisher: LogPublisher) -> Iterator[FileLogObserver]:
    for observer in publisher._observers:
        found: Any = observer
        while found is not None and not isinstance(found, FileLogObserver):
            found = getattr(found, "_observer", None)  # a filter around it
        if found is not None:
            yield found


def _path_of(file: Any) -> str | None:
    """The path of an open file; None of what is no file with a path, such as standard output."""
    name = getattr(file, "name", None)
    return os.path.abspath(name) if isinstance(name, str) and os.path.isfile(name) else None
