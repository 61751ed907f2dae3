"""How the user wants files to be fetched. Core."""

from dataclasses import dataclass
from pathlib import Path

MAX_AT_ONCE = 32
MAX_SEGMENTS = 16


@dataclass(frozen=True, slots=True)
class Wishes:
    """The options of ``twisted-suite get``; its defaults are these."""

    folder: Path = Path()
    segments: int = 1  # connections for one file
    at_once: int = 4  # files under way at the same time
    retries: int = 5  # failures in a row that bring nothing new
    timeout_s: float = 60.0  # without a byte
