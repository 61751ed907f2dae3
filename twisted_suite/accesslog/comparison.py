"""Two periods of one log, side by side. Core."""

from collections.abc import Iterator
from dataclasses import dataclass

from twisted_suite.accesslog.breakdown import Breakdown, breakdown
from twisted_suite.accesslog.report import percent
from twisted_suite.accesslog.selection import SelectionError, period
from twisted_suite.accesslog.stats import Stats
from twisted_suite.accesslog.times import HOUR_S

FIGURES = ("requests", "bytes", "addresses", "people", "daily_visitors", "visits", "robot_requests")
# Of each table the values that changed most.
CHANGES = 10
PANELS = ("statuses", "plain_paths", "not_found", "sites", "browsers", "bots", "hosts")


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure in both periods."""

    panel: str
    value: str | bytes
    before: int
    after: int

    @property
    def change(self) -> str:
        """``+12.5 %``, or ``new``, or ``gone``."""
        if not self.before or not self.after:
            return "=" if self.before == self.after else "new" if self.after else "gone"
        sign = "+" if self.after >= self.before else "-"
        return f"{sign}{percent_of(abs(self.after - self.before), self.before)}"


def percent_of(part: int, whole: int) -> str:
    """A share that may be more than all."""
    return percent(part, whole) if part < whole else f"{100 * part / whole:.0f} %"


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs."""

    names: tuple[str, str]
    figures: tuple[Difference, ...]
    changes: tuple[Difference, ...]


def hours_of(text: str) -> range:
    """The hours of a period of whole hours. Raises `SelectionError`."""
    found = period(text)
    if found.start_s % HOUR_S or found.end_s % HOUR_S:
        raise SelectionError(f"{text!r} is no period of whole hours")
    return range(found.start_s // HOUR_S, found.end_s // HOUR_S)


def periods(text: str) -> tuple[str, str]:
    """The two that ``--compare BEFORE,AFTER`` names. Raises `SelectionError`."""
    before, comma, after = text.partition(",")
    if not comma:
        raise SelectionError(f"{text!r} is not two periods such as 2015-11-15,2015-11-16")
    hours_of(before)
    hours_of(after)
    return before.strip(), after.strip()


def compare(stats: Stats, text: str) -> Comparison:
    """The figures of both periods, and the values of each table that changed most."""
    names = periods(text)
    offset_s = stats.first.offset_s if stats.first is not None else 0
    before, after = (breakdown(stats.panels, hours_of(name).__contains__, offset_s) for name in names)
    figures = tuple(Difference("", name, getattr(before, name), getattr(after, name)) for name in FIGURES)
    return Comparison(names, figures, tuple(_changes(before, after)))


def _changes(before: Breakdown, after: Breakdown) -> Iterator[Difference]:
    for name in PANELS:
        old = {value: hits for value, hits, _ in before.panel(name).rows}
        new = {value: hits for value, hits, _ in after.panel(name).rows}
        rows = [Difference(name, value, old.get(value, 0), new.get(value, 0)) for value in old.keys() | new]
        rows.sort(key=lambda row: (-abs(row.after - row.before), row.value))
        yield from (row for row in rows[:CHANGES] if row.before != row.after)
