"""Numbers of connections, and who waits."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.runtime.balance import ABSENT, Balance

COUNTS = st.lists(st.integers(0, 10_000) | st.just(ABSENT), min_size=1, max_size=16)


class BalanceTests(SynchronousTestCase):
    def test_who_has_more_waits(self) -> None:
        """A worker that is well above the mean waits; one that is not, does not."""
        counts = [10, 0, ABSENT]
        self.assertTrue(Balance(counts, 0).should_wait(10))
        self.assertFalse(Balance(counts, 1).should_wait(1))
        self.assertEqual(counts, [10, 1, ABSENT])

    def test_alone(self) -> None:
        """The only one never waits."""
        counts = [ABSENT, ABSENT]
        self.assertFalse(Balance(counts, 1).should_wait(500))

    def test_who_left_is_no_measure(self) -> None:
        """Connections of a worker that drains make nobody else accept more."""
        counts = [0, 100, 100]
        self.assertTrue(Balance(counts, 1).should_wait(100))
        Balance(counts, 0).leave()
        self.assertFalse(Balance(counts, 1).should_wait(100))

    @given(COUNTS, st.data())
    def test_somebody_accepts(self, counts: list[int], data: st.DataObject) -> None:
        """Whatever the numbers, the one with the fewest does not wait, so no newcomer waits for all."""
        present = [slot for slot, count in enumerate(counts) if count != ABSENT]
        if present:
            fewest = min(present, key=counts.__getitem__)
            self.assertFalse(Balance(counts, fewest).should_wait(counts[fewest]))

    @given(st.integers(2, 8), st.integers(0, 2000))
    def test_newcomers_are_spread(self, workers: int, newcomers: int) -> None:
        """With the same worker always first, none has much more than the mean in the end."""
        counts = [0] * workers
        for _ in range(newcomers):
            taker = next(
                slot for slot in range(workers) if not Balance(counts, slot).should_wait(counts[slot])
            )
            counts[taker] += 1
        self.assertLessEqual(max(counts), 1.02 * newcomers / workers + 2)
