"""Two periods side by side."""

from twisted.trial.unittest import SynchronousTestCase

from tests.accesslog.test_breakdown import detailed, line
from tests.accesslog.test_scan import SAMPLE_LOG
from twisted_suite.accesslog.comparison import Difference, compare, periods
from twisted_suite.accesslog.selection import SelectionError


class ComparisonTests(SynchronousTestCase):
    def test_the_lectures_log(self) -> None:
        """Two days of the lecture's log: the figures of each, and what changed most."""
        found = compare(detailed(SAMPLE_LOG.read_bytes()), "2015-11-15,2015-11-16")
        self.assertEqual(found.names, ("2015-11-15", "2015-11-16"))
        figures = {row.value: (row.before, row.after) for row in found.figures}
        self.assertEqual((figures["requests"], figures["bytes"]), ((108, 188), (395_172, 976_712)))
        self.assertTrue(all(row.before != row.after for row in found.changes))

    def test_changes(self) -> None:
        """The values of a table that changed most come first, those that did not are left out."""
        log = line(b"a", b"01:00:00", b"GET /same X") + line(b"a", b"02:00:00", b"GET /same X")
        log += line(b"a", b"01:00:00", b"GET /old X") + 3 * line(b"a", b"02:00:00", b"GET /new X")
        found = compare(detailed(log), "2015-11-15T01,2015-11-15T02")
        rows = [row for row in found.changes if row.panel == "plain_paths"]
        self.assertEqual(
            [(row.value, row.before, row.after, row.change) for row in rows],
            [(b"/new X", 0, 3, "new"), (b"/old X", 1, 0, "gone")],
        )

    def test_change(self) -> None:
        """A change is a share of what was before."""
        for before, after, expected in (
            (0, 0, "="), (5, 5, "+0 %"), (0, 1, "new"), (1, 0, "gone"), (8, 9, "+12.5 %"), (4, 3, "-25 %"),
            (2, 7, "+250 %"),
        ):  # fmt: skip
            self.assertEqual(Difference("", "x", before, after).change, expected)

    def test_periods(self) -> None:
        """What is not two periods of whole hours is refused."""
        self.assertEqual(periods("2015, 2016-01..2016-03"), ("2015", "2016-01..2016-03"))
        for text in ("", "2015", "2015,soon", "2015,2016-01-01T03:30"):
            self.assertRaises(SelectionError, periods, text)
