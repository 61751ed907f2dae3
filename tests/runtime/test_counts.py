"""Memory that several processes see."""

import os

from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.runtime.balance import ABSENT
from twisted_suite.runtime.counts import SharedCounts, counts_at


class CountsTests(SynchronousTestCase):
    def counts(self, places: int) -> SharedCounts:
        counts = SharedCounts(places)
        self.addCleanup(os.close, counts.fileno())
        return counts

    def test_written_here_and_read_there(self) -> None:
        """What one process writes at its place, another sees through the same descriptor."""
        counts = self.counts(3)
        counts_at(counts.fileno())[1] = 7
        self.assertEqual(list(counts_at(counts.fileno())), [ABSENT, 7, ABSENT])

    def test_places(self) -> None:
        """Each is given once; who has ended is no more in the count, and its place is free."""
        counts = self.counts(2)
        self.assertEqual([counts.take(), counts.take(), counts.take()], [0, 1, None])
        counts_at(counts.fileno())[0] = 5
        counts.give_back(0)
        counts.give_back(None)
        self.assertEqual(counts_at(counts.fileno())[0], ABSENT)
        self.assertEqual([counts.take(), counts.take()], [0, None])

    def test_none(self) -> None:
        """No place at all is possible: then nobody gets one."""
        self.assertIsNone(self.counts(0).take())
