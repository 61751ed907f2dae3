"""Lines of every format, each known by itself."""

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.accesslog.dialects import (
    CLOUDFRONT_FIELDS,
    CLOUDFRONT_LINE,
    CLOUDFRONT_RECORD,
    LINES,
    W3C_FIELDS,
    W3C_LINE,
    W3C_RECORD,
)
from tests.accesslog.lines import COMBINED, OK, RECOVERED_LINES, START
from tests.accesslog.test_scan import pieces, scanned
from twisted_suite.accesslog.reading import NAMES, LineReader
from twisted_suite.accesslog.records import Directive, Reason, Record, Recovered, Repair
from twisted_suite.accesslog.templates import TemplateError
from twisted_suite.accesslog.times import moment

MIXED = [line for line, _ in LINES]
MIXED += [W3C_FIELDS, W3C_LINE, OK, COMBINED, CLOUDFRONT_FIELDS, CLOUDFRONT_LINE]
MIXED += [line for _, line in RECOVERED_LINES]


class AutoTests(SynchronousTestCase):
    def test_every_format(self) -> None:
        """Each line is known for what it is, with all that it says, and its time can be read."""
        for line, record in LINES:
            for end in (b"", b"\n", b"\r\n"):
                self.assertEqual(LineReader().read(line + end), record)
            self.assertIsNotNone(moment(record.time), line)

    def test_w3c(self) -> None:
        """Lines after #Fields are read by it, and lines of other formats between them as ever."""
        reader = LineReader()
        self.assertEqual(reader.read(W3C_LINE), Reason.START)
        self.assertEqual(reader.read(b"#Version: 1.0"), Directive(b"Version"))
        self.assertEqual(reader.read(W3C_FIELDS + b"\r\n"), Directive(b"Fields"))
        self.assertEqual(reader.read(W3C_LINE + b"\r\n"), W3C_RECORD)
        self.assertIsInstance(reader.read(OK), Record)
        self.assertEqual(reader.read(LINES[0][0]), LINES[0][1])
        reader.read(CLOUDFRONT_FIELDS)
        self.assertEqual(reader.read(CLOUDFRONT_LINE), CLOUDFRONT_RECORD)

    def test_resumed(self) -> None:
        """What lines have said about those to come can be taken along."""
        first, second = LineReader(), LineReader()
        first.read(W3C_FIELDS)
        second.resume(first.context)
        self.assertEqual(second.read(W3C_LINE), W3C_RECORD)

    def test_repaired(self) -> None:
        """A byte-order mark, or quotes round the line, are undone before a line of any format."""
        for line, record in LINES:
            for before, after, repair in (
                (b"\xef\xbb\xbf", b"", Repair.BYTE_ORDER_MARK),
                (b'"', b'"', Repair.WRAPPING_QUOTES),
            ):
                self.assertEqual(LineReader().read(before + line + after), Recovered(record, repair))
        self.assertEqual(LineReader().read(b"\xef\xbb\xbf" + W3C_FIELDS), Directive(b"Fields"))

    def test_unescaped_quote_after_a_host(self) -> None:
        """The client of a repaired line is not the virtual host before it."""
        found = LineReader().read(b"example.com:80 " + START + b'"GET /a"b HTTP/1.1" 200 5')
        assert isinstance(found, Recovered)
        self.assertEqual((found.record.client, found.record.host), (b"192.0.2.1", b"example.com:80"))

    def test_two_addresses(self) -> None:
        """Of two addresses the second is the client: the first is the host that was asked."""
        found = LineReader().read(b'192.0.2.9 192.0.2.1 - - [t] "GET / HTTP/1.1" 200 5')
        assert isinstance(found, Record)
        self.assertEqual((found.client, found.host), (b"192.0.2.1", b"192.0.2.9"))

    def test_not_quite(self) -> None:
        """A line that only starts as one of a format is invalid, for a reason that says which."""
        for line, reason in (
            (b"{", Reason.OBJECT),
            (b"[1]", Reason.START),
            (b'{"status":200}', Reason.KEYS),
            (b'{"remote_addr":"a","status":"2000"}', Reason.KEYS),
            (b'{"remote_addr":"a","status":true}', Reason.KEYS),
            (b'{"remote_addr":"a","status":200,"bytes":"many"}', Reason.KEYS),
            (b"{" * 100_000, Reason.OBJECT),
            (b'{"a":' * 100_000, Reason.OBJECT),
            (b"#Fields", Reason.START),
            (b"# a remark", Reason.START),
            (LINES[2][0][:60], Reason.START),
            (LINES[6][0][:40], Reason.START),
        ):
            self.assertIs(LineReader().read(line), reason, line[:60])


class ByNameTests(SynchronousTestCase):
    def test_names(self) -> None:
        """A format that is asked for reads its own lines, and says so of no other."""
        for line, record in LINES:
            for name in NAMES[1:]:
                found = LineReader(name).read(line)
                if name == record.format or (name == "json" and line.startswith(b"{")):
                    self.assertEqual(found, record)
                elif isinstance(found, Record):
                    self.assertEqual(found.format, name)
        w3c = LineReader("w3c")
        self.assertEqual(w3c.read(W3C_LINE), Reason.COLUMNS)
        self.assertEqual(w3c.read(W3C_FIELDS), Directive(b"Fields"))
        self.assertEqual(w3c.read(W3C_LINE), W3C_RECORD)
        self.assertIs(LineReader("squid").read(OK), Reason.PATTERN)
        self.assertIs(LineReader("squid").read(b" "), Reason.EMPTY)
        self.assertIs(LineReader("vhost-combined").read(OK), Reason.SIZE)

    def test_template(self) -> None:
        """A format string is a format too, and what is neither is refused."""
        self.assertIsInstance(LineReader('%h %l %u %t "%r" %>s %b').read(OK), Record)
        self.assertRaises(TemplateError, LineReader, "iis")


class MixedTests(SynchronousTestCase):
    @given(st.lists(st.sampled_from(MIXED), max_size=10), st.integers(1, 300))
    @settings(max_examples=30)
    def test_mixed(self, lines: list[bytes], size: int) -> None:
        """A log of all formats is accounted for to the line, however it is cut."""
        log = b"\n".join([*lines, b""])
        stats = scanned(log)
        self.assertEqual(stats.lines, len(lines))
        self.assertEqual(stats.formats.total(), stats.ok + stats.recovered)
        self.assertEqual(stats.requests.total(), stats.ok + stats.recovered - stats.directives)
        self.assertEqual(scanned(*pieces(log, size)), stats)

    def test_all(self) -> None:
        """All of them in one file are read, with no word about what is in it."""
        stats = scanned(b"\n".join(MIXED))
        self.assertEqual((stats.invalid, stats.directives, stats.recovered), (0, 2, len(RECOVERED_LINES)))
        self.assertEqual(stats.formats["w3c"], 3)
        self.assertEqual(len(stats.formats), 15)
