"""Hits and bytes in one number."""

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.accesslog.tallies import absorb, add_all, hits, packed, ranked, size

some_rows = st.lists(st.tuples(st.integers(0, 1 << 30), st.integers(0, 1 << 70)), max_size=9)


class TallyTests(SynchronousTestCase):
    @given(some_rows)
    @settings(max_examples=50)
    def test_sums(self, rows: list[tuple[int, int]]) -> None:
        """The sum of pairs is the pair of sums, however large the sizes."""
        total = sum(packed(*row) for row in rows)
        self.assertEqual(
            (hits(total), size(total)), (sum(row[0] for row in rows), sum(row[1] for row in rows))
        )

    def test_counting(self) -> None:
        """Rows are counted by key, and ranked by hits, then by key."""
        tally: dict[bytes, int] = {}
        add_all(tally, [b"b", b"a", b"b"], [packed(1, 5), packed(1, 7), packed(1, 1)])
        absorb(tally, {b"c": packed(1, 0), b"a": packed(2, 0)}, lambda key: key)
        self.assertEqual(ranked(tally), [(b"a", 3, 7), (b"b", 2, 6), (b"c", 1, 0)])
