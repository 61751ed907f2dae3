"""One worker process as its parent sees it, from its start to its end. Adapter."""

import json
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ProcessExitedAlready
from twisted.internet.protocol import ProcessProtocol
from twisted.logger import Logger, LogLevel, eventFromJSON, globalLogPublisher
from twisted.python.failure import Failure

from twisted_suite.runtime.tally import Snapshot

STDIN, STDOUT, STDERR, SAY = range(4)
# A line that a worker prints and does not end is cut here.
MAX_LINE_BYTES = 1 << 20
# A record of twist's JSON log begins with this (RFC 7464).
_RECORD_SEPARATOR = "\x1e"


class WorkerProcess(ProcessProtocol):
    """Hears what a worker says, logs what it logs, and passes on signals."""

    log = Logger()

    def __init__(self, name: str, clock: Any) -> None:
        self.name = name
        self.snapshots: list[Snapshot] = []
        self.ready: Deferred[None] = Deferred()
        self.ended: Deferred[str] = Deferred()  # fires with how it ended
        self.accepts = False  # it has said that it is ready
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
        *lines, rest = (self._unfinished[childFD] + data).split(b"\n")
        if len(rest) > MAX_LINE_BYTES:
            lines.append(rest)
            rest = b""
        self._unfinished[childFD] = rest
        tell: Callable[[bytes], None] = self._hear if childFD == SAY else self._log
        for line in lines:
            tell(line)

    def _hear(self, line: bytes) -> None:
        message = json.loads(line)
        if "snapshot" in message:
            self.snapshots = [Snapshot.from_json(value) for value in message["snapshot"]]
        elif not self.accepts:
            self.accepts = True
            self.ready.callback(None)

    def _log(self, line: bytes) -> None:
        """What the worker has logged, with its time and level, becomes part of our log."""
        text = line.decode("utf-8", "replace").removeprefix(_RECORD_SEPARATOR)
        try:
            event = eventFromJSON(text)
        except ValueError:  # something that was printed
            self.log.info("worker {worker}: {line}", worker=self.name, line=text)
            return
        level = event.get("log_level") or LogLevel.info
        system = event.get("log_system") or f"{event.get('log_namespace', '-')}#{level.name}"
        ours = {"worker": self.name, "log_level": level, "log_system": f"worker {self.name}: {system}"}
        globalLogPublisher({**event, **ours})

    def processEnded(self, reason: Failure) -> None:
        if not self.accepts and not self.ready.called:  # it may have been given up waiting for
            self.ready.errback(reason)
        self.ended.callback(reason.getErrorMessage())
