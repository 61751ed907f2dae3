"""What the user sees of the fetching: bars in a terminal, lines elsewhere. Adapter."""

import sys
from collections.abc import Hashable
from typing import Any, TextIO

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from twisted_suite.errors import ConfigError
from twisted_suite.files.get.watching import Fetched
from twisted_suite.files.get.words import WORDS
from twisted_suite.runtime.text import Language, printable


class Screen:
    """A `Watcher`. Results go to standard output, a line each; all else to standard error.

    Bars are drawn only where standard error is a terminal; with `quiet` nothing but errors is said.
    """

    def __init__(
        self, language: Language, *, quiet: bool, out: TextIO | None = None, err: TextIO | None = None
    ) -> None:
        self._words = WORDS[language]
        self._quiet = quiet
        self._out = out or sys.stdout
        self._console = Console(file=err or sys.stderr, highlight=False, soft_wrap=True)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=self._console,
            disable=quiet or not self._console.is_terminal,
            transient=True,
        )
        self._tasks: dict[Hashable, TaskID] = {}

    def __enter__(self) -> "Screen":
        self._progress.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._progress.stop()

    def began(self, key: Hashable, name: str, here_bytes: int) -> None:
        name = escape(printable(name))
        self._tasks[key] = self._progress.add_task(name, total=None, completed=here_bytes)

    def progressed(self, key: Hashable, here_bytes: int, size: int | None) -> None:
        self._progress.update(self._tasks[key], completed=here_bytes, total=size)

    def checking(self, key: Hashable) -> None:
        task = self._progress.tasks[self._progress.task_ids.index(self._tasks[key])]
        self._progress.update(task.id, description=f"{task.description} ({self._words.checking})")

    def waiting(self, key: Hashable, error: ConfigError, delay_s: float) -> None:
        if not self._quiet:
            self._say(self._words.again.format(error=error, delay=delay_s))

    def finished(self, key: Hashable, result: Fetched) -> None:
        self._end(key)
        if not self._quiet:
            print(self._words.finished(printable(str(result.path)), result), file=self._out, flush=True)

    def stopped(self, key: Hashable, name: str, kept_bytes: int) -> None:
        self._end(key)
        self._say(f"{self._words.stopped.format(name)}; {self._words.left(kept_bytes)}")

    def failed(self, key: Hashable, error: ConfigError, kept_bytes: int) -> None:
        self._end(key)
        self._say(f"{error}; {self._words.left(kept_bytes)}" if kept_bytes else str(error))

    def _end(self, key: Hashable) -> None:
        task = self._tasks.pop(key, None)
        if task is not None:
            self._progress.remove_task(task)

    def _say(self, text: str) -> None:
        self._console.print(f"twisted-suite: {printable(text)}", markup=False)
