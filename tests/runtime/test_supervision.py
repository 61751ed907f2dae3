"""When a worker that died is replaced."""

from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.runtime.supervision import HEALTHY_S, MAX_DELAY_S, Backoff


class BackoffTests(SynchronousTestCase):
    def test_ever_more_rarely(self) -> None:
        """The first is replaced at once, one that keeps dying ever later, up to a bound."""
        backoff = Backoff()
        self.assertEqual([backoff.delay_s(0.0) for _ in range(5)], [0.0, 0.1, 0.2, 0.4, 0.8])
        self.assertEqual({backoff.delay_s(0.0) for _ in range(5, 100)} & {MAX_DELAY_S}, {MAX_DELAY_S})
        self.assertEqual(backoff.delay_s(0.0), MAX_DELAY_S)

    def test_a_healthy_life_is_a_new_story(self) -> None:
        """One that lived well is replaced at once again."""
        backoff = Backoff()
        for _ in range(10):
            backoff.delay_s(1.0)
        self.assertEqual(backoff.delay_s(HEALTHY_S), 0.0)
        self.assertEqual(backoff.delay_s(HEALTHY_S - 0.1), 0.1)
