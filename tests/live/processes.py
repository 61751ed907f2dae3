"""Child processes of the live tests: started through the reactor, watched by their words and their end."""

import os
import re
import select
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.internet.protocol import ProcessProtocol
from twisted.internet.task import LoopingCall
from twisted.python.failure import Failure

from tests.support import ROOT

# How long a child may take to do what is expected of it: a start on a busy machine takes seconds.
PATIENCE_S = 40.0
# How often a condition that nobody reports is looked at.
LOOK_S = 0.05

# Run by this interpreter and from beside it, so that no virtual environment needs to be active.
TWIST = (sys.executable, str(Path(sys.executable).with_name("twist")))
TWISTD = (sys.executable, str(Path(sys.executable).with_name("twistd")))
TWISTED_SUITE = (sys.executable, "-m", "twisted_suite")

STDOUT, STDERR = 1, 2
_STREAM_NAMES = {STDOUT: "stdout", STDERR: "stderr"}
# What Twisted logs when a port is up: a number for TCP, a quoted path for a Unix socket.
_LISTENING = r"Connections\b.* starting on '?([^'\n]+)"


def environment() -> dict[str, str]:
    """What children get: ours, the checkout's code, output without delay and in UTF-8."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"}


def free_port() -> int:
    """A TCP port that nobody uses now, for what cannot say which port the system chose for it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port


async def until(condition: Callable[[], Any], what: str, reactor: Any) -> Any:
    """Look until `condition()` is true, and return what it was; fail when it never is."""
    found: list[Any] = []

    def look() -> None:
        value = condition()
        if value:
            found.append(value)
            loop.stop()

    loop = LoopingCall(look)
    loop.clock = reactor
    looking = loop.start(LOOK_S)
    overdue = reactor.callLater(PATIENCE_S, loop.stop)
    try:
        await looking
    finally:
        if overdue.active():
            overdue.cancel()
    assert found, f"not within {PATIENCE_S:g} s: {what}"
    return found[0]


class Child(ProcessProtocol):
    """One child process. Each wait fails with all that it printed when it ends instead, or takes too long."""

    def __init__(self, command: str, reactor: Any) -> None:
        self.command = command
        self.status: int | None = None  # once it has ended; minus the signal's number when one ended it
        self._reactor = reactor
        self._output = {STDOUT: bytearray(), STDERR: bytearray()}
        self._waiting: list[tuple[Callable[[], Any], Deferred[Any]]] = []

    @property
    def stdout(self) -> str:
        """All that it printed on standard output so far."""
        return self._output[STDOUT].decode(errors="replace")

    @property
    def stderr(self) -> str:
        """All that it printed on standard error so far."""
        return self._output[STDERR].decode(errors="replace")

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self.status is None, self.transcript("has ended")
        pid: int = self.transport.pid  # type: ignore[union-attr]  # spawned
        return pid

    def says(self, pattern: str) -> Deferred[re.Match[str]]:
        """Wait until one of its streams holds a match, perhaps in a line that has not ended."""
        return self._when(lambda: self._search(pattern, whole_lines=False), f"to print {pattern!r}")

    def line_matching(self, pattern: str) -> Deferred[re.Match[str]]:
        """Wait for a match in the lines that have ended."""
        return self._when(lambda: self._search(pattern, whole_lines=True), f"for a line with {pattern!r}")

    async def port(self) -> int:
        """The TCP port that the system chose for its first listening endpoint."""
        return int((await self.line_matching(_LISTENING))[1])

    def ended(self) -> Deferred[int]:
        """Wait for its end; fires with its status."""
        if self.status is not None:
            return succeed(self.status)
        # 0 is a status too: a list of one is true.
        waiting = self._when(lambda: [] if self.status is None else [self.status], "to end")
        return waiting.addCallback(lambda found: found[0])

    def signal(self, name: str) -> None:
        """Send it the signal of that name, such as ``TERM``."""
        self.transport.signalProcess(name)  # type: ignore[union-attr]  # spawned

    def write(self, text: str) -> None:
        """Hand it `text` on standard input."""
        self.transport.write(text.encode())  # type: ignore[union-attr]  # spawned

    def close_stdin(self) -> None:
        """Standard input is over."""
        self.transport.closeStdin()  # type: ignore[union-attr]  # spawned

    def resident_bytes(self) -> int:
        """Memory that it holds now."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text("ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def childDataReceived(self, childFD: int, data: bytes) -> None:
        self._output[childFD] += data
        self._check()

    def processEnded(self, reason: Failure) -> None:
        ending: Any = reason.value
        self.status = ending.exitCode if ending.signal is None else -ending.signal
        self._check()
        for _, waiting in tuple(self._waiting):
            waiting.errback(AssertionError(self.transcript(f"ended with status {self.status}")))

    def _search(self, pattern: str, *, whole_lines: bool) -> re.Match[str] | None:
        for text in (self.stdout, self.stderr):
            match = re.search(pattern, text[: text.rfind("\n") + 1] if whole_lines else text, re.MULTILINE)
            if match:
                return match
        return None

    def _when(self, condition: Callable[[], Any], what: str) -> Deferred[Any]:
        found = condition()
        if found:
            return succeed(found)
        if self.status is not None:
            ended = f"ended with status {self.status}; waited {what}"
            raise AssertionError(self.transcript(ended))
        waiting: Deferred[Any] = Deferred()
        entry = (condition, waiting)
        self._waiting.append(entry)

        def done(result: Any) -> Any:
            self._waiting.remove(entry)
            return result

        def overdue(_: Any, seconds: float) -> Failure:
            return Failure(AssertionError(self.transcript(f"waited {seconds:g} s {what}")))

        return waiting.addBoth(done).addTimeout(PATIENCE_S, self._reactor, overdue)

    def _check(self) -> None:
        for condition, waiting in tuple(self._waiting):
            found = condition()
            if found:
                waiting.callback(found)

    def transcript(self, happened: str) -> str:
        """What happened, and all that it printed, for the report of a failure."""
        streams = "".join(
            f"\n--- {_STREAM_NAMES[fd]}\n{bytes(data).decode(errors='replace').rstrip()}"
            for fd, data in self._output.items()
        )
        return f"{self.command}: {happened}{streams}"


class Daemon:
    """A process that is not our child any more. Not reaped by us, so it is watched through a pidfd."""

    def __init__(self, pid: int, reactor: Any) -> None:
        self.pid = pid
        self.reactor = reactor
        self._pidfd = os.pidfd_open(pid)  # raises ProcessLookupError when there is no such process

    def signal(self, name: str) -> None:
        """Send it the signal of that name, such as ``TERM``."""
        signal.pidfd_send_signal(self._pidfd, signal.Signals[f"SIG{name}"])

    def lives(self) -> bool:
        """Whether it has not ended yet."""
        return not select.select([self._pidfd], [], [], 0)[0]

    async def ended(self) -> None:
        """Wait for its end."""
        await until(lambda: not self.lives(), f"end of daemon {self.pid}", self.reactor)

    def kill(self) -> None:
        """Make an end of it, at the end of a test."""
        if self.lives():
            self.signal("KILL")
        os.close(self._pidfd)


class Children:
    """Starts the processes of one test in one folder, and makes an end of those that it leaves."""

    def __init__(self, reactor: Any, folder: Path) -> None:
        self.folder = folder
        self.reactor = reactor
        self._started: list[Child] = []
        self._daemons: list[Daemon] = []

    def spawn(self, *command: str, env: Mapping[str, str] | None = None) -> Child:
        """Start a process."""
        child = Child(" ".join(command), self.reactor)
        self._started.append(child)
        self.reactor.spawnProcess(
            child, command[0], command, env=environment() if env is None else env, path=str(self.folder)
        )
        return child

    def twist(self, *arguments: str) -> Child:
        """Start ``twist`` in the foreground, logging text on standard output."""
        return self.spawn(*TWIST, "--log-format", "text", *arguments)

    def twistd(self, *arguments: str) -> Child:
        """Start ``twistd``."""
        return self.spawn(*TWISTD, *arguments)

    def twisted_suite(self, *arguments: str) -> Child:
        """Start the command line client."""
        return self.spawn(*TWISTED_SUITE, *arguments)

    def daemon(self, pid_file: Path) -> Daemon:
        """The daemon that `pid_file` names."""
        daemon = Daemon(int(pid_file.read_text("ascii")), self.reactor)
        self._daemons.append(daemon)
        return daemon

    async def kill(self) -> None:
        """End whatever still runs, daemons that no test asked for too."""
        for pid_file in self.folder.glob("*.pid"):
            with suppress(ProcessLookupError):  # left by a process that is gone: for the test to judge
                self.daemon(pid_file)
        for daemon in self._daemons:
            daemon.kill()
        for child in self._started:
            if child.status is None:
                child.signal("KILL")
                await child.ended()
