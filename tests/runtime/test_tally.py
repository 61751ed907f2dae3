"""Counts of connections."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.runtime.tally import Histogram, Tally


class HistogramTests(SynchronousTestCase):
    @given(st.lists(st.floats(0, 100)))
    def test_counts_up_to_each_bound(self, values: list[float]) -> None:
        """Each bound has the number of values that are not greater, the last the number of all."""
        histogram = Histogram((1.0, 10.0, 50.0))
        for value in values:
            histogram.observe(value)
        expected = [sum(value <= bound for value in values) for bound in (1.0, 10.0, 50.0)]
        self.assertEqual(histogram.cumulative(), [*expected, len(values)])
        self.assertAlmostEqual(histogram.total, sum(values, 0.0))


class TallyTests(SynchronousTestCase):
    def test_adds_up(self) -> None:
        """Ends are counted by outcome; bytes and seconds are added."""
        tally = Tally()
        tally.add("closed", 1, 10, 0.5)
        tally.add("idle", 2, 20, 100)
        tally.add("closed", 3, 30, 0.5)
        self.assertEqual(tally.ended, {"closed": 2, "idle": 1})
        self.assertEqual((tally.bytes_in, tally.bytes_out), (6, 60))
        self.assertEqual((tally.seconds.cumulative()[-1], tally.seconds.total), (3, 101.0))
