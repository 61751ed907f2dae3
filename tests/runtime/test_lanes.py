"""Turns on a lane."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.runtime.lanes import LEAST_TURN_BYTES, MOST_TURN_BYTES, Lane, turn_bytes


class LaneTests(SynchronousTestCase):
    def test_turns(self) -> None:
        """One turn begins when the bytes of the one before are paid for; idle time is not saved up."""
        lane = Lane(1000)
        self.assertEqual([lane.reserve(500, 5.0) for _ in range(3)], [5.0, 5.5, 6.0])
        lane.give_back(500)
        self.assertEqual(lane.reserve(500, 5.0), 6.0)
        self.assertEqual(lane.reserve(100, 60.0), 60.0)

    @given(st.lists(st.tuples(st.floats(0, 1), st.integers(1, 500)), min_size=1), st.integers(1, 10_000))
    def test_never_faster(self, wishes: list[tuple[float, int]], rate: int) -> None:
        """However it is asked, what may have left when a turn begins is no more than the rate gives."""
        lane, now, reserved = Lane(rate), 0.0, 0
        for pause, count in wishes:
            now += pause
            turn = lane.reserve(count, now)
            self.assertGreaterEqual(turn, now)
            self.assertLessEqual(reserved, rate * turn + 1e-6)
            reserved += count

    def test_turn_bytes(self) -> None:
        """The slowest lane says how much one turn is, within limits."""
        self.assertEqual(turn_bytes([Lane(1_000_000), Lane(100_000)]), 10_000)
        self.assertEqual(turn_bytes([Lane(1)]), LEAST_TURN_BYTES)
        self.assertEqual(turn_bytes([Lane(1e12)]), MOST_TURN_BYTES)
