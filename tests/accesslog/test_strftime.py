"""Apache's own time formats."""

from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.accesslog.strftime import Clock
from twisted_suite.accesslog.times import moment


class ClockTests(SynchronousTestCase):
    def test_formats(self) -> None:
        """Times of several formats are of one instant."""
        expected = moment(b"15/Nov/2015:03:45:45 +0000")
        for name, text in (
            ("%d/%b/%Y:%T %z", b"[15/Nov/2015:03:45:45 +0000]"),
            ("end:%F %T", b"2015-11-15 03:45:45"),
            ("sec", b"1447559145"),
            ("msec", b"1447559145123"),
            ("begin:usec", b"1447559145123456"),
            ("%e %b %Y %T", b"15 Nov 2015 03:45:45"),
        ):
            self.assertEqual(moment(Clock(name).read(text)), expected, name)

    def test_other_times(self) -> None:
        """A time of another format is left as it stands."""
        for name, text in (("%F", b"soon"), ("sec", b"x"), ("%F", b"\xff")):
            self.assertEqual(Clock(name).read(text), text)
