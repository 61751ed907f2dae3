"""A running program, with a clock, and a manager that keeps what it hears."""

from pathlib import Path
from typing import Any

from twisted.application.service import MultiService, Service
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.internet.testing import EventLoggingObserver
from twisted.logger import (
    FilteringLogObserver,
    Logger,
    LogLevel,
    LogLevelFilterPredicate,
    LogPublisher,
    formatEvent,
    globalLogPublisher,
    textFileLogObserver,
)
from twisted.python.logfile import LogFile
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.errors import ConfigError
from twisted_suite.runtime.notify import Notifier
from twisted_suite.runtime.running import Running, reopen_log_files


class _Manager(Notifier):
    """Keeps what would be sent."""

    def __init__(self, watchdog_interval_s: float | None) -> None:
        super().__init__({})
        self.watchdog_interval_s = watchdog_interval_s
        self.heard: list[str] = []

    def _send(self, message: str) -> None:
        self.heard.append(message.partition("\n")[0])


class _Files(Service):
    """A service that reads its files again."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.reloads = 0

    def reload(self) -> None:
        self.reloads += 1
        if self.error is not None:
            raise self.error


class RunningTests(SynchronousTestCase):
    def running(self, *services: Any, watchdog_interval_s: float | None = None) -> Running:
        self.clock = Clock()
        self.manager = _Manager(watchdog_interval_s)
        root = MultiService()
        for service in services:
            service.setServiceParent(root)
        tree: Any = root
        running = Running(self.clock, tree, self.manager)
        self.addCleanup(running._signals.restore)
        return running

    def test_the_manager_is_told(self) -> None:
        """Ready when it serves, stopping when it stops; the end waits for what is stopped."""
        running = self.running()
        running.begin()
        stopped: Deferred[Any] = Deferred()
        ended = running.end(lambda: stopped)
        self.assertEqual(self.manager.heard, ["READY=1", "STOPPING=1"])
        self.assertNoResult(ended)
        stopped.callback(None)
        self.successResultOf(ended)

    def test_the_watchdog_is_fed_until_the_end(self) -> None:
        """While it runs, draining included, it says that it lives; then no timer is left."""
        running = self.running(watchdog_interval_s=2.0)
        running.begin()
        stopped: Deferred[Any] = Deferred()
        ended = running.end(lambda: stopped)
        self.clock.pump([2, 2])
        self.assertEqual(self.manager.heard.count("WATCHDOG=1"), 3)
        stopped.callback(None)
        self.successResultOf(ended)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_now_does_not_wait(self) -> None:
        """A second signal ends it although something is still open; its later end changes nothing."""
        running = self.running()
        running.begin()
        running._now()  # before anything stops it means nothing
        stopped: Deferred[Any] = Deferred()
        ended = running.end(lambda: stopped)
        running._now()
        self.successResultOf(ended)
        stopped.callback(None)
        running._now()

    def test_reload_reaches_every_service_that_can(self) -> None:
        """Reload goes to all that can, however deep; one that fails keeps no other from it."""
        log = EventLoggingObserver.createWithCleanup(self, globalLogPublisher)  # type: ignore[arg-type]
        deep, failing, last = _Files(), _Files(ConfigError("no such key")), _Files()
        parent = MultiService()
        child: Any = deep
        child.setServiceParent(parent)
        running = self.running(parent, Service(), failing, last)
        running.reload()
        self.assertEqual((deep.reloads, failing.reloads, last.reloads), (1, 1, 1))
        self.assertEqual(self.manager.heard, ["RELOADING=1", "READY=1"])
        self.assertEqual(
            [formatEvent(event) for event in log],
            ["not reloaded, going on as before: no such key", "reloaded in part"],
        )


class ReopenTests(SynchronousTestCase):
    def test_a_rotated_file_is_left_alone(self) -> None:
        """After a rotation from outside, what is logged goes to a new file, through filters too."""
        path = Path(self.mktemp()).absolute()
        file = LogFile.fromFullPath(str(path))
        self.addCleanup(file.close)
        plain = textFileLogObserver(file)
        observer = FilteringLogObserver(plain, [LogLevelFilterPredicate(LogLevel.info)])
        publisher = LogPublisher(observer, EventLoggingObserver())
        log = Logger(observer=publisher)
        log.info("before")
        path.rename(path.with_suffix(".1"))
        self.assertEqual(reopen_log_files(publisher), 1)
        log.info("after")
        self.assertIn("before", path.with_suffix(".1").read_text())
        self.assertNotIn("before", path.read_text())
        self.assertIn("after", path.read_text())

    def test_nothing_to_reopen(self) -> None:
        """Logging to a terminal or a pipe has no file to open anew."""
        self.assertEqual(reopen_log_files(LogPublisher(EventLoggingObserver())), 0)
