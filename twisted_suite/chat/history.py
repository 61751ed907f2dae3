"""The chat's history in a file of SQLite: written off the loop, read back at the start. Adapter.

Events are taken as the rooms' logs take them (`Exchange.on_append`) and written by one thread, as many at
once as have come while it wrote before. What is in memory only is lost by a ``kill -9``; the next start sees
that the last run did not end in order, and begins new epochs: no number is taken for another event's.
"""

import sqlite3
from collections.abc import Iterable
from importlib.resources import files
from typing import Any

from twisted.application.service import MultiService, Service
from twisted.enterprise.adbapi import ConnectionPool
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.task import LoopingCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from twisted_suite.chat import grams
from twisted_suite.chat.codecs.json import posted, record, recorded
from twisted_suite.chat.events import Said, Talk
from twisted_suite.chat.exchange import Exchange
from twisted_suite.chat.log import Posted
from twisted_suite.chat.sessions import Append, Recall
from twisted_suite.errors import ConfigError, ExitStatus

VERSION = 1
# Of each room, as many as its log keeps in memory; of rooms, as many as are kept with nobody in them.
RESTORED_EVENTS, RESTORED_ROOMS = 1000, 1000
# What may wait for a disk that does not answer. More is not kept, and the next start begins new epochs.
MAX_WAITING = 100_000
# After an error of the disk it is tried again.
RETRY_S = 5.0
FORGET_INTERVAL_S = 600.0
MAX_FOUND = 200
_SECONDS_PER_DAY = 86400.0


class History(Service):
    """Keeps what is said, as long as it should be kept."""

    log = Logger()

    def __init__(
        self, path: str, exchange: Exchange, *, keep_days: float = 0.0, keep_events: int = 0, reactor: Any
    ) -> None:
        self.path = path
        self._exchange = exchange
        self._keep_days = keep_days
        self._keep_events = keep_events
        self._reactor = reactor
        self._streams: dict[str, int] = {}  # by epoch
        self._epochs: dict[str, str] = {}  # of rooms, now
        self._waiting: list[tuple[str, Posted]] = []
        self._writing = False
        self._written: Deferred[None] | None = None  # somebody waits until all is
        self._lost = 0
        self._forgetting = LoopingCall(self._forget)
        self._forgetting.clock = reactor

    # --- the start and the end ----------------------------------------------------------------------------

    def startService(self) -> None:
        """Before anybody is let in: read back what there is. Raises `ConfigError`."""
        super().startService()
        try:
            self._restore()
        except sqlite3.Error as error:
            raise ConfigError(f"--history {self.path}: {error}", ExitStatus.NO_INPUT) from error
        self._pool: Any = ConnectionPool(
            "sqlite3", self.path, cp_reactor=self._reactor, cp_min=1, cp_max=1, cp_noisy=False,
            cp_openfun=_tune, check_same_thread=False,
        )  # fmt: skip
        self._pool.start()
        self._exchange.hub.house.has_archive = True
        self._exchange.on_append.append(self._append)
        self._exchange.on_recall = self._recall
        self._forgetting.start(FORGET_INTERVAL_S).addErrback(self._failed)

    async def _stop(self) -> None:
        self._forgetting.stop()
        if self._writing or self._waiting:
            self._written = Deferred()
            await self._written.addTimeout(RETRY_S * 2, self._reactor, lambda *_: None)
        if not self._lost and not self._waiting:
            await self._pool.runOperation("UPDATE meta SET value = 1 WHERE name = 'ended'")
        self._pool.close()

    def stopService(self) -> "Deferred[None]":
        """After the last peer is gone: write the rest, and note that nothing is missing."""
        super().stopService()
        return Deferred.fromCoroutine(self._stop())

    def _restore(self) -> None:
        database = sqlite3.connect(self.path)
        try:
            _tune(database)
            database.executescript((files("twisted_suite.chat") / "schema.sql").read_text("utf-8"))
            self._check_version(database)
            for stream, room, epoch in _streams(database):
                rows = database.execute(
                    "SELECT number, at, told FROM event WHERE stream = ? ORDER BY number DESC LIMIT ?",
                    (stream, RESTORED_EVENTS),
                ).fetchall()
                if rows:
                    self._streams[epoch] = stream
                    self._epochs[room] = epoch
                    events = [(at, recorded(told)) for _, at, told in reversed(rows)]
                    self._exchange.hub.restore(room, epoch, events, rows[-1][0])
            database.execute("UPDATE meta SET value = 0 WHERE name = 'ended'")
            database.commit()
        finally:
            database.close()

    def _check_version(self, database: sqlite3.Connection) -> None:
        meta = dict(database.execute("SELECT name, value FROM meta"))
        if not meta:
            database.execute("INSERT INTO meta VALUES ('version', ?), ('ended', 1)", (VERSION,))
        elif meta["version"] != VERSION:
            raise ConfigError(
                f"--history {self.path}: of version {meta['version']}, and this program writes {VERSION}"
            )
        elif not meta["ended"]:
            self.log.warn("history: the last run did not end in order: rooms go on under new epochs")
            database.execute("UPDATE stream SET epoch = epoch || '+'")

    # --- writing ------------------------------------------------------------------------------------------

    def _append(self, appended: Append) -> None:
        if len(self._waiting) + len(appended.events) > MAX_WAITING:
            if not self._lost:
                self.log.error("history: the disk does not keep up; what is said now is not kept")
            self._lost += len(appended.events)
            return
        for event in appended.events:
            self._epochs[event.room] = appended.epoch
            self._waiting.append((appended.epoch, event))
        if not self._writing:
            self._write()

    def _write(self) -> None:
        batch, self._waiting = self._waiting, []
        self._writing = True
        done: Deferred[None] = self._pool.runInteraction(self._insert, batch)
        done.addCallbacks(lambda _: self._go_on(), self._put_back, errbackArgs=(batch,)).addErrback(
            self._failed
        )

    def _go_on(self) -> None:
        self._writing = False
        if self._waiting:
            self._write()
        elif self._written is not None:
            written, self._written = self._written, None
            written.callback(None)

    def _put_back(self, failure: Failure, batch: list[tuple[str, Posted]]) -> None:
        failure.trap(sqlite3.Error)
        self.log.error("history: {error}; trying again in {wait_s:g} s", error=failure.value, wait_s=RETRY_S)
        self._waiting = batch + self._waiting
        self._reactor.callLater(RETRY_S, self._write)

    def _insert(self, cursor: Any, batch: Iterable[tuple[str, Posted]]) -> None:
        """In the thread: one transaction."""
        for epoch, event in batch:
            stream = self._streams.get(epoch)
            if stream is None:
                cursor.execute(
                    "INSERT OR IGNORE INTO stream (room, epoch) VALUES (?, ?)", (event.room, epoch)
                )
                cursor.execute("SELECT id FROM stream WHERE epoch = ?", (epoch,))
                stream = self._streams[epoch] = cursor.fetchone()[0]
            cursor.execute(
                "INSERT INTO event (stream, number, at, told) VALUES (?, ?, ?, ?)",
                (stream, event.number, event.at, record(event.event)),
            )
            if isinstance(event.event, Said):
                text = grams.indexed(event.event.text)
                cursor.execute("INSERT INTO said (rowid, grams) VALUES (?, ?)", (cursor.lastrowid, text))

    def _forget(self) -> "Deferred[None]":
        """Delete what is older, or more, than should be kept."""
        done: Deferred[None] = self._pool.runInteraction(self._delete, self._reactor.seconds())
        return done.addErrback(self._failed)

    def _delete(self, cursor: Any, now: float) -> None:
        if self._keep_days:
            cursor.execute("DELETE FROM event WHERE at < ?", (now - self._keep_days * _SECONDS_PER_DAY,))
        if self._keep_events:
            cursor.execute(
                "DELETE FROM event WHERE number <= (SELECT max(number) FROM event AS other "
                "WHERE other.stream = event.stream) - ?",
                (self._keep_events,),
            )

    # --- reading ------------------------------------------------------------------------------------------

    def _recall(self, recall: Recall) -> None:
        epoch = self._epochs.get(recall.room, "")
        asked: Deferred[Any] = self._pool.runInteraction(_before, epoch, recall)
        asked.addCallback(self._recalled, recall, epoch).addErrback(self._failed)

    def _recalled(self, events: tuple[Posted, ...], recall: Recall, epoch: str) -> None:
        exchange = self._exchange
        now = exchange.clock.seconds()
        exchange.execute(exchange.hub.recalled(recall.session, recall.room, epoch, events, now))

    def search(self, room: str, query: str) -> "Deferred[list[dict[str, Any]]]":
        """What was said in `room` that has every word of `query`, the newest first, as JSON has it."""
        found: Deferred[list[dict[str, Any]]] = self._pool.runInteraction(_found, room, grams.query(query))
        found.addErrback(self._nothing)
        return found

    def _nothing(self, failure: Failure) -> list[dict[str, Any]]:
        self._failed(failure)
        return []

    def _failed(self, failure: Failure) -> None:
        failure.trap(sqlite3.Error)
        self.log.error("history: {error}", error=failure.value)


def _tune(database: sqlite3.Connection) -> None:
    """A log beside the file, so that readers do not wait; a commit survives all but a power cut."""
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = NORMAL")


def _streams(database: sqlite3.Connection) -> list[tuple[int, str, str]]:
    """The newest stream of each room, of the rooms that were spoken in last."""
    return database.execute(
        "SELECT max(id), room, epoch FROM stream GROUP BY room ORDER BY max(id) DESC LIMIT ?",
        (RESTORED_ROOMS,),
    ).fetchall()


def _posted(room: str, row: tuple[int, float, str]) -> Posted:
    number, at, told = row
    event: Talk = recorded(told)
    return Posted(room, number, at, event)


def _before(cursor: Any, epoch: str, recall: Recall) -> tuple[Posted, ...]:
    cursor.execute(
        "SELECT number, at, told FROM event JOIN stream ON stream.id = event.stream "
        "WHERE epoch = ? AND number < ? ORDER BY number DESC LIMIT ?",
        (epoch, recall.before, recall.count),
    )
    return tuple(_posted(recall.room, row) for row in reversed(cursor.fetchall()))


def _found(cursor: Any, room: str, query: str) -> list[dict[str, Any]]:
    if not query:
        return []
    cursor.execute(
        "SELECT number, at, told FROM said JOIN event ON event.id = said.rowid "
        "JOIN stream ON stream.id = event.stream WHERE said MATCH ? AND room = ? "
        "ORDER BY event.id DESC LIMIT ?",
        (query, room, MAX_FOUND),
    )
    return [posted(_posted(room, row)) for row in cursor.fetchall()]


class Kept(MultiService):
    """Services over one history: it is there before them, and written to until they have ended."""

    def __init__(self, history: History | None) -> None:
        super().__init__()
        self._history = history

    def startService(self) -> None:
        if self._history is not None:
            self._history.startService()
        super().startService()

    def stopService(self) -> "Deferred[None]":
        history = self._history
        stopped: Deferred[Any] = maybeDeferred(super().stopService)
        return stopped.addCallback(lambda _: history.stopService() if history is not None else None)
