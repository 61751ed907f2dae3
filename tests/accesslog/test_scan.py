"""Blocks cut anywhere."""

import subprocess
from shutil import which

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.accesslog.lines import OK, every_kind, some_log
from tests.support import ROOT, need
from twisted_suite.accesslog.records import MAX_LINE_BYTES, Reason
from twisted_suite.accesslog.scan import LANE_BYTES, RECENT_LINES, LineSplitter, Plan, Scan
from twisted_suite.accesslog.stats import Stats

SAMPLE_LOG = ROOT / "tests" / "data" / "access_log"
# What awk, which knows nothing of us, makes of the lecture's four questions.
AWK = """
{ sub(/\\r$/, ""); request = index($0, "\\""); rest = substr($0, request + 1)
  rest = substr(rest, index(rest, "\\"") + 1); split(rest, field, " ")
  if (field[1] == "200") views++
  if (field[2] != "-") { bytes += field[2]; by[$1] += field[2] }
  if (!($1 in seen)) { seen[$1]; visitors++ } }
END { printf "%d %d %d %d %d", NR, views, visitors, bytes, by["223.62.67.5"] }
"""


def split(*blocks: bytes, max_bytes: int = 10) -> list[bytes]:
    """All lines of these blocks."""
    splitter = LineSplitter(max_bytes)
    lines = [line for block in blocks for line in splitter.feed(block)]
    return lines + splitter.finish()


def scanned(*blocks: bytes) -> Stats:
    """The figures of these blocks."""
    scan = Scan("log")
    for block in blocks:
        scan.feed(block)
    scan.finish()
    return scan.stats


def pieces(data: bytes, size: int) -> list[bytes]:
    """`data` in blocks of `size`."""
    return [data[at : at + size] for at in range(0, len(data), size)]


class LineSplitterTests(SynchronousTestCase):
    def test_lines(self) -> None:
        """A line ends with a newline or with the file; a carriage return is part of it."""
        for blocks, lines in (
            ([b""], []),
            ([b"\n"], [b""]),
            ([b"a\nb"], [b"a", b"b"]),
            ([b"a\r\n\nb\n"], [b"a\r", b"", b"b"]),
            ([b"a", b"b\nc", b"", b"\nd\n"], [b"ab", b"c", b"d"]),
        ):
            self.assertEqual(split(*blocks), lines)

    def test_too_long(self) -> None:
        """Of a line that is too long only enough is kept to see that it is."""
        for blocks in (
            [b"0123456789abcdef\nnext"],
            [b"0123456789", b"abc", b"def\nnext"],
            [b"0123456789a\nnext"],
        ):
            self.assertEqual(split(*blocks), [b"0123456789a", b"next"])
        self.assertEqual(split(b"x\n0123456789abcdef\n0123456789\n"), [b"x", b"0123456789a", b"0123456789"])

    def test_bounded(self) -> None:
        """A line without end takes no more memory than the longest line."""
        splitter = LineSplitter(max_bytes=100)
        for _ in range(1_000):
            self.assertEqual(splitter.feed(b"x" * 1_000), [])
        self.assertEqual(splitter.finish(), [b"x" * 101])
        self.assertEqual(splitter.finish(), [])

    @given(
        st.binary(max_size=60).map(lambda data: data.replace(b"0", b"\n")),
        st.integers(1, 60),
        st.integers(1, 9),
    )
    @settings(max_examples=100)
    def test_chopping(self, data: bytes, size: int, max_bytes: int) -> None:
        """The same bytes give the same lines however they are cut."""
        whole = split(data, max_bytes=max_bytes)
        self.assertEqual(split(*pieces(data, size), max_bytes=max_bytes), whole)
        self.assertEqual(split(*pieces(data, 1), max_bytes=max_bytes), whole)


class ScanTests(SynchronousTestCase):
    @given(some_log, st.integers(1, 100))
    @settings(max_examples=40)
    def test_chopping(self, log: bytes, size: int) -> None:
        """The same bytes give the same figures however they are cut."""
        self.assertEqual(scanned(*pieces(log, size)), scanned(log))
        self.assertEqual(scanned(*pieces(log, 1)), scanned(log))

    def test_lane(self) -> None:
        """Large blocks go by the fast lane where there is one, however they are cut, and nothing shows it."""
        lines = [OK if number % 50 else every_kind[number // 50 % len(every_kind)] for number in range(3_000)]
        log = b"\n".join(lines) + b"\nunended"
        wanted = scanned(*pieces(log, 500))
        for size in (LANE_BYTES + 100, 3 * LANE_BYTES + 1, 10 * LANE_BYTES, len(log)):
            scan = Scan("log")
            for block in pieces(log, size):
                scan.feed(block)
            self.assertEqual(scan.end, len(log) - len("unended"))
            self.assertEqual(list(scan.recent), lines[-RECENT_LINES:])
            scan.finish()
            self.assertEqual(scan.stats, wanted)
            self.assertEqual(scan.line_number, len(lines) + 1)

    def test_taken_between(self) -> None:
        """Figures may be taken away at any time."""
        log = (OK + b"\n") * 1_000
        scan, total = Scan("log", Plan(detailed=True)), Stats()
        for block in (log, OK + b"\n", log, log):
            scan.feed(block)
            total.take(scan.stats)
            scan.stats = Stats()
        self.assertEqual((total.lines, total.panels.visits.count), (3_001, 1))
        self.assertEqual(scan.stats, Stats())

    def test_line_numbers(self) -> None:
        """An invalid line is known by its number in the file, across blocks."""
        stats = scanned(OK + b"\n" + OK, b"\nbad", b"\n", OK + b"\n", b"worse")
        self.assertEqual([each.line_number for each in stats.samples[Reason.START]], [3, 5])

    def test_every_kind(self) -> None:
        """A log of every kind of line, with a line too long in its middle, is accounted for to the line."""
        log = b"\r\n".join([*every_kind, b"x" * (MAX_LINE_BYTES + 1), *every_kind])
        stats = scanned(*pieces(log, 100_000))
        self.assertEqual(stats.lines, log.count(b"\n") + 1)
        self.assertEqual(stats.reasons[Reason.TOO_LONG], 1)
        self.assertEqual(stats, scanned(log))

    def test_the_lectures_log(self) -> None:
        """The lecture's log has the lecture's figures."""
        stats = scanned(SAMPLE_LOG.read_bytes())
        self.assertEqual((stats.lines, stats.ok, stats.invalid), (493, 493, 0))
        self.assertEqual((stats.pageviews, stats.visitors, stats.total_bytes), (327, 99, 29_992_323))
        self.assertEqual(stats.ranking()[0], (b"223.62.67.5", 167, 26_540_048))

    def test_awk_agrees(self) -> None:
        """An independent count gives the same figures."""
        awk = which("awk")
        need(awk, "there is no awk")
        answer = subprocess.run(
            [str(awk), AWK, str(SAMPLE_LOG)], check=True, capture_output=True, env={"LC_ALL": "C"}
        ).stdout
        stats = scanned(SAMPLE_LOG.read_bytes())
        figures = (
            stats.lines,
            stats.pageviews,
            stats.visitors,
            stats.total_bytes,
            stats.traffic[b"223.62.67.5"],
        )
        self.assertEqual(tuple(map(int, answer.split())), figures)
