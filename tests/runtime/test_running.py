"""A running program, with a clock, and a manager that keeps what it hears."""

from typing import Any

from twisted.application.service import MultiService, Service
from twisted.internet.defer import Deferred
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock
from twisted.internet.testing import EventLoggingObserver
from twisted.logger import formatEvent, globalLogPublisher
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.errors import ConfigError
from twisted_suite.runtime.connections import Connections
from twisted_suite.runtime.limits import ConnectionLimits
from twisted_suite.runtime.notify import Notifier
from twisted_suite.runtime.running import STATUS_INTERVAL_S, Running
from twisted_suite.runtime.workers import Workers


class _Manager(Notifier):
    """Keeps what would be sent."""

    def __init__(self, watchdog_interval_s: float | None) -> None:
        super().__init__({})
        self.watchdog_interval_s = watchdog_interval_s
        self.is_heard = True
        self.heard: list[str] = []

    def _send(self, message: str) -> None:
        self.heard.append(message.partition("\n")[0])


class _Files(Service):
    """A service that reads its files again."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.result: Deferred[None] | None = None
        self.reloads = 0

    def reload(self) -> Deferred[None] | None:
        self.reloads += 1
        if self.error is not None:
            raise self.error
        return self.result


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

    def test_the_manager_hears_how_many_there_are(self) -> None:
        """`systemctl status` shows what it does and for how many, told when that changes and only then."""
        limits = ConnectionLimits(max_connections=1)
        owner = Connections(Factory.forProtocol(Protocol), "service", limits, Clock())
        listener: Any = Service()
        listener.connections = owner
        running = self.running(listener)
        running.begin()
        owner.admission.admit(None)
        owner.admission.admit(None)
        self.clock.pump([STATUS_INTERVAL_S] * 3)
        told = "STATUS=serving: 0 connections open, 0 ended, 1 refused"
        self.assertEqual(self.manager.heard, ["READY=1", told])
        stopped: Deferred[Any] = Deferred()
        running.end(lambda: stopped)
        self.clock.advance(STATUS_INTERVAL_S)
        self.assertTrue(self.manager.heard[-1].startswith("STATUS=draining: 0 connections open"))
        stopped.callback(None)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_ready_when_all_workers_accept(self) -> None:
        """The service manager is told only then, and not when it is stopped before."""
        for stopped_before in (False, True):
            workers: Any = Workers(Service, ["run"], 0, Clock())
            accepting = workers.accepting = Deferred()
            workers.accepting = lambda accepting=accepting: accepting
            running = self.running(workers)
            running.begin()
            self.assertEqual(self.manager.heard, [])
            if stopped_before:
                running.end(Deferred)
            accepting.callback(None)
            self.assertEqual(self.manager.heard, ["STOPPING=1" if stopped_before else "READY=1"])

    def test_ready_again_when_the_reload_is_done(self) -> None:
        """A service whose reload takes time is waited for; what goes wrong in it is told."""
        log = EventLoggingObserver.createWithCleanup(self, globalLogPublisher)  # type: ignore[arg-type]
        slow, going = _Files(), Deferred[None]()
        slow.result = going
        running = self.running(slow)
        running.reload()
        self.assertEqual(self.manager.heard, ["RELOADING=1"])
        going.errback(Failure(ConfigError("a new worker did not come up")))
        self.assertEqual(self.manager.heard, ["RELOADING=1", "READY=1"])
        self.assertIn("a new worker did not come up", formatEvent(log[0]) or "")

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
