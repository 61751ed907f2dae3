"""How far logs have been counted."""

from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.accesslog.marks import HEAD_BYTES, Mark, Marks

A, B = b"a" * HEAD_BYTES * 2, b"b" * HEAD_BYTES * 2


def mark(end: int) -> Mark:
    """One that says only how far."""
    return Mark(1, 2, 0, "", end, end // 10, "")


class MarksTests(SynchronousTestCase):
    def test_known_by_its_head(self) -> None:
        """A log is known by how it starts, and a mark moves with it."""
        marks = Marks()
        self.assertIsNone(marks.find(A))
        marks.move(A, mark(10_000))
        marks.move(A, mark(20_000))
        found = marks.find(A)
        assert found is not None
        self.assertEqual((found.end, len(marks.to_object())), (20_000, 1))
        self.assertIsNone(marks.find(B))

    def test_short(self) -> None:
        """A log that was short when it was marked is known when it has grown, and not if it is another."""
        marks = Marks()
        marks.move(b"one\ntwo", mark(4))
        found = marks.find(b"one\ntwo\nthree\n")
        assert found is not None
        self.assertEqual((found.end, found.head_bytes), (4, 4))
        self.assertIsNone(marks.find(b"one"))
        self.assertIsNone(marks.find(b"two\none\n"))

    def test_nothing_counted(self) -> None:
        """A log without a whole line leaves no mark."""
        marks = Marks()
        marks.move(b"half", mark(0))
        self.assertEqual(marks.to_object(), [])

    def test_there_and_back(self) -> None:
        """Marks come back from what is written of them, and of two sets it is seen when they share a log."""
        one, two = Marks(), Marks()
        one.move(A, mark(10_000))
        two.move(B, mark(10_000))
        self.assertFalse(one.overlap(two))
        one.join(two)
        back = Marks.from_object(one.to_object())
        self.assertEqual(back.to_object(), one.to_object())
        self.assertTrue(back.overlap(two))
