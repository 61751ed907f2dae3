"""The fast lane gives what the strict reader gives."""

from itertools import permutations

from hypothesis import example, given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.accesslog.lines import COMBINED, OK, START
from tests.accesslog.proven import FORMATS, by_lane, corpus, nearly_right, some_lines, strict
from tests.accesslog.test_scan import SAMPLE_LOG
from tests.support import need
from twisted_suite.accesslog.breakdown import breakdown
from twisted_suite.accesslog.compact import COMPILED
from twisted_suite.accesslog.lane import PADDING_BYTES, Lane
from twisted_suite.accesslog.records import MAX_LINE_BYTES
from twisted_suite.accesslog.stats import Stats

HOSTED = b"example.com:443 " + COMBINED
PROVEN = (
    OK,
    OK + b"\r",
    COMBINED,
    HOSTED,
    HOSTED.replace(b"192.0.2.1", b"2001:db8::1"),
    COMBINED.replace(b"- -", b"- frank"),
    COMBINED + b" 0.123 anything",
    OK + b" 0.123",
    START + b'"" 400 -',
    OK.replace(b"+0000", b"-0930"),
)


class LaneTests(SynchronousTestCase):
    def setUp(self) -> None:
        need(COMPILED, "the compiled part of accesslog is not installed")

    def check(self, lines: list[bytes], log_format: str, detailed: bool) -> int:
        """Compare both lanes; how many lines were left to the strict one."""
        wanted = strict(lines, log_format, detailed)
        found, odd = by_lane(lines, log_format, detailed)
        if detailed and log_format == "auto":  # before anything unfolds what the lane has counted
            self.assertEqual(breakdown(found.panels, offset_s=3600), breakdown(wanted.panels, offset_s=3600))
        self.assertEqual(found, wanted)
        return odd

    def test_the_lectures_log(self) -> None:
        """The lecture's log gives its four figures, and no line of it is left."""
        lines = SAMPLE_LOG.read_bytes().split(b"\n")[:-1]
        for detailed in (False, True):
            self.assertEqual(self.check(lines, "auto", detailed), 0)
        found = by_lane(lines)[0]
        self.assertEqual((found.lines, found.pageviews, found.visitors), (493, 327, 99))
        self.assertEqual(found.total_bytes, 29_992_323)

    def test_the_corpus(self) -> None:
        """Every kind of line that the tests know, right and wrong, in every format."""
        for log_format in FORMATS:
            for detailed in (False, True):
                self.check(corpus, log_format, detailed)
                self.check([line + b"\r" for line in corpus], log_format, detailed)

    def test_proven(self) -> None:
        """What is ordinary is taken by the lane: it would be no use else."""
        for line in PROVEN:
            for detailed in (False, True):
                self.assertEqual(self.check([line], "auto", detailed), 0, line)
        self.assertEqual(self.check([HOSTED], "vhost-combined", True), 0)
        self.assertEqual(self.check([COMBINED, HOSTED], "combined", True), 1)
        self.assertEqual(self.check([COMBINED, HOSTED], "vhost-combined", True), 1)

    def test_two_parts_wrong(self) -> None:
        """Every line of which two parts are not what is ordinary."""
        lines = nearly_right()
        for log_format, detailed in (("auto", True), ("auto", False), ("vhost-combined", True)):
            odd = self.check(lines, log_format, detailed)
            self.assertLess(odd, len(lines))

    def test_every_byte(self) -> None:
        """A line of which one byte is another, beside the line as it was; and a line cut anywhere."""
        for line in (COMBINED, HOSTED, OK.replace(b"- -", b"- frank")):
            head = line[:190]
            lines = [line[:at] for at in range(len(line))]
            for at in range(len(head)):
                for byte in b' "\\[]-:.70:aJ\0\xff\r':
                    lines += [line, line[:at] + bytes([byte]) + line[at + 1 :]]
            self.check(lines, "auto", True)

    def test_ties(self) -> None:
        """Of one instant on several clocks, the first has the least offset, the last the greatest."""
        times = (b"03:45:45 +0000", b"04:45:45 +0100", b"02:45:45 -0100", b"03:45:45 +0000")
        self.check([OK.replace(b"03:45:45 +0000", time) for time in times], "auto", False)

    @given(some_lines, st.sampled_from(FORMATS), st.booleans())
    @settings(max_examples=50)
    @example([b"#Fields: c-ip a - b c - - - sc-status sc-bytes", OK], "auto", True)
    @example([b'#Fields: - - [15/Nov/2015:03:45:45 +0000] "GET / HTTP/1.1" 200 5'], "auto", True)
    def test_nearly_right(self, lines: list[bytes], log_format: str, detailed: bool) -> None:
        """Lines that are nearly right are read as the strict reader reads them."""
        self.check(lines, log_format, detailed)

    @given(st.lists(st.binary(max_size=80).map(lambda line: line.replace(b"\n", b"")), max_size=8))
    @settings(max_examples=100)
    def test_any_bytes(self, lines: list[bytes]) -> None:
        """Arbitrary bytes are left to the strict reader."""
        self.check(lines, "auto", True)

    def test_too_long(self) -> None:
        """A line is as long for the lane as it is for the reader."""
        for length in (MAX_LINE_BYTES - 1, MAX_LINE_BYTES, MAX_LINE_BYTES + 1):
            line = COMBINED + b" " + b"x" * (length - len(COMBINED) - 1)
            self.assertEqual(self.check([OK, line, OK], "auto", False), length > MAX_LINE_BYTES)

    def test_large_sums(self) -> None:
        """Sums that 64 bits cannot hold are counted by the strict lane, and all the same exact."""
        line = START + b'"GET / HTTP/1.1" 200 999999999999 "-" "-"'
        lines = [line] * 9_500 + [line.replace(b"999 ", b"9999 "), line.replace(b"999 ", b"9" * 11 + b" ")]
        self.assertEqual(self.check(lines, "auto", True), 9_502 - (1 << 53) // (10**12 - 1))

    def test_many_hours(self) -> None:
        """Hours that come in any order, and more of them than are kept at hand, are each one hour."""
        lines = [
            COMBINED.replace(b":03:", b":%02d:" % (hour * 7 % 24)).replace(b"15/", b"%02d/" % (hour % 28 + 1))
            for hour in range(500)
        ]
        self.assertEqual(self.check(lines, "auto", True), 0)

    def test_many_names(self) -> None:
        """More names, and longer ones, than the tables begin with."""
        lines = [
            COMBINED.replace(b"192.0.2.1", b"192.0.%d.%d" % divmod(number, 256)).replace(
                b"/a b", b"/" + b"%d" % number * (number % 50 * 40)
            )
            for number in range(1_500)
        ]
        self.assertEqual(self.check(lines, "auto", True), 0)

    def test_visits(self) -> None:
        """Visits of requests in any order are those of the definition."""
        seconds = [number * 7919 % 86_400 for number in range(600)]
        lines = [
            COMBINED.replace(
                b"03:45:45", b"%02d:%02d:%02d" % (second // 3600, second // 60 % 60, second % 60)
            )
            for second in (*seconds[:200], *sorted(seconds[200:400]), *sorted(seconds[400:], reverse=True))
        ]
        for some in (lines[:20], lines[10:25], lines[::5], lines):
            self.assertEqual(self.check(some, "auto", True), 0)

    def test_pauses(self) -> None:
        """A pause of half an hour to the second parts two visits, in whatever order they come."""
        for minutes in permutations((b"00:00:00", b"00:30:00", b"01:00:00", b"01:29:59", b"02:00:00")):
            self.check([COMBINED.replace(b"03:45:45", minute) for minute in minutes], "auto", True)

    def test_merging(self) -> None:
        """Lanes are merged in any order, and so are their figures."""
        blocks = [corpus, list(PROVEN), [OK] * 3, SAMPLE_LOG.read_bytes().split(b"\n")[:200]]
        wanted = Stats()
        for block in blocks:
            wanted.merge(strict(block))
        for order in ((0, 1, 2, 3), (3, 1, 0, 2), (2, 3, 1, 0)):
            parts = [by_lane(blocks[place])[0] for place in order]
            merged, taken = Stats(), Stats()
            for part in parts:
                merged.merge(part)
                merged.merge(Stats())
            self.assertEqual(breakdown(merged.panels), breakdown(wanted.panels))
            for part in parts:  # which merging has not changed
                taken.take(part)
            self.assertEqual(merged, wanted)
            self.assertEqual(taken, wanted)

    def test_no_lane(self) -> None:
        """There is none for other formats."""
        self.assertFalse(Lane.takes("caddy"))
        self.assertTrue(Lane.takes("auto"))

    def test_blocks(self) -> None:
        """A block that does not end with a newline, or has no room behind it, is refused."""
        for block, stop in ((OK + bytes(PADDING_BYTES), len(OK)), (OK + b"\n", len(OK) + 1)):
            with self.assertRaises(ValueError):
                Lane("auto", detailed=False).scan(bytearray(block), stop)
        self.assertEqual(Lane("auto", detailed=False).scan(bytearray(PADDING_BYTES), 0), (0, []))
