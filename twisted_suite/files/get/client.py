"""Fetches what the command line names: several at a time, each by its protocol. Adapter."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from twisted.internet.defer import CancelledError, Deferred, DeferredSemaphore
from twisted.python.failure import Failure

from twisted_suite.errors import ConfigError, ExitStatus
from twisted_suite.files.get.bare import fetch_named
from twisted_suite.files.get.folders import Folders
from twisted_suite.files.get.sources import Addressed, Named, fallback_name, offered_name, unnamed_part
from twisted_suite.files.get.transfer import Transfer
from twisted_suite.files.get.watching import Fetched, Watcher
from twisted_suite.files.get.web import Web
from twisted_suite.files.get.wishes import Wishes


class Client:
    """Fetches files, each whole or not at all; what happens to them, `watcher` is told."""

    def __init__(self, reactor: Any, wishes: Wishes, watcher: Watcher) -> None:
        self._reactor = reactor
        self._wishes = wishes
        self._watcher = watcher
        connections = wishes.segments * wishes.at_once
        self._web = Web(reactor, connections=connections, timeout_s=wishes.timeout_s)
        self._places = DeferredSemaphore(wishes.at_once)
        self._running: set[Deferred[None]] = set()
        self._idle: Deferred[None] | None = None
        self._targets: set[Path] = set()
        self._statuses: list[ExitStatus] = []
        self._defect: Failure | None = None

    async def fetch_all(self, files: Iterable[Named | Addressed], *, recursive: bool = False) -> ExitStatus:
        """Fetch them, whatever comes of one; the status is that of the first failure.

        Cancelled, it ends when each has left what another run can go on with.
        """
        try:
            for file in files:
                if recursive:
                    await self._fetch_folder(file)
                else:
                    await self._begin(file, self._target(file))
            await self._all_ended()
        except CancelledError:
            for running in tuple(self._running):
                running.cancel()
            await self._all_ended()
            raise
        finally:
            await self._web.close()
        if self._defect is not None:
            self._defect.raiseException()
        return next(iter(self._statuses), ExitStatus.OK)

    async def _begin(self, file: Named | Addressed, target: Path) -> None:
        """Fetch one, as soon as there is a place for it."""
        await self._places.acquire()
        running = Deferred.fromCoroutine(self._fetch(file, target))
        self._running.add(running)
        running.addBoth(self._ended, running)

    def _ended(self, result: Failure | None, running: "Deferred[None]") -> None:
        self._running.discard(running)
        self._places.release()
        if isinstance(result, Failure) and not result.check(CancelledError):
            self._defect = self._defect or result
        if not self._running and self._idle is not None:
            self._idle.callback(None)

    async def _all_ended(self) -> None:
        if self._running:
            self._idle = Deferred()
            await self._idle

    async def _fetch(self, file: Named | Addressed, target: Path) -> None:
        transfer: Transfer | None = None
        try:
            self._claim(target, file)
            if isinstance(file, Named):
                self._watcher.began(target, file.shown, 0)
                result = await fetch_named(
                    self._reactor, file, target, self._watcher, timeout_s=self._wishes.timeout_s
                )
            else:
                transfer = Transfer(file, target, self._web, self._watcher, self._wishes)
                self._watcher.began(target, file.shown, transfer.kept_bytes)
                result = await transfer.run(lambda disposition: self._named(file, target, disposition))
        except (ConfigError, CancelledError) as error:
            kept = 0 if transfer is None else transfer.kept_bytes
            if isinstance(error, CancelledError):
                self._watcher.stopped(target, file.shown, kept)
                raise
            self._failed(target, error, kept)
        else:
            self._watcher.finished(target, result)

    async def _fetch_folder(self, file: Named | Addressed) -> None:
        """All files of a folder, as deep as it goes."""
        top = self._wishes.folder
        try:
            if isinstance(file, Named):
                raise ConfigError(
                    f"{file.name}: -r needs an HTTP address: the bare-name protocol lists no folders",
                    ExitStatus.USAGE,
                )
            walk = Folders(
                file, top if file.local is None else top / file.local, self._web, self._wishes.retries
            )
            async for found in walk.files(self._watcher, self._failed):
                if found.is_here():
                    self._watcher.finished(found.target, Fetched(found.target, found.size, skipped=True))
                else:
                    await self._begin(found.file, found.target)
        except ConfigError as error:
            self._failed(top, error, 0)

    def _failed(self, target: Path, error: ConfigError, kept_bytes: int = 0) -> None:
        self._statuses.append(error.status)
        self._watcher.failed(target, error, kept_bytes)

    def _target(self, file: Named | Addressed) -> Path:
        """Where it will stand; while its name is not known, what its part is called after."""
        if isinstance(file, Addressed) and file.local is None:
            return self._wishes.folder / unnamed_part(file.url)
        return self._wishes.folder / str(file.local)

    def _claim(self, target: Path, file: Named | Addressed) -> None:
        if target in self._targets:
            raise ConfigError(
                f"{file.shown}: another that was asked for is {target} too: fetch them one after the other",
                ExitStatus.USAGE,
            )
        self._targets.add(target)

    def _named(self, file: Addressed, target: Path, disposition: str) -> Path:
        """The final path: for an address that does not say, the server may."""
        if file.local is not None:
            return target
        path = self._wishes.folder / (offered_name(disposition) or fallback_name(file.url))
        if path.exists() or path in self._targets:
            raise ConfigError(
                f"{path} is here already, and the server chose that name: move it away, and run again",
                ExitStatus.IO,
            )
        return path
