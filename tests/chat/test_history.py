"""A history in a real file, under a real exchange."""

import sqlite3
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.trial.unittest import TestCase

from tests.chat.test_exchange import FakePeer, Plain
from twisted_suite.chat import commands as c
from twisted_suite.chat import replies as r
from twisted_suite.chat.events import Said
from twisted_suite.chat.exchange import Exchange
from twisted_suite.chat.history import History, Kept
from twisted_suite.chat.hub import Hub
from twisted_suite.chat.log import Position
from twisted_suite.errors import ConfigError


class Hearing(FakePeer):
    """A peer that remembers what it is told."""

    def __init__(self) -> None:
        super().__init__(Plain())
        self.told: list[Any] = []

    def tell(self, events: tuple[r.Reply, ...]) -> None:
        self.told += events


class HistoryTests(TestCase):
    def setUp(self) -> None:
        from twisted.internet import reactor

        self.reactor: Any = reactor
        self.path = str(Path(self.mktemp()))

    def run_chat(self, **options: Any) -> tuple[Exchange, History, Hearing]:
        """A chat that has begun, with one who talks in it."""
        exchange = Exchange(Hub(), self.reactor)
        history = History(self.path, exchange, reactor=self.reactor, **options)
        history.startService()
        kim = Hearing()
        exchange.handle(kim.session, c.Connect())
        exchange.handle(kim.session, c.Login("kim"))
        return exchange, history, kim

    def say(self, exchange: Exchange, peer: Hearing, *texts: str) -> None:
        for text in texts:
            exchange.handle(peer.session, c.Say(text))
        exchange.execute(exchange.hub.flush(self.reactor.seconds()))

    def kept(self, exchange: Exchange) -> list[str]:
        log = exchange.hub.house.default_room.log
        return [each.event.text for each in log.last(1000) if isinstance(each.event, Said)]

    async def _goes_on(self) -> None:
        exchange, history, kim = self.run_chat()
        self.say(exchange, kim, "하나", "둘")
        log = exchange.hub.house.default_room.log
        epoch, end = log.epoch, log.end
        await history.stopService()
        exchange, history, lee = self.run_chat()
        log = exchange.hub.house.default_room.log
        self.assertEqual((log.epoch, self.kept(exchange)), (epoch, ["하나", "둘"]))
        self.assertEqual(log.end, end + 1)  # kim came again
        ids = {each.event.who.id for each in log.last(1000) if isinstance(each.event, Said)}
        self.assertEqual(ids, {0})  # nobody who is here said it
        exchange.handle(lee.session, c.Join("lobby", since=Position(epoch, end)))
        self.say(exchange, lee, "셋")
        self.assertEqual(self.kept(exchange)[-1], "셋")
        await history.stopService()

    def test_goes_on(self) -> "Deferred[None]":
        """After an orderly end a room goes on under its epoch, with its numbers and what was said."""
        return Deferred.fromCoroutine(self._goes_on())

    async def _crash(self) -> None:
        exchange, history, kim = self.run_chat()
        self.say(exchange, kim, "kept")
        epoch = exchange.hub.house.default_room.log.epoch
        await self._written(history)
        history._pool.close()  # the process is gone: nobody notes an end
        history._forgetting.stop()
        exchange, history, _ = self.run_chat()
        self.assertEqual(self.kept(exchange), ["kept"])
        self.assertNotEqual(exchange.hub.house.default_room.log.epoch, epoch)
        await history.stopService()

    async def _written(self, history: History) -> None:
        while history._writing or history._waiting:
            await deferLater(self.reactor, 0.01)

    def test_crash(self) -> "Deferred[None]":
        """After a crash what was written is there, under another epoch: some of it may be missing."""
        return Deferred.fromCoroutine(self._crash())

    async def _older(self) -> None:
        exchange, history, kim = self.run_chat()
        for start in range(0, 1500, 250):
            self.say(exchange, kim, *map(str, range(start, start + 250)))
        await self._written(history)
        log = exchange.hub.house.default_room.log
        self.assertGreater(log.first, 300)
        kim.told.clear()
        exchange.handle(kim.session, c.Recount(100, before=log.first))
        for _ in range(1000):
            if kim.told:
                break
            await deferLater(self.reactor, 0.01)
        (told,) = kim.told
        self.assertEqual([each.number for each in told.events], list(range(log.first - 100, log.first)))
        self.assertEqual(told.epoch, log.epoch)
        await history.stopService()

    def test_older(self) -> "Deferred[None]":
        """What is no longer in memory is read from the file."""
        return Deferred.fromCoroutine(self._older())

    async def _search(self) -> None:
        exchange, history, kim = self.run_chat()
        self.say(exchange, kim, "내일은 비빔밥을 먹자", "아니", "비빔밥 좋지")
        await self._written(history)
        found = await history.search("lobby", "빔밥")
        self.assertEqual([each["text"] for each in found], ["비빔밥 좋지", "내일은 비빔밥을 먹자"])
        self.assertEqual(await history.search("other", "빔밥"), [])
        self.assertEqual(await history.search("lobby", '"'), [])
        await history.stopService()

    def test_search(self) -> "Deferred[None]":
        """Parts of Korean words are found, the newest first, in that room only."""
        return Deferred.fromCoroutine(self._search())

    async def _forgets(self) -> None:
        exchange, history, kim = self.run_chat(keep_events=3)
        self.say(exchange, kim, *map(str, range(10)))
        await self._written(history)
        await history._forget()
        await history.stopService()
        with sqlite3.connect(self.path) as database:
            (events,) = database.execute("SELECT count(*) FROM event").fetchone()
            (indexed,) = database.execute("SELECT count(*) FROM said").fetchone()
        self.assertEqual((events, indexed), (3, 3))

    def test_forgets(self) -> "Deferred[None]":
        """What is more than should be kept is deleted, from the index too."""
        return Deferred.fromCoroutine(self._forgets())

    def test_mistakes(self) -> None:
        """A file that cannot be a history is one clear error."""
        Path(self.path).write_text("no database " * 100)
        for path, fault in ((self.path, "not a database"), (str(Path(self.path).parent), "unable to open")):
            error = self.assertRaises(
                ConfigError, History(path, Exchange(Hub(), self.reactor), reactor=self.reactor).startService
            )
            self.assertIn(f"--history {path}: ", str(error))
            self.assertIn(fault, str(error))

    async def _another_version(self) -> None:
        _, history, _ = self.run_chat()
        await history.stopService()
        with sqlite3.connect(self.path) as database:
            database.execute("UPDATE meta SET value = 99 WHERE name = 'version'")
        error = self.assertRaises(ConfigError, self.run_chat)
        self.assertIn("version 99", str(error))

    def test_another_version(self) -> "Deferred[None]":
        """A file of a later version is left alone."""
        return Deferred.fromCoroutine(self._another_version())

    async def _kept(self) -> None:
        exchange = Exchange(Hub(), self.reactor)
        kept = Kept(History(self.path, exchange, reactor=self.reactor))
        kept.startService()
        self.assertTrue(exchange.hub.house.has_archive)
        await kept.stopService()
        with sqlite3.connect(self.path) as database:
            ((ended,),) = database.execute("SELECT value FROM meta WHERE name = 'ended'").fetchall()
        self.assertEqual(ended, 1)

    def test_kept(self) -> "Deferred[None]":
        """The history begins before the services over it and ends after them."""
        return Deferred.fromCoroutine(self._kept())
