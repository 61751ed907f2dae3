"""From blocks of bytes, cut anywhere, to counted lines. Core.

A line ends with a newline, or with the file. Blocks cut differently give the same lines: what is remembered
between two of them is the line that is not yet ended, and of that no more than shows that it is too long.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from twisted_suite.accesslog.formats import Format, columns, figures
from twisted_suite.accesslog.lane import PADDING_BYTES, Lane, Odd
from twisted_suite.accesslog.reading import LineReader
from twisted_suite.accesslog.records import MAX_LINE_BYTES, Reading, Reason, Record
from twisted_suite.accesslog.stats import Stats

# Enough for a person to see what comes in.
RECENT_LINES = 10

# Some 35 lines: fewer are counted sooner in Python than by a lane, with the merging of what it has counted.
LANE_BYTES = 1 << 13

Reject = Callable[[str, int, Reason, bytes], None]  # file, line number, reason, line


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be made of the lines."""

    log_format: str = Format.AUTO
    detailed: bool = False  # fill the panels
    wanted: Callable[[Record], bool] | None = None  # count no others
    invalid: Reject | None = None  # is told of every invalid line
    progress: Callable[[int], None] | None = None  # is told of every block of a log, packed as it may be


class LineSplitter:
    """Cuts blocks into lines without their newlines.

    Of a line longer than `max_bytes` it gives the first ``max_bytes + 1``, and forgets the rest as it comes.
    """

    def __init__(self, max_bytes: int = MAX_LINE_BYTES) -> None:
        self._max_bytes = max_bytes
        self._unended = bytearray()

    def feed(self, block: bytes) -> list[bytes]:
        """The lines that end in `block`."""
        head, newline, rest = block.partition(b"\n")
        self._extend(head)
        if not newline:
            return []
        lines = rest.split(b"\n")
        last = lines.pop()
        if len(rest) > self._max_bytes:  # only then can one of them be too long
            lines = [line[: self._max_bytes + 1] for line in lines]
        lines.insert(0, bytes(self._unended))
        self._unended.clear()
        self._extend(last)
        return lines

    def finish(self) -> list[bytes]:
        """The last line, if it has no newline."""
        lines = [bytes(self._unended)] if self._unended else []
        self._unended.clear()
        return lines

    def _extend(self, part: bytes) -> None:
        room = self._max_bytes + 1 - len(self._unended)
        self._unended += part[:room]


class Unbalanced(AssertionError):
    """Lines were lost or doubled between two steps: a defect of ours, never a log's fault."""


class Scan:
    """Counts the lines of one file as its blocks come."""

    def __init__(self, file: str, plan: Plan | None = None, *, line_number: int = 0) -> None:
        self.plan = plan or Plan()
        self.fast = self.plan.wanted is None and Lane.takes(self.plan.log_format)
        self.file = file
        self.reader = LineReader(self.plan.log_format)
        self.line_number = line_number
        self.end = 0  # of the last whole line, in bytes that were fed
        self.recent: Sequence[bytes] = ()  # the last lines
        self._stats = Stats()
        self._fed = 0
        self._lane: Lane | None = None
        self._lane_lines = 0  # that a fast lane has taken, and not given yet
        self._splitter = LineSplitter()
        self._name = None if self.plan.log_format == Format.AUTO else self.plan.log_format

    @property
    def stats(self) -> Stats:
        """All that was counted, since this was last set to others."""
        if self._lane is not None:
            lane, self._lane = self._lane, None
            self.take(lane.stats())
        return self._stats

    @stats.setter
    def stats(self, stats: Stats) -> None:
        self._stats = stats

    def feed(self, block: bytes) -> None:
        """Count the lines that end in `block`."""
        first, last = block.find(b"\n"), block.rfind(b"\n")
        if self.fast and last - first >= LANE_BYTES:
            self.count(self._splitter.feed(block[: first + 1]))
            self._feed_lane(block[first + 1 : last + 1])
            self._splitter.feed(block[last + 1 :])  # which ends no line
        else:
            self.count(self._splitter.feed(block))
        if last >= 0:
            self.end = self._fed + last + 1
        self._fed += len(block)

    def finish(self) -> None:
        """The file ends here: its last line may have no newline."""
        self.count(self._splitter.finish())

    def count(self, lines: Sequence[bytes]) -> None:
        """Count whole lines. Nearly all are ordinary, and counted together; the others one by one."""
        self._count(lines, range(len(lines)))
        self.line_number += len(lines)
        self.recent = lines[-RECENT_LINES:] or self.recent

    def count_odd(self, lines: int, odd: Sequence[Odd]) -> None:
        """Count those of a block's lines that a fast lane left over; the others come by `take`."""
        self._count([line for _, line in odd], [place for place, _ in odd])
        self.line_number += lines
        self._lane_lines += lines - len(odd)

    def take(self, proven: Stats) -> None:
        """Take over the lines that a fast lane has counted."""
        if proven.lines != self._lane_lines:
            raise Unbalanced(f"{self.file}: {self._lane_lines} lines counted as {proven.lines}")
        self._lane_lines = 0
        self._stats.take(proven)

    def _feed_lane(self, lines: bytes) -> None:
        if self._lane is None:
            self._lane = Lane(self.plan.log_format, self.plan.detailed)
        self.count_odd(*self._lane.scan(lines + bytes(PADDING_BYTES), len(lines)))
        self.recent = lines[:-1].rsplit(b"\n", RECENT_LINES)[-RECENT_LINES:]

    def _count(self, lines: Sequence[bytes], places: Sequence[int]) -> None:
        stats = self._stats
        before = stats.lines
        if self.plan.wanted is None and self.plan.detailed and self.reader.by_columns:
            self._count_together(lines, places, columns, stats.add_columns)
        elif self.plan.wanted is None and not self.plan.detailed and self.reader.by_figures:
            self._count_together(lines, places, figures, stats.add_ok)
        else:
            self._count_each(lines, places, range(len(lines)))
        if stats.lines - before != len(lines):
            raise Unbalanced(f"{self.file}: {len(lines)} lines counted as {stats.lines - before}")

    def _count_together(
        self,
        lines: Sequence[bytes],
        places: Sequence[int],
        read: Callable[[bytes], Any],
        add: Callable[[list[Any], str | None], None],
    ) -> None:
        rows = [read(line) for line in lines]
        add([row for row in rows if row is not None], self._name)
        self._count_each(lines, places, [index for index, row in enumerate(rows) if row is None])

    def _count_each(self, lines: Sequence[bytes], places: Sequence[int], which: Sequence[int]) -> None:
        for index in which:
            line = lines[index]
            self.count_one(self.reader.read(line), line, self.line_number + places[index] + 1)

    def count_one(self, reading: Reading, line: bytes, line_number: int) -> None:
        """Count one line, and what it was read as."""
        stats, plan = self._stats, self.plan
        record = stats.add(reading, line, self.file, line_number)
        if record is not None:
            if plan.wanted is None or plan.wanted(record):
                stats.count(record, plan.detailed)
            else:
                stats.left_out += 1
        elif plan.invalid is not None and isinstance(reading, Reason):
            plan.invalid(self.file, line_number, reading, line)
