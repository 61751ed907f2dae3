"""The figures of a log, and that they are a commutative monoid."""

from collections.abc import Sized
from copy import deepcopy

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.accesslog.lines import COMBINED, OK, START, TIME, some_log
from twisted_suite.accesslog.formats import columns, figures
from twisted_suite.accesslog.reading import LineReader
from twisted_suite.accesslog.records import Reason, Repair
from twisted_suite.accesslog.scan import Scan
from twisted_suite.accesslog.stats import SAMPLE_BYTES, SAMPLES_PER_REASON, Sample, Stats
from twisted_suite.accesslog.times import Moment, moment

read = LineReader().read


def count(*lines: bytes, file: str = "log", detailed: bool = True) -> Stats:
    """The figures of these lines, one by one."""
    stats = Stats()
    for number, line in enumerate(lines, start=1):
        add(stats, line, file, number, detailed)
    return stats


def add(stats: Stats, line: bytes, file: str, number: int, detailed: bool = True) -> None:
    """Count one line."""
    if (record := stats.add(read(line), line, file, number)) is not None:
        stats.count(record, detailed)


def merged(*parts: Stats) -> Stats:
    """All of them in one, and none of them changed."""
    total = Stats()
    for part in parts:
        total.merge(part)
    return total


some_stats = st.builds(
    lambda log, file: count(*log.split(b"\n"), file=file), some_log, st.sampled_from(["a", "b"])
)


class StatsTests(SynchronousTestCase):
    def test_figures(self) -> None:
        """Page views, visitors and bytes are those of the ok and the recovered lines."""
        stats = count(
            OK,
            OK,
            b'"' + OK.replace(b"192.0.2.1", b"192.0.2.2") + b'"',
            START + b'"-" 408 -',
            b"garbage 200 5",
            b"",
        )
        self.assertEqual((stats.lines, stats.ok, stats.recovered, stats.invalid), (6, 3, 1, 2))
        self.assertEqual((stats.pageviews, stats.visitors, stats.total_bytes), (3, 2, 3 * 6812))
        self.assertEqual(stats.repairs, {Repair.WRAPPING_QUOTES: 1})
        self.assertEqual(stats.reasons, {Reason.START: 1, Reason.EMPTY: 1})
        self.assertEqual(stats.statuses, {b"200": 3, b"408": 1})

    def test_ranking(self) -> None:
        """Clients come by bytes falling, ties by client rising, those of no bytes too."""
        rows = ((b"b", 5), (b"a", 5), (b"c", 2), (b"c", 7), (b"z", 0))
        stats = count(*(b'%s - - [t] "-" 200 %d' % row for row in rows), b'y - - [t] "-" 200 -')
        expected = [(b"c", 2, 9), (b"a", 1, 5), (b"b", 1, 5), (b"y", 1, 0), (b"z", 1, 0)]
        self.assertEqual(stats.ranking(), expected)

    def test_times(self) -> None:
        """First and last are of any order; a time that cannot be read leaves its line ok."""
        lines = [
            b'c - - [%s] "-" 200 5' % time
            for time in (b"16/Nov/2015:00:00:00 +0000", b"15/Nov/2015:00:00:00 +0000", b"soon")
        ]
        stats = count(*lines)
        self.assertEqual((stats.ok, stats.undated), (3, 1))
        self.assertEqual(stats.first, moment(b"15/Nov/2015:00:00:00 +0000"))
        self.assertEqual(stats.last, moment(b"16/Nov/2015:00:00:00 +0000"))

    def test_samples(self) -> None:
        """Of each reason the first few lines are kept, cut, however many there are."""
        stats = count(*(b"x" * 1_000 + b"\r\n" for _ in range(100)), b"")
        samples = stats.samples[Reason.START]
        self.assertEqual([sample.line_number for sample in samples], list(range(1, SAMPLES_PER_REASON + 1)))
        self.assertEqual(samples[0], Sample("log", 1, b"x" * SAMPLE_BYTES))
        self.assertEqual(stats.samples[Reason.EMPTY], [Sample("log", 101, b"")])

    def test_together(self) -> None:
        """Ok lines counted by columns are as counted one by one."""
        lines = [OK, START + b'"-" 408 -', b'c - - [?] "" 400 7', OK]
        together = Stats()
        together.add_ok([row for row in map(figures, lines) if row is not None])
        self.assertEqual(together, count(*lines, detailed=False))
        together.add_ok([])
        self.assertEqual(together, count(*lines, detailed=False))

    def test_columns_together(self) -> None:
        """So are the panels, for lines out of order, of several clocks, and without a time."""
        times = (
            b"15/Nov/2015:03:10:00 +0000",
            b"15/Nov/2015:03:10:00 +0900",
            b"?",
            b"15/Nov/2015:03:59:59 +0000",
        )
        lines = [OK.replace(TIME, b"[" + time + b"]") for time in times] + [COMBINED, OK, COMBINED]
        together = Stats()
        together.add_columns([row for row in map(columns, lines) if row is not None])
        self.assertEqual(together.ok, len(lines))
        self.assertEqual(together, count(*lines))
        together.add_columns([])
        self.assertEqual(together, count(*lines))

    def test_memory(self) -> None:
        """More lines of the same clients are not remembered."""

        def remembered(lines: int) -> int:
            stats = count(*[OK, b"", b"garbage", b"\xef\xbb\xbf" + OK] * lines)
            kept: tuple[Sized, ...] = (
                stats.requests,
                stats.traffic,
                stats.statuses,
                stats.repairs,
                stats.reasons,
            )
            return sum(len(counter) for counter in kept) + sum(map(len, stats.samples.values()))

        self.assertEqual(remembered(10), remembered(1_000))


class MonoidTests(SynchronousTestCase):
    @given(some_stats, some_stats, some_stats)
    @settings(max_examples=40)
    def test_associative_and_commutative(self, a: Stats, b: Stats, c: Stats) -> None:
        """Merging in any order and grouping gives the same."""
        expected = merged(a, b, c)
        self.assertEqual(merged(merged(a, b), c), expected)
        self.assertEqual(merged(a, merged(b, c)), expected)
        self.assertEqual(merged(c, b, a), expected)

    @given(some_stats)
    @settings(max_examples=40)
    def test_zero(self, a: Stats) -> None:
        """Merging nothing changes nothing, on either side, and what is merged stays as it is."""
        before = deepcopy(a)
        a.merge(Stats())
        self.assertEqual(a, before)
        total = merged(a)
        self.assertEqual(total, before)
        total.merge(before)
        self.assertEqual(a, before)

    @given(some_log, st.integers(min_value=0, max_value=12))
    @settings(max_examples=40)
    def test_one_pass(self, log: bytes, at: int) -> None:
        """The parts of a log, merged, are the log."""
        lines = log.split(b"\n")
        whole, first, second = Stats(), Stats(), Stats()
        for number, line in enumerate(lines):
            add(whole, line, "log", number)
            add(first if number < at else second, line, "log", number)
        self.assertEqual(merged(second, first), whole)

    @given(some_log)
    @settings(max_examples=40)
    def test_account(self, log: bytes) -> None:
        """Every line is ok, recovered or invalid, and nothing is two of them."""
        scan = Scan("log")
        scan.feed(log)
        scan.finish()
        stats = scan.stats
        newlines = log.count(b"\n") + (not log.endswith(b"\n") and log != b"")
        self.assertEqual(stats.ok + stats.recovered + stats.invalid, newlines)
        self.assertEqual(stats.requests.total(), stats.ok + stats.recovered)
        self.assertEqual(stats.statuses.total(), stats.ok + stats.recovered)

    def test_same_instant(self) -> None:
        """Of two clocks' words for one instant, the same one is kept whatever the order."""
        here, there = Moment(100, 0), Moment(100, 3_600)
        self.assertEqual(
            merged(Stats(first=here, last=here), Stats(first=there, last=there)),
            merged(Stats(first=there, last=there), Stats(first=here, last=here)),
        )
