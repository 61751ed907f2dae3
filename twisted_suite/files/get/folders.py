"""Walks a folder on a server, listing by listing. Adapter."""

from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from random import random

from twisted.internet.task import deferLater

from twisted_suite.errors import ConfigError, ExitStatus
from twisted_suite.files.get.answers import Ask
from twisted_suite.files.get.failures import TransferError
from twisted_suite.files.get.retry import Retries
from twisted_suite.files.get.sources import Addressed
from twisted_suite.files.get.tree import (
    MAX_DEPTH,
    MAX_FOLDERS,
    MAX_LISTING_BYTES,
    Entry,
    as_folder,
    below,
    listing_of,
    read_listing,
)
from twisted_suite.files.get.watching import Watcher
from twisted_suite.files.get.web import Web


@dataclass(frozen=True, slots=True)
class Found:
    """A file that a listing names, and where it goes."""

    file: Addressed
    target: Path
    entry: Entry

    @property
    def size(self) -> int:
        """Its size by the listing."""
        return self.entry.size or 0

    def is_here(self) -> bool:
        """Whether a file of its size and time stands at its place: an earlier run has fetched it."""
        try:
            status = self.target.stat()
        except OSError:
            return False
        return (status.st_size, int(status.st_mtime)) == (self.entry.size, self.entry.modified)


class Folders:
    """One folder and all below it; it makes those folders here."""

    def __init__(self, top: Addressed, target: Path, web: Web, retries: int) -> None:
        self._waiting = deque([(as_folder(top), target, 0)])
        self._web = web
        self._retries = retries
        self._met = 1

    async def files(
        self, watcher: Watcher, failed: Callable[[Path, ConfigError], object]
    ) -> AsyncIterator[Found]:
        """The files, as they are found. A folder that cannot be listed is told to `failed`, and left out."""
        while self._waiting:
            address, target, depth = self._waiting.popleft()
            try:
                entries = await self._list(address, target, watcher)
                target.mkdir(parents=True, exist_ok=True)
            except ConfigError as error:
                failed(target, error)
                continue
            except OSError as error:
                failed(target, ConfigError(f"{target}: {error.strerror}", ExitStatus.IO))
                continue
            for entry in entries:
                child = below(address, entry)
                if not entry.is_folder:
                    yield Found(child, target / entry.name, entry)
                elif depth < MAX_DEPTH and self._met < MAX_FOLDERS:
                    self._met += 1
                    self._waiting.append((child, target / entry.name, depth + 1))
                else:
                    failed(target, self._too_many(address))

    async def _list(self, folder: Addressed, target: Path, watcher: Watcher) -> list[Entry]:
        retries = Retries(self._retries)
        while True:
            try:
                return list(read_listing(await self._read(folder), folder.url))
            except TransferError as error:
                delay = retries.delay_s(error, 0, random())
                if delay is None:
                    raise
                watcher.waiting(target, error, delay)
                await deferLater(self._web.clock, delay)

    async def _read(self, folder: Addressed) -> bytes:
        answer = await self._web.ask(listing_of(folder), Ask(accept="application/json"))
        received = bytearray()

        def take(data: bytes) -> None:
            if len(received) + len(data) > MAX_LISTING_BYTES:
                raise TransferError(
                    f"{folder.url}: its listing is longer than {MAX_LISTING_BYTES:,} bytes", ExitStatus.DATA
                )
            received.extend(data)

        await answer.read(take)
        return bytes(received)

    def _too_many(self, folder: Addressed) -> ConfigError:
        return TransferError(
            f"{folder.url}: more than {MAX_FOLDERS:,} folders, or {MAX_DEPTH} deep", ExitStatus.DATA
        )
