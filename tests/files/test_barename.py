"""Where a bare name ends."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.errors import LimitExceeded
from twisted_suite.files.barename import QUIET_S, TYPING_QUIET_S, NameReader
from twisted_suite.files.paths import MAX_PATH_BYTES

NAMES = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=80)


def read(pieces: list[bytes]) -> bytes:
    """The name that comes in `pieces`, ended by silence if by nothing else."""
    reader = NameReader()
    for piece in pieces:
        name = reader.receive(piece)
        if name is not None:
            return name
    return reader.end()


def chopped(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({cut % (len(data) + 1) for cut in cuts} | {0, len(data)})
    return [data[start:end] for start, end in pairwise(places) if end > start]


class NameReaderTests(SynchronousTestCase):
    @given(NAMES, st.sampled_from([b"", b"\n", b"\r\n", b"\n\n", b"\r\nmore"]), st.lists(st.integers(0, 99)))
    def test_the_same_name_however_it_is_cut(self, name: str, end: bytes, cuts: list[int]) -> None:
        """Whole, in any pieces and byte by byte, with and without a line end, it is the same name."""
        data = name.encode() + end
        for pieces in ([data], chopped(data, cuts), [data[n : n + 1] for n in range(len(data))]):
            self.assertEqual(read(pieces), name.encode())

    def test_a_line_end_ends_it_at_once(self) -> None:
        """A line end is the end; without one the reader waits."""
        self.assertEqual(NameReader().receive(b"a.txt\n"), b"a.txt")
        self.assertEqual(NameReader().receive(b"a.txt\r\n"), b"a.txt")
        self.assertIsNone(NameReader().receive(b"a.txt"))
        self.assertIsNone(NameReader().receive(b"a.txt\r"))

    def test_how_long_it_waits(self) -> None:
        """A name sent at once waits shortly; keystrokes and half a character wait longer."""
        for pieces, quiet_s in [
            ([b"a.txt"], QUIET_S),
            ([b"a"], TYPING_QUIET_S),
            ([b"a", b".", b"t"], TYPING_QUIET_S),
            (["가".encode()], TYPING_QUIET_S),
            ([b"a.txt", b"x"], QUIET_S),
            (["이름".encode()[:4]], TYPING_QUIET_S),
            ([b"a\xff"], QUIET_S),  # not UTF-8 at all: nothing would complete it
        ]:
            with self.subTest(pieces=pieces):
                reader = NameReader()
                for piece in pieces:
                    reader.receive(piece)
                self.assertEqual(reader.quiet_s, quiet_s)
        self.assertGreater(TYPING_QUIET_S, QUIET_S)

    def test_length(self) -> None:
        """A name of the longest length is taken; one byte more is refused, and little of it is kept."""
        longest = b"n" * MAX_PATH_BYTES
        self.assertEqual(NameReader().receive(longest + b"\r\n"), longest)
        self.assertIsNone(NameReader().receive(longest))
        for too_long in (longest + b"n", longest + b"n\n", b"n" * 10_000_000):
            reader = NameReader()
            self.assertRaises(LimitExceeded, reader.receive, too_long)
            self.assertLessEqual(len(reader._received), MAX_PATH_BYTES + 3)

    def test_nothing_came(self) -> None:
        """Silence from the start is an empty name."""
        self.assertEqual(NameReader().end(), b"")
