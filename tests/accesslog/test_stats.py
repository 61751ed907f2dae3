"""The figures of a log, and that they are a commutative monoid."""

from collections.abc import Sized
from copy import deepcopy
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.accesslog.lines import OK, START, some_log
from twisted_suite.accesslog.formats import Reason, Repair, figures, reader
from twisted_suite.accesslog.scan import Scan
from twisted_suite.accesslog.stats import SAMPLE_BYTES, SAMPLES_PER_REASON, Moment, Sample, Stats, moment

read = reader()


def count(*lines: bytes, file: str = "log") -> Stats:
    """The figures of these lines, one by one."""
    stats = Stats()
    for number, line in enumerate(lines, start=1):
        stats.add(read(line), line, file, number)
    return stats


def merged(*parts: Stats) -> Stats:
    """All of them in one, and none of them changed."""
    total = Stats()
    for part in parts:
        total.merge(part)
    return total


some_stats = st.builds(
    lambda log, file: count(*log.split(b"\n"), file=file), some_log, st.sampled_from(["a", "b"])
)


class MomentTests(SynchronousTestCase):
    def test_reads(self) -> None:
        """A time in a log is an aware datetime."""
        for text, expected in (
            (b"15/Nov/2015:03:45:45 +0000", datetime(2015, 11, 15, 3, 45, 45, tzinfo=UTC)),
            (
                b"29/Feb/2024:23:59:59 +0930",
                datetime(2024, 2, 29, 23, 59, 59, tzinfo=timezone(timedelta(hours=9, minutes=30))),
            ),
            (
                b"01/Jan/0001:00:00:00 -1200",
                datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=-12))),
            ),
        ):
            found = moment(text)
            assert found is not None
            self.assertEqual(found.datetime(), expected)
            self.assertEqual(found.datetime().utcoffset(), expected.utcoffset())

    def test_leap_second(self) -> None:
        """The second after 59 is the first of the next minute."""
        self.assertEqual(moment(b"30/Jun/2015:23:59:60 +0000"), moment(b"01/Jul/2015:00:00:00 +0000"))
        last = moment(b"31/Dec/9998:23:59:60 -2359")
        assert last is not None
        self.assertEqual(last.datetime().year, 9999)

    def test_order(self) -> None:
        """Times are ordered by the instant, whatever the clock's zone."""
        early, late = moment(b"15/Nov/2015:09:00:00 +0900"), moment(b"15/Nov/2015:01:00:00 +0000")
        assert early is not None
        assert late is not None
        self.assertLess(early, late)

    def test_no_time(self) -> None:
        """What is no such time is none, and no error."""
        for text in (
            b"",
            b"now",
            b"31/Feb/2015:03:45:45 +0000",
            b"15/Foo/2015:03:45:45 +0000",
            b"15/Nov/0000:03:45:45 +0000",
            b"31/Dec/9999:23:59:60 +0000",
            b"15/Nov/2015:24:45:45 +0000",
            b"15/Nov/2015:03:60:45 +0000",
            b"15/Nov/2015:03:45:61 +0000",
            b"15/Nov/2015:03:45:45 +2400",
            b"15/Nov/2015:03:45:45",
            b"15/Nov/2015:03:45:45 +0000 ",
            b"\xff" * 26,
        ):
            self.assertIsNone(moment(text), text)


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
        self.assertEqual(together, count(*lines))
        together.add_ok([])
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
        numbered = [(read(line), line, "log", number) for number, line in enumerate(lines)]
        whole, first, second = Stats(), Stats(), Stats()
        for each in numbered:
            whole.add(*each)
        for each in numbered[:at]:
            first.add(*each)
        for each in numbered[at:]:
            second.add(*each)
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
