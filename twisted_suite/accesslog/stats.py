"""What is known of a log: one value that a line adds to and that merges with another. Core.

`Stats` is a commutative monoid: ``Stats()`` is its zero, and merging the parts of a log in any order gives
what one pass over all of it gives. Memory grows with the distinct clients, never with the lines.
"""

import re
from bisect import insort
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from typing import NamedTuple

from twisted_suite.accesslog.formats import Figures, Reading, Reason, Record, Recovered, Repair

# Enough to see what is wrong with a log; all of them would be as long as a log that is all wrong.
SAMPLES_PER_REASON = 3
SAMPLE_BYTES = 200
PAGE_VIEW_STATUS = b"200"

_MONTHS = {
    name: month
    for month, name in enumerate(b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), start=1)
}
_reads_minute = re.compile(
    rb"(\d\d)/([A-Z][a-z]{2})/((?!9999)\d{4}):([01]\d|2[0-3]):([0-5]\d) ([+-])([01]\d|2[0-3])([0-5]\d)"
).fullmatch
_SECONDS = {b":%02d" % second: second for second in range(61)}  # with the leap second
_DAY_S = 86400


class Moment(NamedTuple):
    """A time in a log; of one instant, the lesser offset is less. A tuple: every line compares two."""

    seconds: int  # UTC, since the start of the year 1
    offset_s: int  # of the clock that wrote it, east of UTC

    def datetime(self) -> datetime:
        """The same as an aware datetime, in the log's own time zone."""
        local = datetime(1, 1, 1, tzinfo=timezone(timedelta(seconds=self.offset_s)))
        return local + timedelta(seconds=self.seconds + self.offset_s)


def moment(text: bytes) -> Moment | None:
    """Read ``15/Nov/2015:03:45:45 +0000``; None if it is no such time."""
    minute = _minute(text[:17] + text[20:])
    second = _SECONDS.get(text[17:20])
    return None if minute is None or second is None else Moment(minute.seconds + second, minute.offset_s)


@lru_cache(maxsize=1024)  # a log is nearly in order: most of its lines share their minute with the one before
def _minute(text: bytes) -> Moment | None:
    match = _reads_minute(text)
    if match is None:
        return None
    day, month, year, hour, minute, sign, offset_h, offset_min = match.groups()
    try:
        days = date(int(year), _MONTHS[month], int(day)).toordinal() - 1
    except (KeyError, ValueError):  # no such month, or no such day in it
        return None
    offset_s = (int(offset_h) * 3600 + int(offset_min) * 60) * (-1 if sign == b"-" else 1)
    local_s = days * _DAY_S + int(hour) * 3600 + int(minute) * 60
    return Moment(local_s - offset_s, offset_s)


@dataclass(frozen=True, slots=True, order=True)
class Sample:
    """An invalid line, for a person to look at."""

    file: str
    line_number: int
    text: bytes  # its first bytes


@dataclass(slots=True)
class Stats:
    """The figures of any set of lines. Equal figures are equal values, however they were arrived at."""

    ok: int = 0
    repairs: Counter[Repair] = field(default_factory=Counter)
    reasons: Counter[Reason] = field(default_factory=Counter)
    # Of each reason, those first by file and line number: the same ones whatever the order of merging.
    samples: dict[Reason, list[Sample]] = field(default_factory=dict)
    requests: Counter[bytes] = field(default_factory=Counter)  # by client
    traffic: Counter[bytes] = field(default_factory=Counter)  # bytes by client
    statuses: Counter[bytes] = field(default_factory=Counter)
    undated: int = 0  # requests whose time cannot be read: they count, but for `first` and `last`
    first: Moment | None = None
    last: Moment | None = None

    @property
    def recovered(self) -> int:
        """Lines that needed a repair."""
        return self.repairs.total()

    @property
    def invalid(self) -> int:
        """Lines that no repair makes readable."""
        return self.reasons.total()

    @property
    def lines(self) -> int:
        """All lines: each is ok, recovered or invalid."""
        return self.ok + self.recovered + self.invalid

    @property
    def pageviews(self) -> int:
        """Requests answered with status 200."""
        return self.statuses[PAGE_VIEW_STATUS]

    @property
    def visitors(self) -> int:
        """Distinct client addresses."""
        return len(self.requests)

    @property
    def total_bytes(self) -> int:
        """All that was sent."""
        return self.traffic.total()

    def add(self, reading: Reading, line: bytes, file: str, line_number: int) -> None:
        """Count one line, and what it was read as."""
        if isinstance(reading, Record):
            self.ok += 1
            self._add_record(reading)
        elif isinstance(reading, Recovered):
            self.repairs[reading.repair] += 1
            self._add_record(reading.record)
        else:
            self.reasons[reading] += 1
            self._keep(reading, [Sample(file, line_number, line[:SAMPLE_BYTES].rstrip(b"\r\n"))])

    def add_ok(self, rows: Sequence[Figures]) -> None:
        """Count ok lines by the columns of their figures: as `add` for each, in a third of the time."""
        if not rows:
            return
        clients, times, statuses, sizes = zip(*rows, strict=True)
        self.ok += len(rows)
        self.requests.update(clients)
        self.statuses.update(statuses)
        traffic = self.traffic
        for client, size in zip(clients, sizes, strict=True):
            if size != b"-":
                traffic[client] += int(size)
        for time, count in Counter(times).items():
            self._add_times(time, count)

    def merge(self, other: "Stats") -> None:
        """Count all that `other` has counted."""
        self.ok += other.ok
        self.undated += other.undated
        self.repairs.update(other.repairs)
        self.reasons.update(other.reasons)
        self.requests.update(other.requests)
        self.traffic.update(other.traffic)
        self.statuses.update(other.statuses)
        for reason, samples in other.samples.items():
            self._keep(reason, samples)
        for time in (other.first, other.last):
            if time is not None:
                self._add_time(time)

    def ranking(self) -> list[tuple[bytes, int, int]]:
        """Every client with its requests and bytes, by bytes falling, ties by client rising."""
        rows = [(client, count, self.traffic[client]) for client, count in self.requests.items()]
        return sorted(rows, key=lambda row: (-row[2], row[0]))

    def _add_record(self, record: Record) -> None:
        self.requests[record.client] += 1
        self.traffic[record.client] += record.size
        self.statuses[record.status] += 1
        self._add_times(record.time, 1)

    def _add_times(self, text: bytes, count: int) -> None:
        time = moment(text)
        if time is None:
            self.undated += count
        else:
            self._add_time(time)

    def _add_time(self, time: Moment) -> None:
        if self.first is None or time < self.first:
            self.first = time
        if self.last is None or time > self.last:
            self.last = time

    def _keep(self, reason: Reason, samples: list[Sample]) -> None:
        kept = self.samples.setdefault(reason, [])
        for sample in samples:
            insort(kept, sample)
        del kept[SAMPLES_PER_REASON:]
