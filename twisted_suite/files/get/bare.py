"""The other end of the bare-name protocol: fetches a file, whole or not at all. Adapter.

The protocol tells neither lengths nor versions: what broke off cannot be continued, and is thrown away.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectingCancelledError, ConnectionDone
from twisted.internet.interfaces import ISSLTransport
from twisted.internet.protocol import Protocol
from twisted.python.failure import Failure

from twisted_suite.errors import ConfigError, ExitStatus
from twisted_suite.files.get.part import Part
from twisted_suite.files.get.sources import Named
from twisted_suite.files.get.watching import Fetched, Watcher
from twisted_suite.runtime.connecting import connect
from twisted_suite.runtime.transport import IStreamTransport


class Download(Protocol):
    """Asks for one name and hands what comes to `write`."""

    transport: IStreamTransport

    def __init__(self, name: bytes, write: Callable[[bytes], object], clock: Any, timeout_s: float) -> None:
        self._name = name
        self._write = write
        self._clock = clock
        self._timeout_s = timeout_s
        self._received = self._seen = 0
        self._error: BaseException | None = None
        self.finished: Deferred[int] = Deferred(
            self._cancel
        )  # the bytes received, when the server has closed

    def connectionMade(self) -> None:
        self._watch = self._clock.callLater(self._timeout_s, self._look)
        self.transport.write(self._name)
        if not ISSLTransport.providedBy(self.transport):
            # TCP can end the name so, which spares us the silence that the server would wait for; TLS cannot.
            self.transport.loseWriteConnection()

    def dataReceived(self, data: bytes) -> None:
        try:
            self._write(data)
        except OSError as error:  # the disk is full: there is no use in the rest
            self._give_up(error)
            return
        self._received += len(data)

    def connectionLost(self, reason: Failure | None = None) -> None:
        if self._watch.active():
            self._watch.cancel()
        if self._error is not None:
            self.finished.errback(self._error)
        elif reason is not None and not reason.check(ConnectionDone):
            self.finished.errback(reason)
        else:
            self.finished.callback(self._received)

    def _look(self) -> None:
        if self._received == self._seen:
            self._give_up(TimeoutError(0, f"nothing came for {self._timeout_s:g} s"))
            return
        self._seen = self._received
        self._watch = self._clock.callLater(self._timeout_s, self._look)

    def _cancel(self, _: "Deferred[int]") -> None:
        self._give_up(CancelledError())

    def _give_up(self, error: BaseException) -> None:
        self._error = error
        self.transport.abortConnection()


async def fetch_named(
    reactor: Any, file: Named, target: Path, watcher: Watcher, *, timeout_s: float
) -> Fetched:
    """Fetch `file` as `target`, which gets its name when it is whole; before, it is a `Part`.

    Raises `ConfigError` for everything that a person can do something about.
    """
    part = Part(target)
    received = 0

    def write(data: bytes) -> None:
        nonlocal received
        part.write(received, data)
        received += len(data)
        watcher.progressed(target, received, None)

    try:
        part.clear()
        await _receive(reactor, file, part, write, timeout_s)
        if not received:
            # The protocol says "no" by closing, so an empty file looks the same.
            raise ConfigError(
                f"{file.name}: the server sent nothing: it has no such file, may not serve it, or it is "
                "empty",
                ExitStatus.NO_INPUT,
            )
        part.keep_as(target, None)
    except OSError as error:
        raise ConfigError(f"{target}: {error.strerror}", ExitStatus.IO) from error
    finally:
        part.discard()
    return Fetched(target, received)


async def _receive(
    reactor: Any, file: Named, part: Part, write: Callable[[bytes], None], timeout_s: float
) -> None:
    name = file.name.encode("utf-8", "surrogateescape")
    try:
        download = await connect(reactor, file.endpoint, Download(name, write, reactor, timeout_s))
        await download.finished
    except (CancelledError, ConfigError):
        raise
    except ConnectingCancelledError as error:
        raise CancelledError from error
    except TimeoutError as error:
        raise ConfigError(f"{file.name}: {error.strerror}", ExitStatus.IO) from error
    except OSError as error:
        raise ConfigError(f"{part.path}: {error.strerror}", ExitStatus.IO) from error
    except Exception as error:
        raise ConfigError(f"{file.name}: the transfer broke off: {error}", ExitStatus.IO) from error
