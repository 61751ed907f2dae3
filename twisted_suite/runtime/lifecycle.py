"""From ``makeService`` to the exit status: what `twist` or `twistd` starts, or how it ends. Adapter.

Twisted shows an operator's mistake as a traceback (``twist``), as 100 bytes of a repr (``twistd``) or as the
whole usage text. Here it is one line on standard error and an exit status, from both, at every stage:
reading options, making the service, starting it.
"""

import functools
import os
import resource
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, NoReturn, TypeVar

from twisted.application import service
from twisted.internet.defer import Deferred, succeed
from twisted.logger import (
    ILogObserver,
    LimitedHistoryLogObserver,
    LogEvent,
    Logger,
    LogLevel,
    globalLogBeginner,
)
from twisted.python import usage
from zope.interface import provider

from twisted_suite.errors import ConfigError, ExitStatus
from twisted_suite.runtime.logfiles import bound_log_files, log_connections
from twisted_suite.runtime.observed import OBSERVERS, observed
from twisted_suite.runtime.pid1 import leave_pid1
from twisted_suite.runtime.pidfile import PidFile, take_from
from twisted_suite.runtime.respawn import worker_command, workers_wanted
from twisted_suite.runtime.running import Running
from twisted_suite.runtime.steady import keep_steady
from twisted_suite.runtime.worker import Worker
from twisted_suite.runtime.workers import Workers

_log = Logger()

# What twistd reads of a daemon's word about its start (_twistd_unix._waitForStart).
STATUS_PIPE_BYTES = 100

# More than any of our limits needs; a hard limit may be a thousand million, and some libraries walk it.
MAX_DESCRIPTORS = 1 << 20

OptionsT = TypeVar("OptionsT", bound=usage.Options)


class Completed(Exception):
    """Raised out of ``startService`` by a service that has done all its work: the program ends here."""

    def __init__(self, status: ExitStatus = ExitStatus.OK) -> None:
        super().__init__(status)
        self.status = status


class ProgramOptions(usage.Options):
    """Options of a plugin: a mistake in them ends `twist` and `twistd` with one line."""

    pid_file: PidFile | None = None  # of a twistd, ours from the moment that the options are read

    def parseOptions(self, options: Any = None) -> None:
        if self.parent is not None:
            leave_pid1()
        with one_line_errors(self):
            self.parse(options)
            self.pid_file = take_from(self.parent)

    def parse(self, options: Any = None) -> None:
        """As `usage.Options.parseOptions`: raises `usage.UsageError`."""
        super().parseOptions(options)

    def parseArgs(self, *words: str) -> None:
        if words:
            raise usage.UsageError(f"{' '.join(words)!r} means nothing here: there are only options")


def program(
    make_service: Callable[[OptionsT], service.IService],
) -> Callable[[OptionsT], service.IService]:
    """Decorate a plugin's ``makeService``: what it makes becomes a `Program`.

    The undecorated function, which raises `ConfigError`, is ``makeService.__wrapped__``.
    """

    @functools.wraps(make_service)
    def make_program(options: OptionsT) -> service.IService:
        quiet_plugin_cache()
        with one_line_errors(options):
            worker = Worker.of_this_process()
            if worker is None and (count := workers_wanted(options)) > 1:
                return Program(_several(make_service, options, count), options)
            if worker is not None:
                _without_observers(options)
                options["tables"] = worker.tables
            return Program(make_service(options), options, worker)

    return make_program


def _several(
    make_service: Callable[[OptionsT], service.IService], options: OptionsT, count: int
) -> service.IService:
    """Workers in place of the service, with its metrics, summed, in this process."""
    reactor = _process_reactor(options.parent)
    if reactor is None:
        raise ConfigError("--workers: only twist and twistd can start them")
    asked = {name: options[name] for name in OBSERVERS}

    def make() -> service.IService:
        _without_observers(options)
        return make_service(options)

    own_sockets = options["worker-sockets"] == "own"
    workers: Any = Workers(make, worker_command(options.parent), count, reactor, own_sockets=own_sockets)
    return observed(workers, asked, reactor, workers.snapshots)


def _without_observers(options: usage.Options) -> None:
    """The parent of the workers has them, for all."""
    for name in OBSERVERS:
        options[name] = None


class Program(service.MultiService):
    """The one service that `twist` or `twistd` runs: whatever keeps it from starting ends the process."""

    def __init__(self, child: service.IService, options: usage.Options, worker: Worker | None = None) -> None:
        super().__init__()
        self._options = options
        self._worker = worker
        self._running: Running | None = None
        child.setServiceParent(self)

    def privilegedStartService(self) -> None:
        pid_file = getattr(self._options, "pid_file", None)
        if pid_file is not None:
            pid_file.write()  # by now this is the daemon
            if pid_file.replaced:
                _log.info(
                    "took over {path}, left by process {pid}", path=pid_file.path, pid=pid_file.replaced
                )
        with one_line_errors(self._options):
            super().privilegedStartService()

    def startService(self) -> None:
        reactor = _process_reactor(self._options.parent)
        if reactor is not None:
            keep_steady(reactor)
            raise_descriptor_limit()
            if self._worker is None and "log-size" in self._options:
                # Later: twist begins to log only after it has started its service.
                reactor.callWhenRunning(bound_log_files, self._options["log-size"], self._options["log-keep"])
        with one_line_errors(self._options):
            if self._options.get("connection-log"):
                log_connections(self._options["connection-log"])
            if self._worker is not None:
                self._worker.adopt(self, reactor)
            super().startService()
        if reactor is not None:
            self._running = Running(reactor, self, worker=self._worker)
            self._running.prepare()
            reactor.callWhenRunning(self._running.begin)

    def stopService(self) -> Deferred[Any]:
        def stop() -> Deferred[Any]:
            return _deferred(super(Program, self).stopService())

        ended = stop() if self._running is None else self._running.end(stop)
        return ended.addBoth(self._release_pid_file)

    def _release_pid_file(self, result: Any) -> Any:
        _release(self._options)
        return result


def _deferred(result: Any) -> Deferred[Any]:
    return result if isinstance(result, Deferred) else succeed(result)


def _process_reactor(runner: Any) -> Any:
    """The reactor of a process that `twist` or `twistd` has started for us, so that its signals are ours."""
    if runner is None or not {"reactor", "nodaemon"} & set(runner):
        return None
    # twist has the reactor itself among its options, twistd at most its name.
    named = runner.get("reactor")
    if named is None or isinstance(named, str):
        return import_module("twisted.internet.reactor")  # before it runs perhaps nobody has needed it yet
    return named


def quiet_plugin_cache(beginner: Any = globalLogBeginner) -> None:
    """Turn what Twisted logs of a plugin cache that it cannot write into words for debugging.

    In a read-only installation that is one or two lines at every start, and nothing that anybody should mend.
    They wait, before logging begins, in a buffer that Twisted keeps to itself.
    """
    waiting = getattr(beginner, "_initialBuffer", None)
    if isinstance(waiting, LimitedHistoryLogObserver):
        waiting.replayTo(_debug_plugin_cache)


@provider(ILogObserver)
def _debug_plugin_cache(event: LogEvent) -> None:
    if "plugin cache" in str(event.get("format", "")):
        event["log_level"] = LogLevel.debug
        event["log_format"] = event["format"] = ""  # twistd shows every level, but nothing without a text


@contextmanager
def one_line_errors(options: usage.Options) -> Iterator[None]:
    """The border between our errors and the process: each becomes one line and an exit status."""
    try:
        yield
    except usage.UsageError as error:
        command = _command(options)
        _leave(options, ExitStatus.USAGE, f"{command}: {error} (see {command} --help)")
    except ConfigError as error:
        _leave(options, error.status, f"{_command(options)}: {error}")
    except Completed as completed:
        _leave(options, completed.status, "")


def _command(options: usage.Options) -> str:
    """What was typed, such as ``twist files``."""
    runner = options.parent
    words = [os.path.basename(sys.argv[0]) or "twist"]
    if runner is not None and runner.subCommand:
        words.append(runner.subCommand)
    return " ".join(words)


def _leave(options: usage.Options, status: ExitStatus, line: str) -> NoReturn:
    """End the process, as what started it expects: `twistd` has a pid file and a parent that waits."""
    runner: Any = options.parent if options.parent is not None else {}
    if line:
        _log.error("{line}", line=line)
        print(line, file=sys.__stderr__)  # under twistd sys.stderr is already the log
    _release(options)
    _answer_parent(runner.get("statusPipe"), status, line)
    raise SystemExit(int(status))


def _answer_parent(status_pipe: int | None, status: ExitStatus, line: str) -> None:
    """Tell the `twistd` that waits for its daemon how the start went; it shows the line and exits 1."""
    if status_pipe is None:
        return
    word = b"0" if status is ExitStatus.OK else f"1 {line}".encode("ascii", "backslashreplace")
    os.write(status_pipe, word[:STATUS_PIPE_BYTES])
    os.close(status_pipe)


def _release(options: usage.Options) -> None:
    pid_file: PidFile | None = getattr(options, "pid_file", None)
    if pid_file is not None:
        pid_file.release()


def raise_descriptor_limit() -> None:
    """Let this process open as many files as the system lets it: the soft limit is often 1024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(hard, MAX_DESCRIPTORS) if hard != resource.RLIM_INFINITY else MAX_DESCRIPTORS
    if wanted > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
