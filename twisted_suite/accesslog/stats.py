"""What is known of a log: one value that a line adds to and that merges with another. Core.

`Stats` is a commutative monoid: ``Stats()`` is its zero, and merging the parts of a log in any order gives
what one pass over all of it gives. Memory grows with the distinct values, never with the lines; the panels
stay empty unless they are asked for.

A *lane* is a faster way to the same value: it takes lines that it can prove to be ok, fills a `Stats` of
its own with them, and gives all other lines to `Scan.count`; both are merged. Of the lines that it takes it
fills:

- ``ok`` and ``formats``: `Format.COMMON`, or `COMBINED` where a blank and a quote follow the bytes
- ``requests`` (lines by client), ``traffic`` (bytes by client, `-` is 0), ``statuses`` (three digits)
- ``first`` and ``last`` (`add_time`), and ``undated``: lines whose time `times.moment` cannot read
- with panels ``panels.hours[moment.hour]``, `UNDATED` where there is no moment: ``visitors`` by client and
  agent, ``requests`` by request and status, ``referrers``; each value is `tallies.packed`, hits and bytes;
  what is empty or not there is `-`. ``users`` is for lines whose user is not `-`; the rest for other formats
- with panels ``panels.visits.add(client, first, last)`` in UTC seconds, for any lines of a client of which
  each is less than `visits.PAUSE_S` after the one before

`add_ok` and `add_columns` do all this for rows of fields; equality of the two values is the test of a lane.
"""

from bisect import insort
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import itemgetter

from twisted_suite.accesslog.formats import Columns, Figures, Format
from twisted_suite.accesslog.panels import Panels
from twisted_suite.accesslog.records import Directive, Reading, Reason, Record, Recovered, Repair
from twisted_suite.accesslog.times import Moment, moment

# Enough to see what is wrong with a log; all of them would be as long as a log that is all wrong.
SAMPLES_PER_REASON = 3
SAMPLE_BYTES = 200
PAGE_VIEW_STATUS = b"200"


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
    directives: int = 0  # of the ok lines, those that are no request
    left_out: int = 0  # of the ok and recovered lines, those that a filter did not want counted
    formats: Counter[str] = field(default_factory=Counter)  # what the ok and recovered lines were read as
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
    panels: Panels = field(default_factory=Panels)

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

    def add(self, reading: Reading, line: bytes, file: str, line_number: int) -> Record | None:
        """Account for one line, and what it was read as; a record is yet to be counted, by `count`."""
        if isinstance(reading, Reason):
            self.reasons[reading] += 1
            self._keep(reading, [Sample(file, line_number, line[:SAMPLE_BYTES].rstrip(b"\r\n"))])
            return None
        if isinstance(reading, Recovered):
            self.repairs[reading.repair] += 1
            reading = reading.record
        else:
            self.ok += 1
        self.formats[reading.format] += 1
        if isinstance(reading, Directive):
            self.directives += 1
            return None
        return reading

    def count(self, record: Record, detailed: bool = False) -> None:
        """Count what one request says; `detailed` fills the panels too."""
        self.requests[record.client] += 1
        self.traffic[record.client] += record.size
        self.statuses[record.status] += 1
        self._add_times(record.time, 1)
        if detailed:
            self.panels.add(record)

    def add_ok(self, rows: Sequence[Figures], name: str | None = None) -> None:
        """Count ok lines by the columns of their figures: as one by one, in a third of the time."""
        if not rows:
            return
        clients, times, statuses, sizes, following = zip(*rows, strict=True)
        self._add_formats(len(rows), following.count(None), name)
        self._add_figures(clients, times, statuses, sizes)

    def add_columns(self, rows: Sequence[Columns], name: str | None = None) -> None:
        """The same with the panels."""
        if not rows:
            return
        clients, times, _, statuses, sizes, referrers, _ = zip(*rows, strict=True)
        self._add_formats(len(rows), referrers.count(None), name)
        self._add_figures(clients, times, statuses, sizes)
        self.panels.add_columns(rows)

    def merge(self, other: "Stats") -> None:
        """Count all that `other` has counted."""
        self._merge_figures(other)
        self.panels.merge(other.panels)

    def take(self, other: "Stats") -> None:
        """The same, of figures that nobody needs any more: without a copy of what is large."""
        self._merge_figures(other)
        self.panels.take(other.panels)

    def ranking(self) -> list[tuple[bytes, int, int]]:
        """Every client with its requests and bytes, by bytes falling, ties by client rising."""
        size = self.traffic.get
        rows = [(client, count, size(client, 0)) for client, count in self.requests.items()]
        rows.sort(key=itemgetter(0))
        rows.sort(key=itemgetter(2), reverse=True)  # which leaves ties as they were
        return rows

    def add_time(self, time: Moment) -> None:
        """Widen what is between `first` and `last`."""
        if self.first is None or time < self.first:
            self.first = time
        if self.last is None or time > self.last:
            self.last = time

    def _merge_figures(self, other: "Stats") -> None:
        self.ok += other.ok
        self.directives += other.directives
        self.left_out += other.left_out
        self.undated += other.undated
        self.formats.update(other.formats)
        self.repairs.update(other.repairs)
        self.reasons.update(other.reasons)
        self.requests.update(other.requests)
        self.traffic.update(other.traffic)
        self.statuses.update(other.statuses)
        for reason, samples in other.samples.items():
            self._keep(reason, samples)
        for time in (other.first, other.last):
            if time is not None:
                self.add_time(time)

    def _add_formats(self, rows: int, short: int, name: str | None) -> None:
        self.ok += rows
        counts = {name: rows} if name else {Format.COMMON.value: short, Format.COMBINED.value: rows - short}
        for each, count in counts.items():
            if count:
                self.formats[each] += count

    def _add_figures(
        self,
        clients: Sequence[bytes],
        times: Sequence[bytes],
        statuses: Sequence[bytes],
        sizes: Sequence[bytes],
    ) -> None:
        self.requests.update(clients)
        self.statuses.update(statuses)
        traffic = self.traffic
        for client, size in zip(clients, sizes, strict=True):
            if size != b"-":
                traffic[client] += int(size)
        for time, count in Counter(times).items():
            self._add_times(time, count)

    def _add_times(self, text: bytes, count: int) -> None:
        time = moment(text)
        if time is None:
            self.undated += count
        else:
            self.add_time(time)

    def _keep(self, reason: Reason, samples: list[Sample]) -> None:
        kept = self.samples.setdefault(reason, [])
        for sample in samples:
            insort(kept, sample)
        del kept[SAMPLES_PER_REASON:]
