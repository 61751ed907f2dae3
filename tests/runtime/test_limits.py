"""Admission: who comes in."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.runtime.limits import (
    BURST_S,
    Admission,
    ConnectionLimits,
    Refusal,
    TokenBucket,
    address_key,
    with_backlog,
)


class AddressKeyTests(SynchronousTestCase):
    def test_what_an_address_is_counted_under(self) -> None:
        """IPv4 counts by address, IPv6 by its /64, an IPv4 address in IPv6's clothes as IPv4."""
        for host, key in [
            (None, None),
            ("192.0.2.1", "192.0.2.1"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
            ("2001:db8:1:3::9", "2001:db8:1:3::/64"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("fe80::1%eth0", "fe80::/64"),
            ("not:an:address", "not:an:address"),
        ]:
            with self.subTest(host=host):
                self.assertEqual(address_key(host), key)


class BacklogTests(SynchronousTestCase):
    def test_room_for_a_burst(self) -> None:
        """Endpoints that take a backlog get one, unless they name theirs; others are left alone."""
        for endpoint, expected in [
            ("tcp:9009", "tcp:9009:backlog=4096"),
            ("tcp6:9009:interface=\\:\\:1", "tcp6:9009:interface=\\:\\:1:backlog=4096"),
            ("ssl:1:privateKey=k", "ssl:1:privateKey=k:backlog=4096"),
            ("unix:/run/x", "unix:/run/x:backlog=4096"),
            ("haproxy:tcp:9009", "haproxy:tcp:9009:backlog=4096"),
            ("proxied:tcp:9009:from=::1", "proxied:tcp:9009:from=::1:backlog=4096"),
            ("tcp:9009:backlog=5", "tcp:9009:backlog=5"),
            ("systemd:domain=INET:index=0", "systemd:domain=INET:index=0"),
            ("nope", "nope"),
        ]:
            with self.subTest(endpoint=endpoint):
                self.assertEqual(with_backlog(endpoint), expected)


class SweepTests(SynchronousTestCase):
    def test_as_often_as_the_shorter_limit_needs(self) -> None:
        """The sweep follows the shorter of the time limits; without any there is none."""
        self.assertIsNone(ConnectionLimits().sweep_interval_s())
        self.assertEqual(ConnectionLimits(idle_timeout_s=8).sweep_interval_s(), 2)
        self.assertEqual(ConnectionLimits(first_byte_timeout_s=4).sweep_interval_s(), 1)
        self.assertEqual(ConnectionLimits(0, 0, 8, 4).sweep_interval_s(), 1)

    def test_handshakes_are_looked_at_more_often(self) -> None:
        """A short deadline for handshakes does not make us look at all connections as often."""
        limits = ConnectionLimits(idle_timeout_s=80, handshake_timeout_s=8)
        self.assertEqual((limits.sweep_interval_s(), limits.full_sweep_interval_s()), (2, 20))
        self.assertIsNone(ConnectionLimits(handshake_timeout_s=8).full_sweep_interval_s())


class TokenBucketTests(SynchronousTestCase):
    def test_a_burst_then_the_rate(self) -> None:
        """Ten seconds' worth is free at once; from there on each token takes its time."""
        bucket = TokenBucket(5, now=100.0)
        self.assertEqual(bucket.take(50, 100.0), 0.0)
        self.assertEqual(bucket.take(1, 100.0), 0.2)
        self.assertEqual(bucket.take(0, 100.2), 0.0)

    def test_a_clock_that_goes_back(self) -> None:
        """Time that goes back refills nothing, and takes nothing away."""
        bucket = TokenBucket(5, now=100.0)
        bucket.take(50, 100.0)
        self.assertEqual(bucket.take(5, 0.0), 1.0)
        self.assertEqual(bucket.take(0, 1.0), 0.0)

    @given(
        rate=st.floats(1, 1e6),
        steps=st.lists(st.tuples(st.integers(0, 10**6), st.floats(0, 100)), min_size=1, max_size=30),
    )
    def test_never_more_than_burst_and_rate(self, rate: float, steps: list[tuple[int, float]]) -> None:
        """Who waits as told never gets more than the burst and the rate, but for the last piece."""
        bucket = TokenBucket(rate, now=0.0)
        now, taken = 0.0, 0
        for amount, pause in steps:
            self.assertLessEqual(taken, rate * (now + BURST_S) * (1 + 1e-6) + 1e-6)
            now += bucket.take(amount, now) + pause
            taken += amount

    def test_nothing_limited_nothing_counted(self) -> None:
        """Without a rate there is no allowance; with one of the two, the other is not limited."""
        self.assertIsNone(ConnectionLimits().allowance(0.0))
        allowance = ConnectionLimits(max_message_rate=1).allowance(0.0)
        assert allowance is not None
        self.assertEqual(allowance.take_bytes(10**9, 0.0), 0.0)
        self.assertEqual(allowance.take_messages(b"one\ntwo\n" * 6, 0.0), 2.0)


class AdmissionTests(SynchronousTestCase):
    def test_total_limit(self) -> None:
        """No more than max_connections are open; an end lets one in."""
        admission = Admission(ConnectionLimits(max_connections=2))
        self.assertIsNone(admission.admit("a"))
        self.assertIsNone(admission.admit("b"))
        self.assertIs(admission.admit("c"), Refusal.TOTAL)
        admission.release("a")
        self.assertIsNone(admission.admit("c"))

    def test_limit_by_address(self) -> None:
        """One address cannot take the places of others; a peer without an address has no such limit."""
        admission = Admission(ConnectionLimits(max_per_address=1))
        self.assertIsNone(admission.admit("a"))
        self.assertIs(admission.admit("a"), Refusal.PER_ADDRESS)
        self.assertIsNone(admission.admit("b"))
        self.assertIsNone(admission.admit(None))
        self.assertIsNone(admission.admit(None))
        admission.release("a")
        self.assertIsNone(admission.admit("a"))

    def test_zero_is_no_limit(self) -> None:
        """A limit of 0 limits nothing."""
        admission = Admission(ConnectionLimits())
        self.assertEqual({admission.admit("a") for _ in range(1000)}, {None})
        self.assertEqual(admission.open, 1000)

    def test_closed_admits_nobody(self) -> None:
        """While draining nobody else comes in."""
        admission = Admission(ConnectionLimits())
        admission.closed = True
        self.assertIs(admission.admit("a"), Refusal.DRAINING)
        self.assertEqual(admission.open, 0)

    def test_refusals_are_counted_by_reason(self) -> None:
        """Each refusal is counted under why."""
        admission = Admission(ConnectionLimits(max_connections=2, max_per_address=1))
        for key in "aabcc":
            admission.admit(key)
        self.assertEqual(admission.refused, {Refusal.PER_ADDRESS: 1, Refusal.TOTAL: 2})

    @given(st.lists(st.tuples(st.booleans(), st.sampled_from(["a", "b", "c", None]))))
    def test_never_over_a_limit_and_nothing_left_behind(self, steps: list[tuple[bool, str | None]]) -> None:
        """Whatever comes and goes: no limit is passed, and when all have gone nothing is remembered."""
        admission = Admission(ConnectionLimits(max_connections=4, max_per_address=2))
        inside: list[str | None] = []
        for comes, key in steps:
            if comes:
                verdict = admission.admit(key)
                full = len(inside) >= 4 or (key is not None and inside.count(key) >= 2)
                self.assertEqual(verdict is not None, full)
                if verdict is None:
                    inside.append(key)
            elif key in inside:
                inside.remove(key)
                admission.release(key)
            self.assertEqual(admission.open, len(inside))
        for key in inside:
            admission.release(key)
        self.assertEqual((admission.open, dict(admission._by_address)), (0, {}))
