"""Several processes for one service, on shared sockets. Adapter: when to try again is `supervision`'s.

The parent binds every socket and accepts nothing, so a queue of connections never belongs to a worker that
may go. A worker that dies is replaced; a reload starts a new one, waits until it is ready, and lets the old
one drain: nobody is refused on the way.
"""

import json
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

from twisted.application import service
from twisted.internet.defer import Deferred, DeferredList, ensureDeferred
from twisted.internet.error import CannotListenError, ProcessExitedAlready
from twisted.internet.protocol import ProcessProtocol
from twisted.logger import Logger, LogLevel, eventFromJSON, globalLogPublisher
from twisted.python.failure import Failure

from twisted_suite.errors import ConfigError, ExitStatus
from twisted_suite.runtime.inherit import hold, identity, listening_below, systemd_environment
from twisted_suite.runtime.supervision import Backoff
from twisted_suite.runtime.tally import Snapshot
from twisted_suite.runtime.worker import ENVIRONMENT_VARIABLE

# How long a new worker may take until it accepts: it imports everything anew, perhaps on a busy machine.
READY_TIMEOUT_S = 60.0
STDIN, STDOUT, STDERR, SAY, FIRST_SOCKET = 0, 1, 2, 3, 4
# A record of twist's JSON log begins with this (RFC 7464).
_RECORD_SEPARATOR = "\x1e"


class WorkerProcess(ProcessProtocol):
    """One child, from its start to its end."""

    log = Logger()

    def __init__(self, name: str, clock: Any) -> None:
        self.name = name
        self.snapshots: list[Snapshot] = []
        self.ready: Deferred[None] = Deferred()
        self.ended: Deferred[str] = Deferred()  # fires with how it ended
        self.retired = False  # it was asked to end
        self._clock = clock
        self._started = clock.seconds()
        self._unfinished: dict[int, bytes] = {STDOUT: b"", STDERR: b"", SAY: b""}

    def lived_s(self) -> float:
        """Seconds since its start."""
        lived: float = self._clock.seconds() - self._started
        return lived

    def retire(self) -> None:
        """Ask it to drain and end."""
        self.retired = True
        self._signal("TERM")

    def kill(self) -> None:
        """End it now."""
        self.retired = True
        self._signal("KILL")

    def _signal(self, name: str) -> None:
        try:
            self.transport.signalProcess(name)  # type: ignore[union-attr]  # spawned
        except ProcessExitedAlready:
            return

    def childDataReceived(self, childFD: int, data: bytes) -> None:
        *lines, self._unfinished[childFD] = (self._unfinished[childFD] + data).split(b"\n")
        for line in lines:
            (self._hear if childFD == SAY else self._log)(line)

    def _hear(self, line: bytes) -> None:
        message = json.loads(line)
        if "snapshot" in message:
            self.snapshots = [Snapshot.from_json(value) for value in message["snapshot"]]
        elif not self.ready.called:
            self.ready.callback(None)

    def _log(self, line: bytes) -> None:
        """What the worker has logged, with its time and level, becomes part of our log."""
        text = line.decode("utf-8", "replace").removeprefix(_RECORD_SEPARATOR)
        try:
            event = eventFromJSON(text)
        except ValueError:  # something that was printed
            self.log.info("worker {worker}: {line}", worker=self.name, line=text)
            return
        globalLogPublisher(
            {**event, "worker": self.name, "log_level": event.get("log_level") or LogLevel.info}
        )

    def processEnded(self, reason: Failure) -> None:
        if not self.ready.called:
            self.ready.errback(reason)
        self.ended.callback(reason.getErrorMessage())


class Workers(service.Service):
    """Keeps `count` workers of one service alive.

    `make` makes the service, unstarted, as its configuration is now; `command` starts a worker of it.
    """

    log = Logger()

    def __init__(
        self, make: Callable[[], service.IService], command: Sequence[str], count: int, reactor: Any
    ) -> None:
        self._make = make
        self._command = command
        self._reactor = reactor
        self._template = make()
        self._refuse_single(self._template)
        self._held: dict[
            tuple[Any, ...], Any
        ] = {}  # sockets by what they listen at, in the order of the tree
        self._slots: list[WorkerProcess | None] = [None] * count
        self._backoffs = [Backoff() for _ in range(count)]
        self._alive: set[WorkerProcess] = set()
        self._ended_totals: list[Snapshot] = []
        self._rolling: Deferred[None] | None = None

    @staticmethod
    def _refuse_single(template: Any) -> None:
        for each in _tree(template):
            reason = getattr(each, "one_process", None)
            if getattr(each, "one_shot", False):
                reason = "it does its work and ends, in one process"
            if reason:
                raise ConfigError(f"--workers: {reason}")

    def privilegedStartService(self) -> None:
        super().privilegedStartService()
        self._bind(self._template)

    def startService(self) -> None:
        super().startService()
        if not self._held:
            self._bind(self._template)
        for index in range(len(self._slots)):
            self._replace(index)

    def stopService(self) -> Deferred[Any]:
        """Listen no more, have every worker drain; fires when the last has ended."""
        super().stopService()
        for port in self._held.values():
            port.stopListening()
        for worker in tuple(self._alive):
            worker.retire()
        return DeferredList([worker.ended for worker in self._alive])

    def reload(self) -> None:
        """Start new workers, with the configuration and code as they are now, and let the old ones drain."""
        if self._rolling is not None:
            raise ConfigError("a reload is under way")
        template = self._make()
        self._refuse_single(template)
        before = dict(self._held)
        self._bind(template)
        self._template = template
        self._rolling = ensureDeferred(self._roll(before))

    def snapshots(self) -> dict[str, list[Snapshot]]:
        """The figures of every worker that lives, and the totals of those that have ended."""
        by_worker = {f"{worker.name}": worker.snapshots for worker in self._alive}
        return {**by_worker, "ended": self._ended_totals}

    def _bind(self, template: Any) -> None:
        """Hold a socket for everything that `template` listens at: those that we have, and new ones."""
        held = {}
        for each in listening_below([template]):
            key = identity(each)
            try:
                held[key] = self._held.get(key) or hold(each, self._reactor)
            except CannotListenError as error:
                raise ConfigError(
                    f"cannot listen on {error.interface or ''}:{error.port}: {error.socketError.strerror}",
                    ExitStatus.UNAVAILABLE,
                ) from error
        self._held = held

    def _spawn(self, index: int) -> WorkerProcess:
        worker = WorkerProcess(str(index), self._reactor)
        sockets = [port.fileno() for port in self._held.values()]
        listen = list(range(FIRST_SOCKET, FIRST_SOCKET + len(sockets)))
        environ = {name: value for name, value in os.environ.items() if name not in _OURS_ALONE}
        environ.update(systemd_environment())
        environ[ENVIRONMENT_VARIABLE] = json.dumps({"say": SAY, "listen": listen})
        pipes: dict[int, Any] = {STDIN: "w", STDOUT: "r", STDERR: "r", SAY: "r"}
        self._reactor.spawnProcess(
            worker,
            self._command[0],
            self._command,
            env=environ,
            childFDs={**pipes, **dict(zip(listen, sockets, strict=True))},
        )
        self._alive.add(worker)
        worker.ended.addCallback(self._buried, index, worker)
        return worker

    def _replace(self, index: int) -> None:
        if self.running:
            worker = self._slots[index] = self._spawn(index)
            worker.ready.addErrback(lambda failure: None)  # its end is told where all ends are

    def _buried(self, reason: str, index: int, worker: WorkerProcess) -> str:
        self._alive.discard(worker)
        self._ended_totals = _added(self._ended_totals, worker.snapshots)
        if self._slots[index] is worker and not worker.retired and self.running:
            delay_s = self._backoffs[index].delay_s(worker.lived_s())
            self.log.error(
                "worker {worker} has died ({reason}); another starts in {delay_s:g} s",
                worker=worker.name,
                reason=reason,
                delay_s=delay_s,
            )
            self._reactor.callLater(delay_s, self._replace, index)
        return reason

    async def _roll(self, before: dict[tuple[Any, ...], Any]) -> None:
        """Replace one worker after another; when one does not come up, the old ones that are left stay."""
        try:
            for index, old in enumerate(self._slots):
                new = self._spawn(index)
                try:
                    await new.ready.addTimeout(READY_TIMEOUT_S, self._reactor)
                except Exception as error:
                    new.kill()
                    self.log.error(
                        "not reloaded: a new worker did not come up ({error}); the old ones go on",
                        error=str(error),
                    )
                    return
                self._slots[index] = new
                if old is not None:
                    old.retire()
            for key, port in before.items():
                if key not in self._held:
                    port.stopListening()
            self.log.info("reloaded: {count} new workers", count=len(self._slots))
        finally:
            self._rolling = None


# What systemd tells the parent is not the workers' to answer.
_OURS_ALONE = frozenset({"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"})
# ``python -m twisted``, where systemd's endpoints find the names of its sockets: they are told to one process
# only, by its number, which nobody knows before it runs.
_TWIST = (
    "import os, runpy; os.environ['LISTEN_PID'] = str(os.getpid()); "
    "runpy.run_module('twisted', run_name='__main__')"
)


def _tree(root: Any) -> Any:
    yield root
    if isinstance(root, service.MultiService):
        for child in root:
            yield from _tree(child)


def _added(totals: list[Snapshot], snapshots: Sequence[Snapshot]) -> list[Snapshot]:
    from_ended = {snapshot.service: snapshot for snapshot in totals}
    for snapshot in snapshots:
        from_ended.setdefault(snapshot.service, Snapshot(snapshot.service)).add(snapshot.closed())
    return list(from_ended.values())


def workers_wanted(options: Any) -> int:
    """How many processes ``--workers`` asks for; 0 there means one for each processor that we may use."""
    wanted: int = options.get("workers", 1)
    return wanted or len(os.sched_getaffinity(0))


def worker_command(runner: Any) -> list[str]:
    """The command that starts a worker: what was typed, run by ``twist`` with a log that we can read."""
    words = sys.argv[sys.argv.index(runner.subCommand) :]
    level = runner.get("logLevel")
    options = [f"--log-level={level.name}"] if level is not None else []
    reactor = runner.get("reactorName") or (
        runner["reactor"] if isinstance(runner.get("reactor"), str) else None
    )
    if reactor:
        options.append(f"--reactor={reactor}")
    return [sys.executable, "-c", _TWIST, "--log-format=json", *options, *words]
