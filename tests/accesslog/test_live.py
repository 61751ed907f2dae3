"""The service that follows."""

import os
from collections.abc import Callable
from typing import Any

from twisted.internet.task import Clock

from tests.accesslog.lines import OK
from tests.accesslog.test_batch import FolderTestCase
from tests.accesslog.test_server import Later
from twisted_suite.accesslog.counting import Counting
from twisted_suite.accesslog.history import load
from twisted_suite.accesslog.live import CHECKPOINT_S, MAX_PENDING_BYTES, TICK_S, FollowService
from twisted_suite.accesslog.order import Order
from twisted_suite.accesslog.pulse import Pulse
from twisted_suite.errors import ConfigError


class Loop(Clock):
    """A reactor's clock and readers."""

    def __init__(self) -> None:
        super().__init__()
        self.readers: set[Any] = set()

    def addReader(self, reader: Any) -> None:
        self.readers.add(reader)

    def removeReader(self, reader: Any) -> None:
        self.readers.discard(reader)


class FollowServiceTests(FolderTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.later, self.loop = Later(), Loop()
        self.watched: dict[str, Callable[[], None]] = {}

    def watch(self, folder: str, wake: Callable[[], None]) -> Callable[[], None]:
        """An inotify that speaks when the test does."""
        self.watched[folder] = wake

        def stop() -> None:
            del self.watched[folder]

        return stop

    def service(self, *names: str, **words: Any) -> FollowService:
        """One that has looked at its logs once."""
        counting = Counting(Order(names, **words))
        self.addCleanup(counting.follower.close)
        service = FollowService(counting, "en", background=self.later, reactor=self.loop, watch=self.watch)
        service.startService()
        self.later.run()
        return service

    def test_wakes(self) -> None:
        """It counts when a folder has something new, and looks once a second though none has."""
        service = self.service(self.put("log"))
        self.assertEqual((service.pulse.lines, set(self.watched)), (1, {str(self.folder)}))
        self.put("log", OK + b"\n" + OK + b"\n")
        self.watched[str(self.folder)]()
        self.later.run()
        self.assertEqual(service.pulse.lines, 2)
        self.put("log", (OK + b"\n") * 3)
        self.loop.advance(TICK_S)
        self.later.run()
        self.assertEqual(service.pulse.lines, 3)

    def test_busy(self) -> None:
        """What happens while it counts is counted right after, by one thread at a time."""
        service = self.service(self.put("log"))
        service.wake()
        service.wake()
        self.put("log", OK + b"\n" + OK + b"\n")
        self.assertEqual(len(self.later.waiting), 1)
        self.later.run()
        self.assertEqual(len(self.later.waiting), 1)
        self.later.run()
        self.assertEqual((service.pulse.lines, self.later.waiting), (2, []))

    def test_tells(self) -> None:
        """Those who watch are told every second, with the rate, and at the end that it is one."""
        service = self.service(self.put("log"))
        told: list[Pulse | None] = []
        service.listeners.add(told.append)
        self.loop.advance(TICK_S)
        self.put("log", (OK + b"\n") * 11)
        self.later.run()
        self.loop.advance(TICK_S)
        self.assertEqual([pulse and pulse.lines for pulse in told], [1, 11])
        assert told[1] is not None
        self.assertEqual(told[1].lines_per_s, 10.0)
        self.later.run()
        service.stopService()
        self.assertIsNone(told[-1])

    def test_state(self) -> None:
        """The state is written now and then, and at the end."""
        service = self.service(self.put("log"), state=self.path("state"))
        self.loop.advance(CHECKPOINT_S)
        self.later.run()
        self.assertEqual(load(self.path("state")).stats.lines, 1)
        self.put("log", OK + b"\n" + OK + b"\n")
        ended = service.stopService()
        self.later.run()
        self.successResultOf(ended)
        self.assertEqual(load(self.path("state")).stats.lines, 2)
        self.assertEqual(self.watched, {})

    def test_network(self) -> None:
        """Lines that come by network are counted; too many wait with their sender, or are dropped."""
        service = self.service(self.put("log", b""))
        service.wake()
        service.push("syslog", OK + b"\n", droppable=True)
        self.assertFalse(service.full)
        service.push("syslog", b"x" * MAX_PENDING_BYTES + b"\n", droppable=False)
        service.push("syslog", OK + b"\n", droppable=True)
        self.assertEqual((service.full, service.dropped), (True, 1))
        self.later.run()
        self.later.run()
        self.assertEqual((service.pulse.ok, service.pulse.invalid, service.full), (1, 1, False))
        self.assertIn("twisted_suite_accesslog_dropped", {family.name for family in service.collect()})

    def test_pipe(self) -> None:
        """It waits for a pipe without asking it again and again."""
        os.mkfifo(self.path("fifo"))
        service = self.service(self.path("fifo"))
        (reader,) = self.loop.readers
        with open(self.path("fifo"), "wb") as file:
            file.write(OK + b"\n")
        reader.doRead()
        self.assertEqual(self.loop.readers, set())
        self.later.run()
        self.assertEqual((service.pulse.lines, len(self.loop.readers)), (1, 1))

    def test_report(self) -> None:
        """A report is made when somebody asks, and not again at once."""
        service = self.service(self.put("log"))
        self.assertIsNone(service.reading)
        service.refresh()
        self.later.run()
        first = service.reading
        assert first is not None
        self.assertIn(b"Lines: 1 ", first.documents["text"])
        service.refresh()
        self.assertEqual(self.later.waiting, [])

    def test_failing(self) -> None:
        """What cannot be written is said in the log, and following goes on."""
        service = self.service(self.put("log"), state=self.path("no/state"))
        self.loop.advance(CHECKPOINT_S)
        self.later.run()
        self.assertIn("no/state: No such file or directory", service.error or "")
        self.loop.advance(TICK_S)
        self.assertEqual(len(self.later.waiting), 1)

    def test_mistakes(self) -> None:
        """A log in no folder keeps it from starting."""
        service = FollowService(
            Counting(Order([self.path("no/log")])), "en", background=self.later, reactor=self.loop
        )
        self.assertRaises(ConfigError, service.startService)
