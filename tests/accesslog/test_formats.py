"""What a line is read as."""

import time

from hypothesis import example, given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.accesslog.lines import COMBINED, INVALID_LINES, OK, OK_LINES, RECOVERED_LINES, START, some_line
from twisted_suite.accesslog.formats import Format, columns, figures
from twisted_suite.accesslog.reading import LineReader
from twisted_suite.accesslog.records import MAX_LINE_BYTES, Directive, Reason, Record, Recovered

read = LineReader().read


def record(line: bytes) -> Record:
    """The record of a line that has one."""
    reading = read(line)
    if isinstance(reading, Recovered):
        return reading.record
    assert isinstance(reading, Record), reading
    return reading


class ReadTests(SynchronousTestCase):
    def test_ok(self) -> None:
        """A line is ok by its first seven fields, whatever comes after."""
        for line in OK_LINES:
            self.assertIsInstance(read(line), Record, line[:100])

    def test_recovered(self) -> None:
        """A stated repair makes a line readable, and is named."""
        for repair, line in RECOVERED_LINES:
            reading = read(line)
            self.assertIsInstance(reading, Recovered, line)
            assert isinstance(reading, Recovered)
            self.assertIs(reading.repair, repair, line)

    def test_invalid(self) -> None:
        """Any other line is invalid, for the first thing wrong with it."""
        for reason, line in INVALID_LINES:
            self.assertIs(read(line), reason, line[:100])

    def test_line_ends(self) -> None:
        """A line reads the same with a newline, with CRLF and without."""
        for line in (*OK_LINES, *(line for _, line in RECOVERED_LINES)):
            for end in (b"\n", b"\r\n"):
                self.assertEqual(type(read(line + end)), type(read(line)), line[:100])
                self.assertEqual(record(line + end).size, record(line).size)
        for reason, line in INVALID_LINES:
            self.assertIs(read(line + b"\r\n"), reason, line[:100])

    def test_longest_line(self) -> None:
        """A line of exactly the longest length is read."""
        line = OK + b" " * (MAX_LINE_BYTES - len(OK))
        self.assertIsInstance(read(line), Record)
        self.assertIs(read(line + b" "), Reason.TOO_LONG)

    def test_fields(self) -> None:
        """A record holds the fields of its line."""
        self.assertEqual(
            read(b'2001:db8::1 id a user [now] "GET / HTTP/1.0" 304 17 rest\r\n'),
            Record(b"2001:db8::1", b"now", b"GET / HTTP/1.0", b"304", 17, "common", b"a user"),
        )

    def test_no_size(self) -> None:
        """A size of ``-`` is 0."""
        self.assertEqual(record(START + b'"-" 408 -').size, 0)

    def test_recovered_fields(self) -> None:
        """The request of a recovered line is all that is between its first and its last quote."""
        found = record(START + b'"GET /a"b\\"c HTTP/1.1" 200 5 "-" "x"')
        self.assertEqual((found.request, found.status, found.size), (b'GET /a"b\\"c HTTP/1.1', b"200", 5))
        self.assertEqual((found.referrer, found.agent), (b"-", b"x"))

    def test_request_line(self) -> None:
        """Method, path and protocol are cut out of the request, where it has them."""
        for request, parts in (
            (b"GET / HTTP/1.1", (b"GET", b"/", b"HTTP/1.1")),
            (b"GET /a b HTTP/1.1", (b"GET", b"/a b", b"HTTP/1.1")),
            (b"GET /old", (b"GET", b"/old", None)),
            (b"GET /old new", (b"GET", b"/old new", None)),
            (b"-", (None, None, None)),
            (b"", (None, None, None)),
        ):
            found = record(START + b'"' + request + b'" 200 5')
            self.assertEqual((found.method, found.path, found.protocol), parts)


class FormatTests(SynchronousTestCase):
    def test_combined(self) -> None:
        """Combined and auto read referrer and agent where they are."""
        for log_format in (Format.COMBINED, Format.AUTO):
            combined, common = LineReader(log_format).read(COMBINED), LineReader(log_format).read(OK)
            assert isinstance(combined, Record)
            assert isinstance(common, Record)
            self.assertEqual(
                (combined.referrer, combined.agent), (b"http://example.com/", b'Agent \\"x\\" 1')
            )
            self.assertEqual((common.referrer, common.agent), (None, None))

    def test_common(self) -> None:
        """Common does not keep what comes after the bytes."""
        found = LineReader(Format.COMMON).read(COMBINED)
        assert isinstance(found, Record)
        self.assertEqual((found.format, found.referrer, found.status), ("common", None, b"404"))

    @given(some_line)
    @settings(max_examples=100)
    def test_one_account(self, line: bytes) -> None:
        """The format does not decide which lines are ok."""
        self.assertEqual(len({type(LineReader(log_format).read(line)) for log_format in Format}), 1)


class HostileTests(SynchronousTestCase):
    @given(st.binary() | some_line)
    @settings(max_examples=100)
    @example(b'"' * 100)
    @example(b"\xef\xbb\xbf" * 5_000)
    def test_never_raises(self, line: bytes) -> None:
        """Arbitrary bytes are read as something."""
        self.assertIsInstance(LineReader().read(line), Record | Recovered | Directive | Reason)

    @given(some_line)
    @settings(max_examples=150)
    def test_lanes_agree(self, line: bytes) -> None:
        """What the quick searches take is ok, and they take the same from it."""
        self.check_lanes(line)

    def check_lanes(self, line: bytes) -> bool:
        """Compare the lanes; whether both quick ones took the line."""
        reading, found, row = LineReader().read(line), figures(line), columns(line)
        if found is not None:
            assert isinstance(reading, Record), line
            client, when, status, size, more = found
            self.assertEqual((client, when, status), (reading.client, reading.time, reading.status))
            self.assertEqual(0 if size == b"-" else int(size), reading.size)
            self.assertEqual(reading.format, "combined" if more else "common")
            self.assertIsNone(reading.host)
        if row is not None:
            assert isinstance(reading, Record), line
            assert found is not None
            self.assertEqual((row[0], row[1], row[3], row[4]), found[:4])
            self.assertEqual(row[2], reading.request)
            self.assertEqual(row[5:], (reading.referrer, reading.agent))
            self.assertEqual(
                (reading.format, reading.user), ("combined" if row[5] is not None else "common", b"-")
            )
        return found is not None and row is not None

    def test_lanes_agree_on_every_kind(self) -> None:
        """The quick searches take the ordinary lines of the corpus, and none that is not ok."""
        taken = [self.check_lanes(line + end) for line in OK_LINES for end in (b"", b"\r\n")]
        self.assertGreater(sum(taken), len(taken) / 2)
        for _, line in (*RECOVERED_LINES, *INVALID_LINES):
            self.assertIsNone(figures(line), line[:100])
            self.assertIsNone(columns(line), line[:100])

    def test_linear_time(self) -> None:
        """A line made to be slow takes milliseconds; in time by its square it would be minutes."""
        for piece in (b"\\x", b' [t] "', b' [t] "\\', b" [", b'" 200 ', b'" 200 1', b'"', b"a ", b"\\", b" "):
            for start in (START + b'"', b"", b"example.com 192.0.2.1 - - "):
                line = start + piece * ((1 << 17) // len(piece))
                started = time.perf_counter()
                read(line)
                figures(line)
                columns(line)
                self.assertLess(time.perf_counter() - started, 2.0, (start, piece))
