"""What the client tells while it works: the seam to whoever shows it. Core."""

from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from twisted_suite.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that is here, whole."""

    path: Path
    size: int
    checked: str | None = None  # the algorithm of the digest that it was checked with
    kept_bytes: int = 0  # that an earlier run had brought
    skipped: bool = False  # it was here before


class Watcher(Protocol):
    """Sees what happens to the files. `key` is the same for all that is told of one."""

    def began(self, key: Hashable, name: str, here_bytes: int) -> None:
        """It is asked for; so much of it is here from an earlier run."""

    def progressed(self, key: Hashable, here_bytes: int, size: int | None) -> None:
        """So much of it is here; it can become less when the file changed."""

    def checking(self, key: Hashable) -> None:
        """All is here, and its digest is being computed."""

    def waiting(self, key: Hashable, error: ConfigError, delay_s: float) -> None:
        """It failed, and is tried again after so long."""

    def finished(self, key: Hashable, result: Fetched) -> None:
        """It has its name."""

    def stopped(self, key: Hashable, name: str, kept_bytes: int) -> None:
        """The user has ended it; so much of it is kept for another run."""

    def failed(self, key: Hashable, error: ConfigError, kept_bytes: int) -> None:
        """It does not come; so much of it is kept for another run."""
