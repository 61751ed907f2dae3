"""What a log says beyond its four figures: who asked for what, hour by hour. Core.

An `Hour` counts whole fields, each with hits and bytes; paths, methods, browsers and the like are made from
them for a report (`breakdown`), once for each distinct value and not for each line. Hours are those on the
wall beside the server's clock. Everything here merges in any order.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from math import ceil, log
from operator import itemgetter
from typing import Any

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


@dataclass(slots=True)
class Panels:
    """All hours, and the visits, which know no hours."""

    hours: dict[int, Hour] = field(default_factory=dict)
    visits: Visits = field(default_factory=Visits)
    _kept: _Kept = field(default_factory=_Kept, compare=False, repr=False)

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
            self.visits.add(keep(record.client), time.seconds, time.seconds)

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

    def merge(self, other: "Panels") -> None:
        """Count what another has counted."""
        for number, hour in other.hours.items():
            self._hour(number).absorb(hour, self._kept)
        self.visits.merge(other.visits.spans)

    def _hour(self, number: int) -> Hour:
        return self.hours.setdefault(number, Hour())

    def _add_visits(self, clients: Sequence[bytes], instants: Sequence[Any]) -> None:
        """Count requests that all lie within one pause."""
        seconds = [instant.seconds for instant in instants]
        in_order = sorted(zip(seconds, clients, strict=True), key=itemgetter(0))
        last = {client: second for second, client in in_order}
        first = {client: second for second, client in reversed(in_order)}
        for client, second in first.items():
            self.visits.add(self._kept.one(client), second, last[client])


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
