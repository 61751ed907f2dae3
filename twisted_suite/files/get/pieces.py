"""Which bytes of a file are here, which are on their way, and which are asked for next. Core."""

from collections.abc import Iterable
from dataclasses import dataclass

# From a byte up to another, without it.
Span = tuple[int, int]
Spans = tuple[Span, ...]

# Less is not worth a request of its own.
MIN_PIECE_BYTES = 1 << 20


def merged(spans: Iterable[Span]) -> Spans:
    """The same bytes, in order, as few spans as there can be."""
    whole: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if whole and start <= whole[-1][1]:
            whole[-1] = (whole[-1][0], max(end, whole[-1][1]))
        else:
            whole.append((start, end))
    return tuple(whole)


def gaps(spans: Spans, size: int) -> Spans:
    """What `spans`, which are merged, leave of a file of `size` bytes."""
    starts = [0, *(end for _, end in spans)]
    ends = [*(start for start, _ in spans), size]
    return tuple((start, end) for start, end in zip(starts, ends, strict=True) if start < end)


@dataclass(slots=True, eq=False)
class Piece:
    """Bytes that one answer brings, in order."""

    start: int
    end: int | None  # None: to the end of a file whose size nobody knows
    position: int  # those before it are here

    @property
    def left(self) -> int | None:
        """Bytes that are still to come, where that is known."""
        return None if self.end is None else self.end - self.position


class Pieces:
    """Shares out a file among connections. `done` is what is here already.

    Each asks for a part of what is left, the smaller the less is left: all end at about the same time,
    whatever their speeds, with few requests (guided self-scheduling, Polychronopoulos and Kuck 1987).
    """

    def __init__(self, size: int | None, done: Spans = ()) -> None:
        self.size = size
        self._done = merged(done)
        self._active: list[Piece] = []

    @property
    def done(self) -> Spans:
        """What is here, of pieces under way too."""
        return merged([*self._done, *((piece.start, piece.position) for piece in self._active)])

    @property
    def here_bytes(self) -> int:
        """How much is here."""
        return sum(end - start for start, end in self.done)

    @property
    def complete(self) -> bool:
        """Whether nothing is missing. Never, while the size is not known."""
        return self.size is not None and not gaps(self.done, self.size)

    @property
    def under_way(self) -> int:
        """How many pieces are being brought."""
        return len(self._active)

    def claim(self, connections: int) -> Piece | None:
        """The next piece for one of so many connections; None when there is nothing left to ask for."""
        if self.size is None:
            return None if self._active else self.take(0, None)
        taken = [(piece.start, piece.end or self.size) for piece in self._active]
        free = gaps(merged([*self._done, *taken]), self.size)
        if not free:
            return None
        left = sum(end - start for start, end in free)
        length = left if connections == 1 else max(MIN_PIECE_BYTES, left // (2 * connections))
        start, end = free[0]
        # What would be left of the gap should be worth asking for.
        return self.take(start, end if end - start < length + MIN_PIECE_BYTES else start + length)

    def take(self, start: int, end: int | None) -> Piece:
        """These bytes are on their way."""
        piece = Piece(start, end, start)
        self._active.append(piece)
        return piece

    def release(self, piece: Piece) -> None:
        """Nothing more comes of it: what came is here, the rest is free again."""
        if piece in self._active:
            self._active.remove(piece)
        self._done = merged([*self._done, (piece.start, piece.position)])

    def whole(self, size: int) -> None:
        """The file has ended, and so its size is known."""
        self.size = size
