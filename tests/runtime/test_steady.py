"""Time that only goes forward."""

from typing import Any

from twisted.internet.base import ReactorBase
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.runtime.steady import keep_steady, steady_clock


class _Times:
    """A system's two clocks."""

    wall = 1_700_000_000.0
    monotonic = 50.0


class SteadyTests(SynchronousTestCase):
    def test_a_jump_is_not_seen(self) -> None:
        """It shows the time of day, and a day more or less on the system's clock changes nothing."""
        times = _Times()
        seconds = steady_clock(lambda: times.wall, lambda: times.monotonic)
        self.assertEqual(seconds(), 1_700_000_000.0)
        for jump in (86400.0, -2 * 86400.0):
            times.wall += jump
            times.monotonic += 1
            self.assertLess(abs(seconds() - 1_700_000_000.0), 3)
        self.assertEqual(seconds(), 1_700_000_002.0)

    def test_only_reactors_that_follow_the_systems_clock(self) -> None:
        """A reactor whose time is its own is left alone, and so is what is no reactor."""

        class Own(ReactorBase):
            def seconds(self) -> float:
                return 1.0

        own: Any = Own.__new__(Own)
        keep_steady(own)
        self.assertEqual(own.seconds(), 1.0)
        keep_steady(object())
        stock: Any = ReactorBase.__new__(ReactorBase)
        keep_steady(stock)
        self.assertIsNot(stock.seconds, ReactorBase.seconds)
