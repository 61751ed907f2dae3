"""A program from the moment it serves until it has ended: signals, the service manager, reload. Adapter."""

from collections.abc import Callable, Iterable
from typing import Any, Protocol, runtime_checkable

from twisted.application.service import IService
from twisted.internet.defer import Deferred
from twisted.internet.task import LoopingCall
from twisted.logger import FileLogObserver, Logger, LogPublisher, globalLogPublisher
from twisted.python.logfile import BaseLogFile

from twisted_suite.errors import ConfigError
from twisted_suite.runtime.notify import Notifier
from twisted_suite.runtime.signals import Signals
from twisted_suite.runtime.worker import Worker


@runtime_checkable
class Reloadable(Protocol):
    """A service that can take over changed files without dropping a connection."""

    def reload(self) -> None:
        """Read again what was read at the start. Raises `ConfigError`, and then goes on as before."""


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
        self._ended: Deferred[Any] | None = None

    def begin(self) -> None:
        """All has started: take the signals, tell the service manager."""
        self._signals.install(of_worker=self._worker is not None)
        if self._worker is not None:
            self._worker.begin(self._service, self._reactor, self._parent_ended)
        self._notifier.ready("serving")
        if self._notifier.watchdog_interval_s is not None:
            self._watchdog.start(self._notifier.watchdog_interval_s)

    def end(self, stop: Callable[[], "Deferred[Any]"]) -> "Deferred[Any]":
        """Stop; fires when `stop` is done, or at a second signal."""
        self._notifier.stopping("draining")
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
        failed = 0
        for service in _reloadable(self._service):
            try:
                service.reload()
            except ConfigError as error:
                failed += 1
                self.log.error("not reloaded, going on as before: {error}", error=str(error))
        self.log.info("reloaded" if not failed else "reloaded in part")
        self._notifier.ready("serving" if not failed else "serving; the last reload failed, see the log")

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
        if self._watchdog.running:
            self._watchdog.stop()
        return result


def _reloadable(services: Iterable[IService]) -> Iterable[Reloadable]:
    for service in services:
        if isinstance(service, Reloadable):
            yield service
        elif isinstance(service, Iterable):
            yield from _reloadable(service)


def reopen_log_files(publisher: LogPublisher = globalLogPublisher) -> int:
    """Close and open the files that are logged to, for logrotate and the like; returns how many.

    `twistd` keeps its log file to itself, so it is found through the observer that writes it.
    """
    files = [_log_file(observer) for observer in publisher._observers]
    for file in files:
        if file is not None:
            file.reopen()
    return sum(file is not None for file in files)


def _log_file(observer: Any) -> BaseLogFile | None:
    while not isinstance(observer, FileLogObserver):
        inner = getattr(observer, "_observer", None)  # a filter around it
        if inner is None:
            return None
        observer = inner
    file = observer._outFile
    return file if isinstance(file, BaseLogFile) else None
