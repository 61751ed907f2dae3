"""Range fields, against the words of RFC 9110 section 14 and a slow reading of their own."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.files.ranges import MAX_RANGES, ByteRange, Selection, select


class SelectTests(SynchronousTestCase):
    def test_the_standards_examples(self) -> None:
        """The examples of 14.1.2, for a representation of 10000 bytes, mean what it says they mean."""
        for field, ranges in [
            (b"bytes=0-499", [(0, 500)]),
            (b"bytes=500-999", [(500, 1000)]),
            (b"bytes=-500", [(9500, 10000)]),
            (b"bytes=9500-", [(9500, 10000)]),
            (b"bytes=0-0,-1", [(0, 1), (9999, 10000)]),
            (b"bytes= 0-999, 4500-5499, -1000", [(0, 1000), (4500, 5500), (9000, 10000)]),
            (b"bytes=500-600,601-999", [(500, 601), (601, 1000)]),
            (b"Bytes=0-1", [(0, 2)]),
            (b"bytes=9999-20000", [(9999, 10000)]),
            (b"bytes=-20000", [(0, 10000)]),
            (b"bytes=20000-,1-1", [(1, 2)]),
            (b"bytes=5-5,,  ,1-1", [(5, 6), (1, 2)]),
        ]:
            with self.subTest(field=field):
                self.assertEqual(select(field, 10000), tuple(ByteRange(*each) for each in ranges))

    def test_what_is_not_understood_means_the_whole(self) -> None:
        """No field, another unit or a broken field: the field is ignored (14.2)."""
        for field in (
            None, b"", b"bytes", b"bytes=", b"lines=1-2", b"bytes=a-b", b"bytes=5-4", b"bytes=1-2,x",
            b"bytes=-", b"bytes=--1", b"bytes=1-2-3", b"bytes=+1-2", b"bytes=\xb2-", b"bytes=0x1-2",
            b"bytes=1 -2",
            b"bytes=0-" + b"9" * 1000, b"bytes=" + b"0-0," * (MAX_RANGES + 1),
        ):  # fmt: skip
            with self.subTest(field=field):
                self.assertIs(select(field, 10000), Selection.WHOLE)

    def test_beyond_the_end(self) -> None:
        """Ranges without a byte, and the last nothing, cannot be satisfied; the end of nothing is nothing."""
        for field, total in [
            (b"bytes=10-", 10),
            (b"bytes=-0", 10),
            (b"bytes=11-12,20-", 10),
            (b"bytes=0-", 0),
        ]:
            with self.subTest(field=field):
                self.assertIs(select(field, total), Selection.UNSATISFIABLE)
        self.assertIs(select(b"bytes=-5", 0), Selection.WHOLE)

    def test_an_attack(self) -> None:
        """Ranges that overlap to more than the whole are answered with the whole."""
        self.assertIs(select(b"bytes=" + b",".join([b"0-"] * 50), 1000), Selection.WHOLE)

    def test_content_range(self) -> None:
        """The field of the answer names the last byte and not the one after it."""
        self.assertEqual(ByteRange(0, 500).content_range(1234), b"bytes 0-499/1234")

    @given(
        st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30), st.sampled_from("fls")), min_size=1),
        st.integers(0, 25),
    )
    def test_as_a_slow_reading(self, specs: list[tuple[int, int, str]], total: int) -> None:
        """Any list of ranges selects the bytes that one gets by looking at every position."""
        texts, wanted, valid = [], [], True
        for first, last, kind in specs:
            texts.append({"f": f"{first}-{last}", "l": f"{first}-", "s": f"-{last}"}[kind])
            valid = valid and not (kind == "f" and first > last)
            valid = valid and not (kind == "s" and last and not total)
            positions = {
                "f": [at for at in range(total) if first <= at <= last],
                "l": [at for at in range(total) if first <= at],
                "s": [at for at in range(total) if at >= total - last],
            }[kind]
            if positions:
                wanted.append(positions)
        selected = select(b"bytes=" + ",".join(texts).encode(), total)
        if not valid or len(specs) > MAX_RANGES or sum(map(len, wanted)) > total:
            self.assertIs(selected, Selection.WHOLE)
        elif not wanted:
            self.assertIs(selected, Selection.UNSATISFIABLE)
        else:
            assert isinstance(selected, tuple)
            self.assertEqual([list(range(each.start, each.stop)) for each in selected], wanted)

    @given(st.binary(max_size=40))
    def test_any_bytes(self, field: bytes) -> None:
        """Whatever a peer sends is a selection, and never beyond the end."""
        selected = select(b"bytes=" + field, 100)
        if isinstance(selected, tuple):
            self.assertTrue(all(0 <= each.start < each.stop <= 100 for each in selected))
