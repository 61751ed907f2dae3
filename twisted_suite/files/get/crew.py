"""The connections that work at one file at the same time. Adapter over `Plan`."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeGuard

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from twisted_suite.files.get.answers import Ask
from twisted_suite.files.get.failures import Changed, TransferError
from twisted_suite.files.get.pieces import Piece
from twisted_suite.files.get.plan import Plan
from twisted_suite.files.get.web import Answer

Write = Callable[[int, bytes], object]


class Crew:
    """Works off `plan`: asks, and writes what comes. A member that fails leaves its work to the others.

    So a server that allows only so many connections gets as many as it allows.
    """

    def __init__(
        self, plan: Plan, ask: Callable[[Ask], Awaitable[Answer]], write: Write, void: Callable[[], None]
    ) -> None:
        self._plan = plan
        self._ask = ask
        self._write = write  # bytes at their place
        self._void = void  # all that was written is of no use
        self._members: set[Deferred[None]] = set()
        self._grown = False
        self._error: TransferError | None = None
        self._ended: Deferred[None] = Deferred()

    async def work(self) -> None:
        """Work until all is here. Raises `TransferError` when nobody can go on, and `OSError` of the disk."""
        self._hire()
        try:
            await self._ended
        finally:
            for member in tuple(self._members):
                member.cancel()

    def _hire(self) -> None:
        member = Deferred.fromCoroutine(self._member())
        self._members.add(member)
        member.addBoth(self._left, member)

    def _grow(self) -> None:
        """The first answer has come: there is work for others."""
        if not self._grown:
            self._grown = True
            for _ in range(self._plan.segments - len(self._members)):
                self._hire()

    def _left(self, result: Failure | None, member: "Deferred[None]") -> None:
        self._members.discard(member)
        if self._ended.called:
            return
        if isinstance(result, Failure):
            error = result.value
            if not (self._members and _may_pass(error)):
                self._ended.errback(result)
                return
            self._error = error
        if not self._members:
            if self._plan.complete:
                self._ended.callback(None)
            else:
                self._ended.errback(self._error or AssertionError("nothing is left to ask for"))

    async def _member(self) -> None:
        while (step := self._plan.next()) is not None:
            await self._bring(*step)

    async def _bring(self, ask: Ask, piece: Piece | None) -> None:
        pieces = self._plan.pieces
        try:
            answer = await self._ask(ask)
            try:
                piece, void = self._plan.answered(piece, answer.meaning)
            except TransferError:
                answer.drop()
                raise
            pieces = self._plan.pieces
            if void:
                self._void()
            self._grow()
            await answer.read(partial(self._take, piece))
            if piece.end is None:
                pieces.whole(piece.position)
            elif piece.left:
                raise self._plan.odd(f"the server ended {piece.left:,} bytes early", again=True)
        finally:
            if piece is not None:
                pieces.release(piece)

    def _take(self, piece: Piece, data: bytes) -> None:
        if piece.left is not None and len(data) > piece.left:
            raise self._plan.odd("the server sends more than it said", again=False)
        self._write(piece.position, data)
        piece.position += len(data)


def _may_pass(error: BaseException | None) -> TypeGuard[TransferError]:
    """Whether it concerns one connection, and not the file."""
    return isinstance(error, TransferError) and error.again and not isinstance(error, Changed)
