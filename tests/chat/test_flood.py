"""Pacing: a burst, then a rate, and nothing lost."""

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.chat.flood import DEFAULT_FLOOD_LIMITS, Allowance, FloodLimits

LIMITS = FloodLimits(burst=3, rate=2)


class AllowanceTests(SynchronousTestCase):
    def test_burst_then_rate(self) -> None:
        """A burst goes through at once; after it a message has to wait for its share."""
        allowance = Allowance()
        self.assertEqual([allowance.wait_s(LIMITS, 10.0) for _ in range(4)], [0, 0, 0, 0.5])
        self.assertEqual(allowance.wait_s(LIMITS, 10.25), 0.25)
        self.assertEqual(allowance.wait_s(LIMITS, 10.5), 0)
        self.assertEqual(allowance.wait_s(LIMITS, 10.5), 0.5)

    def test_recovers(self) -> None:
        """After a rest there is a whole burst again, and not more."""
        allowance = Allowance()
        for _ in range(3):
            allowance.wait_s(LIMITS, 0.0)
        self.assertEqual([allowance.wait_s(LIMITS, 1000.0) for _ in range(4)], [0, 0, 0, 0.5])

    def test_a_paste_goes_through(self) -> None:
        """The default lets a paste of two thousand lines through without a wait."""
        allowance = Allowance()
        waits = [allowance.wait_s(DEFAULT_FLOOD_LIMITS, 0.0) for _ in range(2000)]
        self.assertEqual(set(waits), {0.0})

    def test_no_limit(self) -> None:
        """At a rate of 0 nobody ever waits."""
        allowance = Allowance()
        self.assertEqual({allowance.wait_s(FloodLimits(1, 0), 0.0) for _ in range(100)}, {0.0})

    def test_clock_set_back(self) -> None:
        """A clock that jumps back holds nobody up for longer."""
        allowance = Allowance()
        for _ in range(3):
            allowance.wait_s(LIMITS, 100.0)
        self.assertEqual(allowance.wait_s(LIMITS, 50.0), 0.5)
        self.assertEqual(allowance.wait_s(LIMITS, 50.5), 0)

    @settings(deadline=None)
    @given(st.lists(st.floats(min_value=0, max_value=3), max_size=50))
    def test_bound(self, pauses: list[float]) -> None:
        """Whatever the pauses, no more is taken than burst and rate allow, and waiting always helps."""
        allowance, now = Allowance(), 0.0
        for taken, pause in enumerate(pauses, 1):
            now += pause
            wait_s = allowance.wait_s(LIMITS, now)
            if wait_s:
                now += wait_s + 1e-9
                self.assertEqual(allowance.wait_s(LIMITS, now), 0)
            self.assertLessEqual(taken, LIMITS.burst + now * LIMITS.rate + 1e-6)
