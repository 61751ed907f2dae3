"""A program from the moment it serves until it has ended: signals, the service manager, reload. Adapter."""

from collections.abc import Callable, Iterable
from typing import Any, Protocol, runtime_checkable

from twisted.application.service import IService, MultiService
from twisted.internet.defer import Deferred, DeferredList, maybeDeferred
from twisted.internet.task import LoopingCall
from twisted.logger import Logger

from twisted_suite.errors import ConfigError
from twisted_suite.runtime.logfiles import reopen_log_files
from twisted_suite.runtime.metrics import owners_below
from twisted_suite.runtime.notify import Notifier
from twisted_suite.runtime.signals import Signals
from twisted_suite.runtime.tally import Snapshot, summary
from twisted_suite.runtime.worker import Worker
from twisted_suite.runtime.workers import Workers

# How often the service manager is told how many connections there are.
STATUS_INTERVAL_S = 5.0


@runtime_checkable
class Reloadable(Protocol):
    """A service that can take over changed files without dropping a connection."""

    def reload(self) -> "Deferred[None] | None":
        """Read again what was read at the start.

        A Deferred fires when all is as it was read. Fails with `ConfigError`, and then goes on as before.
        """


class Running:
    """What `twist` and `twistd` lack around a service, while it runs."""

    log = Logger()

    def __init__(
        self,
        reactor: Any,
        service: Iterable[IService],
        notifier: Notifier | None = None,
        worker: Worker | None = None,
    ) -> None:
        self._reactor = reactor
        self._service = service
        self._worker = worker
        self._notifier = notifier or Notifier()
        self._signals = Signals(reactor, reload=self.reload, now=self._now)
        self._watchdog = LoopingCall(self._notifier.alive)
        self._watchdog.clock = reactor
        self._status = LoopingCall(self._tell_status)
        self._status.clock = reactor
        self._state = "serving"
        self._told = ""
        self._ended: Deferred[Any] | None = None

    def prepare(self) -> None:
        """The services have started, the reactor does not run yet."""
        self._signals.install_early()

    def begin(self) -> None:
        """All has started: take the signals, tell the service manager."""
        self._signals.install(of_worker=self._worker is not None)
        if self._worker is not None:
            self._worker.begin(self._service, self._reactor, self._parent_ended)
        self.log.info("serving")  # from here on signals mean what they should
        accepting = [workers.accepting() for workers in _workers_below(self._service)]
        DeferredList(accepting).addCallback(self._all_accept)
        if self._notifier.watchdog_interval_s is not None:
            self._watchdog.start(self._notifier.watchdog_interval_s)
        if self._notifier.is_heard:
            self._status.start(STATUS_INTERVAL_S, now=False)

    def _all_accept(self, _: Any) -> None:
        if self._ended is None:
            self._notifier.ready(self._state)

    def end(self, stop: Callable[[], "Deferred[Any]"]) -> "Deferred[Any]":
        """Stop; fires when `stop` is done, or at a second signal."""
        self._state = "draining"
        self._notifier.stopping(self._state)
        ended: Deferred[Any] = Deferred()
        self._ended = ended

        def stopped(result: Any) -> None:
            if not ended.called:  # by a second signal
                ended.callback(result)

        stop().addBoth(stopped)
        return ended.addBoth(self._finish)

    def reload(self) -> None:
        """Open the log files anew, and have every service that can read its files again."""
        self._notifier.reloading()
        reopen_log_files()
        results = [maybeDeferred(service.reload) for service in _reloadable(self._service)]
        DeferredList(results, consumeErrors=True).addCallback(self._reloaded)

    def _reloaded(self, results: list[tuple[bool, Any]]) -> None:
        failures = [failure for done, failure in results if not done]
        for failure in failures:
            if failure.check(ConfigError):
                self.log.error("not reloaded, going on as before: {error}", error=str(failure.value))
            else:
                self.log.failure("reloading", failure)
        if self._ended is not None:
            return
        self.log.info("reloaded" if not failures else "reloaded in part")
        self._state = "serving" if not failures else "serving; the last reload failed, see the log"
        self._notifier.ready(self._state)
        self._told = self._state

    def _tell_status(self) -> None:
        """For ``systemctl status``: what it does, and for how many; not the same twice."""
        status = f"{self._state}: {summary(_snapshots(self._service))}"
        if status != self._told:
            self._told = status
            self._notifier.status(status)

    def _parent_ended(self) -> None:
        """A worker's parent has gone, perhaps killed: nobody would end us, or wait for us."""
        if self._ended is None:
            self._reactor.stop()
        else:
            self._now()

    def _now(self) -> None:
        if self._ended is not None and not self._ended.called:
            self.log.warn("second signal: ending now, without waiting for open connections")
            self._ended.callback(None)

    def _finish(self, result: Any) -> Any:
        self._signals.restore()
        for telling in (self._watchdog, self._status):
            if telling.running:
                telling.stop()
        return result


def _snapshots(services: Iterable[Any]) -> list[Snapshot]:
    """The figures of all services below, in this process and in its workers."""
    found = [owner.snapshot() for owner in owners_below(services)]
    for workers in _workers_below(services):
        found += [snapshot for figures in workers.snapshots().values() for snapshot in figures]
    return found


def _workers_below(services: Iterable[Any]) -> Iterable[Workers]:
    for service in services:
        if isinstance(service, Workers):
            yield service
        elif isinstance(service, MultiService):
            yield from _workers_below(service)


def _reloadable(services: Iterable[IService]) -> Iterable[Reloadable]:
    for service in services:
        if isinstance(service, Reloadable):
            yield service
        if isinstance(service, Iterable):
            yield from _reloadable(service)
