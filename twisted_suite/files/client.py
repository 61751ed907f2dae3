"""The other end of the bare-name protocol: fetches a file, whole or not at all. Adapter."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import ISSLTransport
from twisted.internet.protocol import Protocol
from twisted.python.failure import Failure

from twisted_suite.errors import ConfigError, ExitStatus
from twisted_suite.files.paths import MAX_PATH_BYTES
from twisted_suite.runtime.connecting import connect
from twisted_suite.runtime.transport import IStreamTransport


class Download(Protocol):
    """Asks for one name and hands what comes to `write`."""

    transport: IStreamTransport

    def __init__(self, name: bytes, write: Callable[[bytes], object]) -> None:
        self._name = name
        self._write = write
        self._received = 0
        self._error: OSError | None = None
        self.finished: Deferred[int] = Deferred()  # the bytes received, when the server has closed

    def connectionMade(self) -> None:
        self.transport.write(self._name)
        if not ISSLTransport.providedBy(self.transport):
            # TCP can end the name so, which spares us the silence that the server would wait for; TLS cannot.
            self.transport.loseWriteConnection()

    def dataReceived(self, data: bytes) -> None:
        try:
            self._write(data)
        except OSError as error:  # the disk is full: there is no use in the rest
            self._error = error
            self.transport.abortConnection()
            return
        self._received += len(data)

    def connectionLost(self, reason: Failure | None = None) -> None:
        if self._error is not None:
            self.finished.errback(self._error)
        elif reason is not None and not reason.check(ConnectionDone):
            self.finished.errback(reason)
        else:
            self.finished.callback(self._received)


async def fetch(
    reactor: Any, endpoint: str, name: str, folder: Path, progress: Callable[[int], object]
) -> Path:
    """Fetch `name` from the server at `endpoint` into `folder`, and return the path of the new file.

    The file gets its name when it is whole; before, it has a name of its own, and it is removed when the
    transfer breaks or the program is stopped. `progress` is told the size of each piece.
    Raises `ConfigError` for everything that a person can do something about.
    """
    target = folder / _own_name(name)
    part = _Part(folder)
    trigger = reactor.addSystemEventTrigger("before", "shutdown", part.discard)
    try:
        received = await _receive(reactor, endpoint, name, part, progress)
        if not received:
            # The protocol says "no" by closing, so an empty file looks the same.
            raise ConfigError(
                f"{name}: the server sent nothing: it has no such file, may not serve it, or it is empty",
                ExitStatus.NO_INPUT,
            )
        part.keep_as(target)
    finally:
        part.discard()
        reactor.removeSystemEventTrigger(trigger)
    return target


def _own_name(name: str) -> str:
    """What to call the file here: the last part of `name`."""
    last = PurePosixPath(name).name
    if last in ("", "..") or "\0" in name or len(os.fsencode(name)) > MAX_PATH_BYTES:
        raise ConfigError(
            f"{name!r} is not the name of a file of at most {MAX_PATH_BYTES} bytes", ExitStatus.USAGE
        )
    return last


async def _receive(
    reactor: Any, endpoint: str, name: str, part: "_Part", progress: Callable[[int], object]
) -> int:
    def write(data: bytes) -> None:
        part.write(data)
        progress(len(data))

    download = await connect(reactor, endpoint, Download(name.encode(), write))
    try:
        return await download.finished
    except OSError as error:
        raise ConfigError(f"{part.path}: {error.strerror}", ExitStatus.IO) from error
    except Exception as error:
        raise ConfigError(f"{name}: the transfer broke off: {error}", ExitStatus.IO) from error


class _Part:
    """A file that is not whole yet, beside where it will stand."""

    def __init__(self, folder: Path) -> None:
        try:
            descriptor, path = tempfile.mkstemp(prefix=".", suffix=".part", dir=folder)
        except OSError as error:
            raise ConfigError(f"cannot write into {folder}: {error.strerror}", ExitStatus.IO) from error
        self.path = Path(path)
        self._file = os.fdopen(descriptor, "wb")

    def write(self, data: bytes) -> None:
        self._file.write(data)

    def keep_as(self, target: Path) -> None:
        """It is whole: give it its name, in one step, with the mode that any new file gets."""
        try:
            umask = os.umask(0)
            os.umask(umask)
            os.fchmod(self._file.fileno(), 0o666 & ~umask)
            self._file.close()
            self.path.replace(target)
        except OSError as error:
            raise ConfigError(f"{target}: {error.strerror}", ExitStatus.IO) from error

    def discard(self) -> None:
        """Remove it, unless it was kept."""
        if not self._file.closed:
            self._file.close()
        self.path.unlink(missing_ok=True)
