"""Programs of the browser tests, started and watched without a reactor: Playwright leaves no room for one."""

import re
import subprocess
import time
from pathlib import Path

from tests.live.processes import TWIST, environment

# How long a program may take to say or do what is expected of it: a start on a busy machine takes seconds.
PATIENCE_S = 40.0
# How often it is looked at.
LOOK_S = 0.05


class Program:
    """One process; what it prints goes to a file, so that it never waits for us to read."""

    def __init__(self, command: tuple[str, ...], folder: Path, number: int) -> None:
        self.output = folder / f"output-{number}"
        with self.output.open("wb") as output:
            self._process = subprocess.Popen(
                command, cwd=folder, env=environment(), stdout=output, stderr=subprocess.STDOUT
            )

    def says(self, pattern: str) -> re.Match[str]:
        """Wait until its output holds a match; fail with all of it when it ends instead or takes too long."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            ended = self._process.poll() is not None
            text = self.output.read_text(errors="replace")
            match = re.search(pattern, text, re.MULTILINE)
            if match:
                return match
            assert not ended, f"ended instead of saying {pattern!r}:\n{text}"
            assert time.monotonic() < deadline, f"did not say {pattern!r} in {PATIENCE_S:g} s:\n{text}"
            time.sleep(LOOK_S)

    def port(self) -> int:
        """The TCP port that the system chose for its first listening endpoint."""
        return int(self.says(r"\b(?:Connections|Site)\b.* starting on (\d+)")[1])

    def signal(self, number: int) -> None:
        """Send it this signal."""
        self._process.send_signal(number)

    def ended(self) -> int:
        """Wait for its end; returns its status."""
        return self._process.wait(PATIENCE_S)

    def kill(self) -> None:
        """Make an end of it, at the end of a test."""
        self._process.kill()
        self._process.wait()


class Programs:
    """Starts the programs of one test in one folder, and makes an end of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._started: list[Program] = []

    def twist(self, *arguments: str) -> Program:
        """Start ``twist`` in the foreground, logging text; returns when it serves."""
        command = (*TWIST, "--log-format", "text", *arguments)
        program = Program(command, self.folder, len(self._started))
        self._started.append(program)
        program.says("Starting reactor")
        return program

    def kill(self) -> None:
        """End whatever still runs."""
        for program in self._started:
            program.kill()
