"""How often one may fail, with the time in the hand."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.runtime.accounts.attempts import MAX_REMEMBERED, Allowance, Attempts, Bucket


class AttemptsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.attempts = Attempts(by_address=Allowance(3, 10.0), by_name=Allowance(5, 100.0))

    def fail(self, address: str | None, name: str, now: float) -> float:  # type: ignore[override]  # a failed login
        return self.attempts.begin(address, name, now)

    def test_by_address(self) -> None:
        """An address may fail so often at once, whatever the names, then as its failures are forgiven."""
        self.assertEqual([self.fail("a", f"name{n}", 0.0) for n in range(4)], [0, 0, 0, 10.0])
        self.assertAlmostEqual(self.fail("a", "name", 4.0), 6.0)
        self.assertEqual(self.fail("a", "name", 10.0), 0)
        self.assertEqual(self.fail("a", "name", 10.0), 10.0)
        self.assertEqual(self.fail("b", "name", 10.0), 0)

    def test_by_name(self) -> None:
        """One name may be guessed at so often, from however many addresses."""
        self.assertEqual([self.fail(f"address{n}", "anna", 0.0) for n in range(6)], [0, 0, 0, 0, 0, 100.0])
        self.assertEqual(self.fail("another", "ben", 0.0), 0)

    def test_a_stranger_does_not_lock_a_user_out(self) -> None:
        """Where a name has logged in before, guesses from elsewhere do not count against it."""
        self.assertEqual(self.fail("home", "anna", 0.0), 0)
        self.attempts.succeeded("home", "anna", 0.0)
        for n in range(6):
            self.fail(f"address{n}", "anna", 1.0)
        self.assertGreater(self.fail("elsewhere", "anna", 1.0), 0)
        self.assertEqual(self.fail("home", "anna", 1.0), 0)

    def test_success_costs_nothing(self) -> None:
        """Who knows the password may log in as often as he likes."""
        for _ in range(20):
            self.assertEqual(self.fail("home", "anna", 0.0), 0)
            self.attempts.succeeded("home", "anna", 0.0)

    def test_attempts_that_are_under_way_count(self) -> None:
        """Many at once do not slip through together; those that were not made are given back."""
        self.assertEqual([self.fail("a", "anna", 0.0) for _ in range(4)], [0, 0, 0, 10.0])
        self.attempts.withdraw("a", "anna", 0.0)
        self.assertEqual(self.fail("a", "anna", 0.0), 0)

    def test_no_address(self) -> None:
        """A peer on a Unix socket has none: only its name counts."""
        self.assertEqual([self.fail(None, "anna", 0.0) for _ in range(6)], [0, 0, 0, 0, 0, 100.0])
        self.assertEqual(self.fail(None, "ben", 0.0), 0)


class BucketTests(SynchronousTestCase):
    def test_what_is_remembered_is_bounded(self) -> None:
        """The one that was used longest ago is forgotten, and so is one that all is forgiven."""
        bucket = Bucket(Allowance(1, 10.0))
        for n in range(MAX_REMEMBERED + 1):
            bucket.add(str(n), 0.0)
        self.assertEqual(len(bucket), MAX_REMEMBERED)
        self.assertEqual(bucket.wait_s("0", 0.0), 0)
        self.assertEqual(bucket.wait_s("1", 0.0), 10.0)
        bucket.add("1", 0.0, -1)
        self.assertEqual(len(bucket), MAX_REMEMBERED - 1)

    @given(st.lists(st.floats(0, 100), max_size=50))
    def test_never_more_than_allowed(self, steps: list[float]) -> None:
        """In any stretch of time no more are let through than the burst and what was forgiven in it."""
        allowance = Allowance(4, 10.0)
        bucket = Bucket(allowance)
        now, admitted = 0.0, []
        for step in steps:
            now += step
            if bucket.wait_s("key", now) == 0:
                bucket.add("key", now)
                admitted.append(now)
        for first, start in enumerate(admitted):
            for last, end in enumerate(admitted[first:], first):
                self.assertLessEqual(
                    last - first + 1, allowance.burst + (end - start) / allowance.every_s + 1e-6
                )
