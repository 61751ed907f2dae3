"""What to ask for next, and what each answer changes: the fetching of one file over HTTP. Core.

A file is put together from several answers only while a strong entity tag says that they are of one
version; otherwise it comes in one answer, from its beginning. What came before a change is thrown away.
"""

from twisted_suite.errors import ExitStatus
from twisted_suite.files.get.answers import Ask, NoSuchRange, Reply
from twisted_suite.files.get.failures import Changed, TransferError
from twisted_suite.files.get.pieces import MIN_PIECE_BYTES, Piece, Pieces
from twisted_suite.files.get.record import Record, Version


class Plan:
    """One file. `segments` connections may work at it; `record` tells of an earlier part."""

    def __init__(self, name: str, source: str, segments: int, record: Record | None) -> None:
        self._name = name
        self._source = source
        self._segments = segments
        self.disposition = ""
        self.version: Version | None = None
        self.pieces = Pieces(None)
        if record is not None and record.source == source:
            self.version = record.version
            self.pieces = Pieces(record.version.size, record.done)

    @property
    def known(self) -> bool:
        """Whether an answer, now or in an earlier run, has said what file it is."""
        return self.version is not None

    @property
    def complete(self) -> bool:
        """Whether all is here."""
        return self.known and self.pieces.complete

    @property
    def segments(self) -> int:
        """How many connections can work at it now."""
        return self._segments if self.version is not None and self.version.resumable else 1

    def record(self) -> Record | None:
        """What another run needs to go on; None if it could not."""
        if self.version is None or not self.version.resumable:
            return None
        return Record(self._source, self.version, self.pieces.done)

    def next(self) -> tuple[Ask, Piece | None] | None:
        """The next request, and the piece that it is for, once the file is known. None: nothing is left."""
        if self.version is None:
            # A part of the file first: the answer tells size and tag, which the other connections need.
            return Ask(0, MIN_PIECE_BYTES if self._segments > 1 else None), None
        piece = self.pieces.claim(self.segments)
        return None if piece is None else (self._ask(piece), piece)

    def _ask(self, piece: Piece) -> Ask:
        assert self.version is not None
        whole = piece.start == 0 and piece.end == self.pieces.size
        return Ask(piece.start, None if whole else piece.end, self.version.tag)

    def answered(self, piece: Piece | None, reply: Reply | NoSuchRange) -> tuple[Piece, bool]:
        """The piece whose bytes now come, and whether all that came before is void.

        Raises `Changed` when the answer is of another version while others still bring the old one, and when
        a new beginning is needed: call `forget` then.
        """
        if isinstance(reply, NoSuchRange):
            raise self._changed(f"{self._name}: it is shorter than it was")
        if piece is None:
            return self._first(reply), True
        same = self.version is not None and (reply.version.size, reply.version.tag) == (
            self.version.size,
            self.version.tag,
        )
        if reply.partial and same:
            piece.end = reply.end
            return piece, False
        if not reply.partial and same and (piece.start, piece.end) == (0, self.pieces.size):
            return piece, False  # all was asked for, and is here in one answer
        if reply.partial or self.pieces.under_way > 1:
            raise self._changed(f"{self._name}: it changed on the server")
        return self._adopt(reply), True

    def _first(self, reply: Reply) -> Piece:
        if reply.partial and not reply.version.resumable:
            raise self._changed(f"{self._name}: the server does not tell its versions apart")
        return self._adopt(reply)

    def _adopt(self, reply: Reply) -> Piece:
        self.version = reply.version
        self.disposition = reply.disposition
        self.pieces = Pieces(reply.version.size)
        return self.pieces.take(reply.start, reply.end)

    def _changed(self, message: str) -> Changed:
        # One answer for all: an odd server is asked for no parts again.
        self._segments = 1
        return Changed(message)

    def odd(self, message: str, *, again: bool) -> TransferError:
        """The error of an answer whose body is not what its header said."""
        return TransferError(
            f"{self._name}: {message}", ExitStatus.IO if again else ExitStatus.DATA, again=again
        )

    def forget(self) -> None:
        """All that came is void: begin anew."""
        self.version = None
        self.pieces = Pieces(None)

    def broke_off(self) -> None:
        """A connection failed: what came without a strong tag cannot be continued."""
        if self.version is not None and not self.version.resumable:
            self.forget()
