"""Sharing out a file."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.files.get.pieces import MIN_PIECE_BYTES, Piece, Pieces, Spans, gaps, merged

SPANS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=12)
MANY = 40 * MIN_PIECE_BYTES


def members(spans: Spans) -> set[int]:
    return {byte for start, end in spans for byte in range(start, end)}


class SpanTests(SynchronousTestCase):
    @given(SPANS)
    def test_merged(self, spans: list[tuple[int, int]]) -> None:
        """The same bytes, in order, and no two spans touch."""
        result = merged(spans)
        self.assertEqual(members(result), members(tuple(spans)))
        edges = [edge for span in result for edge in span]
        self.assertEqual(edges, sorted(set(edges)))

    @given(SPANS, st.integers(60, 70))
    def test_gaps(self, spans: list[tuple[int, int]], size: int) -> None:
        """What is not here is a gap, and nothing else is."""
        done = merged(spans)
        self.assertEqual(members(gaps(done, size)), set(range(size)) - members(done))


class PiecesTests(SynchronousTestCase):
    @given(st.data(), st.integers(0, MANY), st.integers(1, 8))
    def test_everything_comes_once(self, data: st.DataObject, size: int, connections: int) -> None:
        """However connections come, break off and go, no byte is on its way twice, and all are asked for."""
        pieces = Pieces(size)
        active: list[Piece] = []
        for _ in range(25):
            if active and data.draw(st.sampled_from([True, False])):
                piece = active.pop(data.draw(st.integers(0, len(active) - 1)))
                end = piece.end
                assert end is not None
                piece.position += data.draw(st.sampled_from([0, (end - piece.start) // 2, end - piece.start]))
                pieces.release(piece)
            elif len(active) < connections and (claimed := pieces.claim(connections)) is not None:
                active.append(claimed)
            coming = [(piece.position, piece.end or 0) for piece in active]
            apart = sum(end - start for start, end in [*coming, *pieces.done])
            self.assertEqual(apart, sum(end - start for start, end in merged([*coming, *pieces.done])))
        while active or not pieces.complete:
            last = active.pop() if active else pieces.claim(connections)
            assert last is not None
            last.position = last.end or 0
            pieces.release(last)
        self.assertEqual(pieces.here_bytes, size)

    def test_one_connection_asks_once(self) -> None:
        """A single connection asks for all that is missing in a row."""
        piece = Pieces(MANY, ((0, 5),)).claim(1)
        assert piece is not None
        self.assertEqual((piece.start, piece.end), (5, MANY))

    def test_few_requests(self) -> None:
        """Pieces become smaller towards the end, and there are few of them."""
        pieces = Pieces(1000 * MIN_PIECE_BYTES)
        lengths = []
        while (piece := pieces.claim(4)) is not None:
            assert piece.end is not None
            lengths.append(piece.end - piece.start)
        self.assertLess(len(lengths), 60)
        self.assertEqual(lengths[:-1], sorted(lengths[:-1], reverse=True))
        self.assertGreaterEqual(min(lengths), MIN_PIECE_BYTES)

    def test_a_size_that_nobody_knows(self) -> None:
        """It is one piece without an end, and complete only when that has ended."""
        pieces = Pieces(None)
        piece = pieces.claim(4)
        assert piece is not None
        self.assertEqual((piece.end, piece.left, pieces.claim(4)), (None, None, None))
        piece.position = 7
        self.assertFalse(pieces.complete)
        pieces.whole(7)
        pieces.release(piece)
        self.assertTrue(pieces.complete)

    def test_nothing_at_all(self) -> None:
        """An empty file is complete."""
        self.assertTrue(Pieces(0).complete)
        self.assertIsNone(Pieces(0).claim(1))
