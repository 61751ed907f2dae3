"""When to try again."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.errors import ExitStatus
from twisted_suite.files.get.failures import Changed, TransferError, Unreachable
from twisted_suite.files.get.retry import LONGEST_DELAY_S, LONGEST_WAIT_ASKED_S, Retries

PASSING = TransferError("broken", ExitStatus.IO, again=True)


class RetryTests(SynchronousTestCase):
    def test_ever_later(self) -> None:
        """Delays double, to a limit, and end."""
        retries = Retries(9)
        delays = [retries.delay_s(PASSING, 0, 1.0) for _ in range(10)]
        self.assertEqual(delays, [1, 2, 4, 8, 16, 32, 60, 60, 60, None])

    @given(st.floats(0, 1), st.integers(0, 40))
    def test_jitter(self, jitter: float, times: int) -> None:
        """No delay is shorter than half of its own, or longer than the limit, however often it fails."""
        retries = Retries(1000)
        for _ in range(times):
            retries.delay_s(PASSING, 0, 0.0)
        delay = retries.delay_s(PASSING, 0, jitter)
        assert delay is not None
        self.assertTrue(min(LONGEST_DELAY_S, 2.0**times) / 2 <= delay <= LONGEST_DELAY_S)

    def test_progress_begins_anew(self) -> None:
        """More than ever before begins the count anew; as much as before does not."""
        retries = Retries(2)
        self.assertEqual(retries.delay_s(PASSING, 10, 1.0), 1)
        self.assertEqual(retries.delay_s(PASSING, 11, 1.0), 1)
        self.assertEqual(retries.delay_s(PASSING, 11, 1.0), 2)
        self.assertIsNone(retries.delay_s(PASSING, 5, 1.0))

    def test_what_does_not_pass(self) -> None:
        """A final error is not tried again, nor is anything when no retries are wanted."""
        self.assertIsNone(Retries(9).delay_s(TransferError("gone", ExitStatus.NO_INPUT), 0, 1.0))
        self.assertIsNone(Retries(0).delay_s(PASSING, 0, 1.0))

    def test_nobody_there(self) -> None:
        """Nobody at the address is final at first, and waited for once something has come."""
        self.assertIsNone(Retries(9).delay_s(Unreachable("x"), 0, 1.0))
        self.assertEqual(Retries(9).delay_s(Unreachable("x"), 1, 1.0), 1)

    def test_a_change_is_answered_at_once(self) -> None:
        """A file that changed is asked for at once; if it changes all the time, ever later."""
        retries = Retries(3)
        self.assertEqual([retries.delay_s(Changed("x"), 0, 1.0) for _ in range(4)], [0, 2, 4, None])

    def test_what_the_server_asks_for(self) -> None:
        """Retry-After is kept to, unless it is too long."""
        for after_s, delay in ((30.0, 30), (0.0, 1), (LONGEST_WAIT_ASKED_S + 1, None)):
            busy = TransferError("busy", ExitStatus.UNAVAILABLE, again=True, after_s=after_s)
            self.assertEqual(Retries(9).delay_s(busy, 0, 1.0), delay)
