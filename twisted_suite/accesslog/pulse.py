"""The figures of one moment, for those who watch. Core."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pulse:
    """What is shown of logs that are followed, once a second."""

    lines: int = 0
    ok: int = 0
    recovered: int = 0
    invalid: int = 0
    pageviews: int = 0
    visitors: int = 0
    bytes: int = 0
    behind_bytes: int = 0
    files: int = 0
    statuses: tuple[tuple[str, int], ...] = ()
    recent: tuple[str, ...] = ()  # the last lines, safe to show
    lines_per_s: float = 0.0
