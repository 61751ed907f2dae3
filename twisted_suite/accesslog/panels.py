"""What a log says beyond its four figures: who asked for what, hour by hour. Core.

An `Hour` counts whole fields, each with hits and bytes; paths, methods, browsers and the like are made from
them for a report (`breakdown`), once for each distinct value and not for each line. Hours are those on the
wall beside the server's clock. Everything here merges in any order.
"""

from collections.abc import ItemsView, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from math import ceil, log
from operator import itemgetter
from typing import Any

from twisted_suite.accesslog.compact import Compact, Kind
from twisted_suite.accesslog.formats import Columns
from twisted_suite.accesslog.records import Record
from twisted_suite.accesslog.tallies import Tally, absorb, add_all, packed
from twisted_suite.accesslog.times import Moment, moment
from twisted_suite.accesslog.visits import PAUSE_S, Visits

UNDATED = -1
NOTHING = b"-"
# Response times fall into classes each 2 % wider than the one before: a quantile is right to 1 %.
DURATION_STEP = 1.02

Pair = tuple[bytes, bytes]


@dataclass(slots=True)
class Hour:
    """One hour's fields."""

    visitors: Tally[Pair] = field(default_factory=dict)  # by client and agent
    requests: Tally[Pair] = field(default_factory=dict)  # by request and status
    referrers: Tally[bytes] = field(default_factory=dict)
    hosts: Tally[bytes] = field(default_factory=dict)
    users: Tally[bytes] = field(default_factory=dict)
    tls: Tally[bytes] = field(default_factory=dict)
    durations: Tally[int] = field(default_factory=dict)  # by class

    def absorb(self, other: "Hour", keep: "_Kept") -> None:
        """Count what another has counted."""
        for name in PAIRS:
            absorb(getattr(self, name), getattr(other, name), keep.pair)
        for name in SINGLES:
            absorb(getattr(self, name), getattr(other, name), keep.one)
        absorb(self.durations, other.durations, int)


PAIRS = ("visitors", "requests")
SINGLES = ("referrers", "hosts", "users", "tls")
# What the fast lane counts, too.
NAMES_OF_KINDS = {kind: kind.name.lower() for kind in Kind}


class _Kept:
    """One object for equal bytes, which each of many hours would otherwise have of its own."""

    def __init__(self) -> None:
        self._known: dict[bytes, bytes] = {}

    def one(self, value: bytes) -> bytes:
        return self._known.setdefault(value, value)

    def pair(self, values: Pair) -> Pair:
        return self.one(values[0]), self.one(values[1])


class _Instants(dict[bytes, Moment | None]):
    """The moments of the times of a block, each read once."""

    def __missing__(self, text: bytes) -> Moment | None:
        found = self[text] = moment(text)
        return found


class Panels:
    """All hours, and the visits, which know no hours.

    What the fast lane has counted is kept as it came (`compact`), beside what was counted here, until
    somebody wants to see the hours themselves; a report needs only sums over them.
    """

    __slots__ = ("_hours", "_kept", "_visits", "compact")
    __hash__ = None  # type: ignore[assignment]  # it changes

    def __init__(
        self,
        hours: dict[int, Hour] | None = None,
        visits: Visits | None = None,
        compact: Compact | None = None,
    ) -> None:
        self._hours = hours if hours is not None else {}
        self._visits = visits if visits is not None else Visits()
        self._kept = _Kept()
        self.compact = compact

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Panels) and self.hours == other.hours and self.visits == other.visits

    def __repr__(self) -> str:
        return f"Panels({self.hours!r}, {self.visits.spans!r})"

    @property
    def hours(self) -> dict[int, Hour]:
        """Every hour by its number."""
        self._unfold()
        return self._hours

    @property
    def visits(self) -> Visits:
        """The visits of every client."""
        self._unfold()
        return self._visits

    def folded(self) -> Compact | None:
        """All hours and visits but for TLS and response times, if any came from the fast lane."""
        if self.compact is None:
            return None
        try:
            for number, hour in self._hours.items():
                for kind, name in NAMES_OF_KINDS.items():
                    self.compact.fold(kind, number, getattr(hour, name))
            self.compact.fold_visits(self._visits)
        except OverflowError:
            self._unfold()
        return self.compact

    def add(self, record: Record) -> None:
        """Count one request."""
        time = moment(record.time)
        hour = self._hour(UNDATED if time is None else time.hour)
        one = packed(1, record.size)
        keep = self._kept.one
        for tally, value in (
            (hour.referrers, record.referrer or NOTHING),
            (hour.hosts, record.host),
            (hour.users, None if record.user == NOTHING else record.user),
            (hour.tls, record.tls),
        ):
            if value is not None:
                absorb(tally, {value: one}, keep)
        absorb(hour.visitors, {(record.client, record.agent or NOTHING): one}, self._kept.pair)
        absorb(hour.requests, {(record.request, record.status): one}, self._kept.pair)
        if record.duration_us is not None:
            absorb(hour.durations, {duration_class(record.duration_us): one}, int)
        if time is not None:
            self._visits.add(keep(record.client), time.seconds, time.seconds)

    def add_columns(self, rows: Sequence[Columns]) -> None:
        """Count ok lines by their columns: as `add` for each, in a fraction of the time."""
        if not rows:
            return
        clients, times, requests, statuses, sizes, referrers, agents = zip(*rows, strict=True)
        ones = [1 if size == NOTHING else packed(1, int(size)) for size in sizes]
        instants = list(map(_Instants().__getitem__, times))
        for key, start, end in _runs(instants):
            part = Hour()
            values = ones[start:end]
            names = clients[start:end]
            add_all(part.visitors, zip(names, _or_nothing(agents[start:end]), strict=True), values)
            add_all(part.requests, zip(requests[start:end], statuses[start:end], strict=True), values)
            add_all(part.referrers, _or_nothing(referrers[start:end]), values)
            self._hour(UNDATED if key is None else key[0] // 2).absorb(part, self._kept)
            if key is not None:
                self._add_visits(names, instants[start:end])

    def rest(self) -> ItemsView[int, Hour]:
        """What `folded` leaves."""
        return self._hours.items()

    def merge(self, other: "Panels") -> None:
        """Count what another has counted."""
        if other.compact is not None:
            if self.compact is None:
                self.compact = other.compact.copy()
            else:
                self.compact.merge(other.compact)
        for number, hour in other._hours.items():
            self._hour(number).absorb(hour, self._kept)
        self._visits.merge(other._visits.spans)

    def take(self, other: "Panels") -> None:
        """The same, of one that nobody needs any more: without a copy of what is large."""
        if self.compact is None:
            self.compact, other.compact = other.compact, None
        self.merge(other)

    def _hour(self, number: int) -> Hour:
        return self._hours.setdefault(number, Hour())

    def _unfold(self) -> None:
        if self.compact is None:
            return
        compact, self.compact = self.compact, None
        for number in compact.hours():
            tallies: dict[str, Any] = {
                name: compact.unfolded(kind, number) for kind, name in NAMES_OF_KINDS.items()
            }
            self._hour(number).absorb(Hour(**tallies), self._kept)
        self._visits.merge(compact.unfolded_visits().spans)

    def _add_visits(self, clients: Sequence[bytes], instants: Sequence[Any]) -> None:
        """Count requests that all lie within one pause."""
        seconds = [instant.seconds for instant in instants]
        in_order = sorted(zip(seconds, clients, strict=True), key=itemgetter(0))
        last = {client: second for second, client in in_order}
        first = {client: second for second, client in reversed(in_order)}
        for client, second in first.items():
            self._visits.add(self._kept.one(client), second, last[client])


def duration_class(duration_us: int) -> int:
    """The class that a response time falls into."""
    return ceil(log(duration_us, DURATION_STEP)) if duration_us > 1 else 0


def duration_of(number: int) -> float:
    """The response time, in microseconds, in the middle of a class."""
    return 2 * DURATION_STEP**number / (1 + DURATION_STEP) if number else 1.0


def _or_nothing(values: Sequence[bytes | None]) -> Sequence[Any]:
    return [value or NOTHING for value in values] if None in values or b"" in values else values


def _half_hour(instant: Moment | None) -> tuple[int, int] | None:
    """On the wall, and the clock's offset: two clocks' half hours are not the same time."""
    return None if instant is None else ((instant.seconds + instant.offset_s) // PAUSE_S, instant.offset_s)


def _runs(instants: Sequence[Moment | None]) -> Iterator[tuple[tuple[int, int] | None, int, int]]:
    """Rows that follow one another in one half hour: a part of an hour, and shorter than a pause."""
    start = 0
    for key, run in groupby(instants, _half_hour):
        end = start + sum(1 for _ in run)
        yield key, start, end
        start = end
