"""How far the reading of large logs is, with rate and time left, on a terminal. Adapter.

Nothing is shown of what takes no time, nor where standard error is no terminal.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TextIO

# Sooner than this nobody wonders.
PATIENCE_S = 0.7

Tell = Callable[[int], None]


@contextmanager
def shown(
    paths: Sequence[str],
    stream: TextIO | None = None,
    monotonic: Callable[[], float] = time.monotonic,
) -> Iterator[Tell | None]:
    """What is to be told of every block that was read; None where nobody would see it."""
    stream = stream or sys.__stderr__
    if stream is None or not stream.isatty():
        yield None
        return
    bar = _Bar(_size(paths), stream, monotonic)
    try:
        yield bar.advance
    finally:
        bar.stop()


class _Bar:
    """A bar that appears when it is worth it."""

    def __init__(self, total: int | None, stream: TextIO, monotonic: Callable[[], float]) -> None:
        self._total = total
        self._stream = stream
        self._monotonic = monotonic
        self._started_s = monotonic()
        self._read = 0
        self._progress: Any = None

    def advance(self, count: int) -> None:
        self._read += count
        if self._progress is not None:
            self._progress.update(self._task, completed=self._read)
        elif self._monotonic() - self._started_s >= PATIENCE_S:
            self._begin()

    def stop(self) -> None:
        if self._progress is not None:
            self._progress.stop()

    def _begin(self) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            Progress,
            TimeRemainingColumn,
            TransferSpeedColumn,
        )

        columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
        self._progress = Progress(*columns, console=Console(file=self._stream), transient=True)
        self._task = self._progress.add_task("", total=self._total, completed=self._read)
        self._progress.start()


def _size(paths: Sequence[str]) -> int | None:
    """Of all logs; None if one of them cannot say."""
    total = 0
    for path in paths:
        if not os.path.isfile(path):
            return None
        total += os.path.getsize(path)
    return total
