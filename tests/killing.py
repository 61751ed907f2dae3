"""Kill a follower again and again while its log is written and rotated: no line may be lost or doubled.

By command, a hundred times: ``python -m tests.killing 100``; the live tests do it a few times.
"""

import gzip
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from twisted_suite.accesslog.history import load

ROOT = Path(__file__).resolve().parent.parent
TWIST = (sys.executable, str(Path(sys.executable).with_name("twist")))
LINES_AT_ONCE, LINES_A_SECOND = 50, 1_500  # every line makes the state grow: it is unlike all others
PATIENCE_S = 120.0


class Writer(threading.Thread):
    """A server that writes numbered lines, and the program that rotates its log, in all the usual ways."""

    def __init__(self, log: Path, seed: int) -> None:
        super().__init__(daemon=True)
        self.written = 0
        self.rotations = 0
        self._log = log
        self._random = random.Random(seed)
        self._done = threading.Event()

    def run(self) -> None:
        """Until `stop`: the file stays open through a rename, as a server's does until it is told."""
        file = self._log.open("ab", buffering=0)
        while not self._done.wait(LINES_AT_ONCE / LINES_A_SECOND):
            file.write(b"".join(self._row() for _ in range(LINES_AT_ONCE)))
            if self._random.random() < 0.02:
                self._make_room()
                if self._random.random() < 0.5:
                    self._log.rename(self._older(1))
                    for _ in range(3):  # late writes, to the old file, while the new one is there already
                        self._log.touch()
                        file.write(self._row())
                    file.close()
                    file = self._log.open("ab", buffering=0)
                else:
                    shutil.copyfile(self._log, self._older(1))
                    os.truncate(self._log, 0)
                self.rotations += 1
        file.close()

    def stop(self) -> None:
        """Write no more."""
        self._done.set()
        self.join()

    def _row(self) -> bytes:
        number = self.written
        self.written += 1
        return b'c%d - - [15/Nov/2015:03:%02d:00 +0000] "GET /%d HTTP/1.1" 200 %d\n' % (
            number, number // 10_000 % 60, number % 1_000, number % 7
        )  # fmt: skip

    def _older(self, number: int) -> Path:
        return self._log.with_name(f"{self._log.name}.{number}")

    def _make_room(self) -> None:
        """Shift the rotated logs by one; the second is packed, as with delaycompress."""
        numbers = range(self.rotations + 1, 0, -1)
        for number in numbers:
            for end in ("", ".gz"):
                old = Path(f"{self._older(number)}{end}")
                if old.exists():
                    old.rename(f"{self._older(number + 1)}{end}")
        second = self._older(2)
        if second.exists():
            status = second.stat()
            packed = Path(f"{second}.gz")
            packed.write_bytes(gzip.compress(second.read_bytes(), 1))
            os.utime(packed, ns=(status.st_atime_ns, status.st_mtime_ns))
            second.unlink()


def follow(folder: Path) -> "subprocess.Popen[bytes]":
    """A follower of the log in this folder."""
    command = (*TWIST, "accesslog", "--follow", "--state", "state", "--out", "report", "access.log")
    with (folder / "output").open("ab") as output:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        return subprocess.Popen(command, cwd=folder, stdout=output, stderr=output, env=environment)


def run(folder: Path, times: int, seed: int) -> str:
    """Kill so many followers; what was seen, or an `AssertionError`."""
    chance = random.Random(seed)
    log = folder / "access.log"
    log.touch()
    writer = Writer(log, seed)
    for number in range(times):
        follower = follow(folder)
        if not number:  # what is rotated before the first look is not followed
            until((folder / "state").exists)
            writer.start()
        time.sleep(chance.uniform(0.5, 4))
        follower.kill()
        follower.wait()
    writer.stop()
    follower = follow(folder)
    until(lambda: counted(folder) >= writer.written)
    follower.send_signal(signal.SIGTERM)
    follower.wait(PATIENCE_S)
    stats = load(str(folder / "state")).stats
    twice = sum(count - 1 for count in stats.requests.values())
    lost = writer.written - len(stats.requests)
    said = (
        f"{times} kills, {writer.rotations} rotations, {writer.written} lines: {lost} lost, {twice} doubled"
    )
    assert (lost, twice, stats.lines, stats.ok) == (0, 0, writer.written, writer.written), f"{said}, {seed=}"
    return said


def until(condition: Callable[[], bool]) -> None:
    """Wait; not for ever, since what is waited for is then found to be missing."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.1)


def counted(folder: Path) -> int:
    """Lines in the state that was saved last."""
    return load(str(folder / "state")).stats.lines if (folder / "state").exists() else 0


def main() -> None:
    """As a command."""
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    with tempfile.TemporaryDirectory() as folder:
        print(run(Path(folder), times, seed=int(time.time())))


if __name__ == "__main__":
    main()
