"""A body in memory, and plans read to their end: for tests."""

from collections.abc import AsyncIterator
from typing import Any

from twisted_suite.files.plan import FileSpan, Piece, Plan


class MemoryBody:
    """Bytes that come in pieces of `size`."""

    def __init__(self, data: bytes, size: int = 4) -> None:
        self.data = data
        self.length = len(data)
        self.closed = 0
        self.error: Exception | None = None  # raised in place of the last piece
        self._size = size

    async def pieces(self, start: int, stop: int) -> AsyncIterator[Piece]:
        for at in range(start, stop, self._size):
            if self.error is not None and at + self._size >= stop:
                raise self.error
            yield self.data[at : min(at + self._size, stop)]

    def close(self) -> None:
        self.closed += 1


def content(plan: Plan) -> bytes:
    """All that `plan` sends, which must not wait for anything."""
    if isinstance(plan.body, bytes):
        return plan.body
    found = []

    async def collect(body: Any) -> None:
        async for piece in body.pieces(plan.start, plan.stop):
            assert not isinstance(piece, FileSpan)
            found.append(piece)

    try:
        collect(plan.body).send(None)
    except StopIteration:
        return b"".join(found)
    raise AssertionError("it waits")


def field(plan: Plan, name: bytes) -> bytes | None:
    """The value of one field of `plan`."""
    (value,) = [value for each, value in plan.fields if each == name] or (None,)
    return value
