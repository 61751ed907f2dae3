"""W3C extended logs."""

from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.accesslog.records import Reason, Record
from twisted_suite.accesslog.w3c import MAX_COLUMNS, ExtendedLog


def read(fields: bytes, line: bytes) -> Record | Reason:
    """The line, read by these fields."""
    log = ExtendedLog()
    log.use(fields)
    return log.read(line)


class ExtendedLogTests(SynchronousTestCase):
    def test_least(self) -> None:
        """A client and a status are enough."""
        self.assertEqual(read(b"c-ip sc-status", b"a 200\r\n"), Record(b"a", b" ", b"-", b"200", 0, "w3c"))

    def test_columns(self) -> None:
        """Other columns than were named, and figures that are none, are invalid."""
        for fields, line in (
            (b"", b"a 200"),
            (b"c-ip time", b"a b"),
            (b"c-ip sc-status", b"a"),
            (b"c-ip sc-status", b"a 200 c"),
            (b"c-ip sc-status", b"a 2000"),
            (b"c-ip sc-status sc-bytes", b"a 200 x"),
            (b"c-ip sc-status " + b"x " * MAX_COLUMNS, b"a 200" + b" y" * MAX_COLUMNS),
        ):
            self.assertIs(read(fields, line), Reason.COLUMNS)

    def test_durations(self) -> None:
        """Whole numbers are IIS's milliseconds, fractions are seconds."""
        for text, expected in ((b"15", 15_000), (b"0.015", 15_000), (b"-", None), (b"x", None)):
            found = read(b"c-ip sc-status time-taken", b"a 200 " + text)
            assert isinstance(found, Record)
            self.assertEqual(found.duration_us, expected)

    def test_time(self) -> None:
        """The time may be one column."""
        found = read(b"timestamp c-ip sc-status", b"1447559145 a 200")
        assert isinstance(found, Record)
        self.assertEqual(found.time, b"1447559145")

    def test_directives(self) -> None:
        """Only known directives are; new #Fields replace the old."""
        log = ExtendedLog()
        self.assertIsNone(log.directive(b"#Fjelds: c-ip"))
        self.assertIsNone(log.directive(b"# Fields: c-ip"))
        self.assertIsNotNone(log.directive(b"#Fields: c-ip sc-status\r\n"))
        self.assertEqual(log.fields, (b"c-ip", b"sc-status"))
        log.directive(b"#Fields:")
        self.assertEqual(log.fields, ())
