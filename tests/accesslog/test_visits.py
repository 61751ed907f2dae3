"""Visits against their definition."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.accesslog.visits import PAUSE_S, Visits

some_seconds = st.lists(st.integers(0, 10 * PAUSE_S), max_size=25)


def counted(*seconds: int) -> Visits:
    """The visits of one client with requests at these times."""
    visits = Visits()
    for second in seconds:
        visits.add(b"c", second, second)
    return visits


class VisitsTests(SynchronousTestCase):
    def test_pause(self) -> None:
        """Half an hour without a request ends a visit, a second less does not."""
        self.assertEqual(counted(0, PAUSE_S - 1).count, 1)
        self.assertEqual(counted(0, PAUSE_S).count, 2)

    @given(some_seconds, st.integers(0, 25))
    @settings(max_examples=100)
    def test_definition(self, seconds: list[int], at: int) -> None:
        """In any order, in parts or together, there is one more visit than there are pauses."""
        ordered = sorted(seconds)
        pauses = sum(b - a >= PAUSE_S for a, b in pairwise(ordered))
        whole = counted(*seconds)
        self.assertEqual(whole.count, pauses + 1 if seconds else 0)
        first, second = counted(*seconds[:at]), counted(*seconds[at:])
        second.merge(first.spans)
        self.assertEqual(second, whole)
        self.assertEqual(counted(*ordered), whole)
