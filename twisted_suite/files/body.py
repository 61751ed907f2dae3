"""Bodies on their way: an open file as a body, what of one can be had at once, and the sending. Adapter."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing

from twisted_suite.files.folder import OpenFile
from twisted_suite.files.plan import BytesBody, FileSpan, Piece, Plan
from twisted_suite.files.producer import Truncated
from twisted_suite.files.residence import in_memory, read_at_once

# A file of at most this size is read and leaves in one write with its head: cheaper than a second call.
SMALL_BYTES = 16 * 1024
# One of at most this size, in memory, is handed to the socket behind its head without a turn of the loop.
MIDDLING_BYTES = 256 * 1024


class FileBody:
    """The bytes of an open file; it is closed with it."""

    __slots__ = ("fd", "length")  # a thousand slow readers have one each

    def __init__(self, file: OpenFile) -> None:
        self.fd = file.fd
        self.length = file.size

    async def pieces(self, start: int, stop: int) -> AsyncIterator[Piece]:
        if start < stop:
            yield FileSpan(self.fd, start, stop - start)

    def close(self) -> None:
        os.close(self.fd)


def small(plan: Plan) -> bytes | bytearray | None:
    """The bytes that `plan` sends, where they are in memory, and few if they are a file's.

    Raises `Truncated` where there are fewer than were promised.
    """
    if isinstance(plan.body, BytesBody):
        return plan.body.data[plan.start : plan.stop]
    length = plan.stop - plan.start
    if length > SMALL_BYTES or not isinstance(plan.body, FileBody):
        return None
    data = bytearray(length)
    read = read_at_once(plan.body.fd, data, plan.start)
    if read is None or read == length:
        return None if read is None else data
    if os.fstat(plan.body.fd).st_size < plan.stop:
        raise Truncated("the file became shorter before it was read")
    return None  # the rest is not in memory


def span_of(plan: Plan) -> FileSpan | None:
    """All that `plan` sends, where it is of one file."""
    if not isinstance(plan.body, FileBody):
        return None
    return FileSpan(plan.body.fd, plan.start, plan.stop - plan.start)


def is_at_hand(span: FileSpan) -> bool:
    """Whether it is little enough to be sent at once, and in memory."""
    return span.length <= MIDDLING_BYTES and in_memory(span.fd, span.offset, span.length)


async def deliver(plan: Plan, give: Callable[[Piece], Awaitable[None]]) -> None:
    """Have the body of `plan` sent: `give` sends one piece, and is done when the peer takes more.

    A failure of any kind means that the peer has not got all that its head promised.
    """
    assert not isinstance(plan.body, bytes)
    async with aclosing(plan.body.pieces(plan.start, plan.stop)) as pieces:  # type: ignore[type-var]
        async for piece in pieces:
            await give(piece)
