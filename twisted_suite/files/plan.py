"""What is answered, as a value: a status, fields, and a body that can be had from any place on. Core.

A `Body` knows its length and gives its bytes by range, as bytes and as spans of open files, so that the
kernel can send those. A file is one span; a multipart answer is spans with text between them; an archive of a
folder is the same, and can be resumed by range like a file.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from typing import Protocol

from twisted_suite.files.message import BadRequest
from twisted_suite.files.ranges import ByteRange

Fields = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class FileSpan:
    """Bytes of an open file. The descriptor belongs to the body that gave it."""

    fd: int
    offset: int
    length: int


Piece = bytes | FileSpan


class Body(Protocol):
    """Bytes of known number."""

    @property
    def length(self) -> int:
        """How many there are, all in all."""

    def pieces(self, start: int, stop: int) -> AsyncIterator[Piece]:
        """The bytes from `start` up to but without `stop`.

        A piece of bytes is small (a header, a page); a span is done with when the next piece is asked for.
        May raise `OSError`: then the connection is reset, since what was promised cannot be had.
        """

    def close(self) -> None:
        """It is done with, whether it was sent or not. Called once."""


class BytesBody:
    """A body that is in memory."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.length = len(data)

    async def pieces(self, start: int, stop: int) -> AsyncIterator[Piece]:
        yield self.data[start:stop]

    def close(self) -> None:
        """Nothing is held."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One answer. The Date and Connection fields are the connection's to add."""

    status: int
    fields: Fields
    body: Body | bytes = b""
    start: int = 0
    stop: int = 0  # of the body, where it is a `Body`
    encoded: bytes = b""  # the fields as lines, where they have been written before

    def close(self) -> None:
        """It will not be sent, or it has been."""
        if not isinstance(self.body, bytes):
            self.body.close()


@lru_cache(maxsize=128)
def status_line(status: int) -> bytes:
    """The first line of an answer; without words where nobody knows any."""
    try:
        phrase = HTTPStatus(status).phrase.encode("ascii")
    except ValueError:
        phrase = b""
    return b"HTTP/1.1 %d %s\r\n" % (status, phrase)


def encode(fields: Fields) -> bytes:
    """Fields as lines."""
    return b"".join(b"%s: %s\r\n" % field for field in fields)


class Multipart:
    """Several ranges of a body as ``multipart/byteranges`` (RFC 9110 section 14.6), never whole in memory."""

    def __init__(
        self, body: Body, ranges: tuple[ByteRange, ...], total: int, content_type: bytes, boundary: bytes
    ) -> None:
        self._body = body
        self._ranges = ranges
        self._heads = [
            b"\r\n--%s\r\nContent-Type: %s\r\nContent-Range: %s\r\n\r\n"
            % (boundary, content_type, each.content_range(total))
            for each in ranges
        ]
        self._end = b"\r\n--%s--\r\n" % boundary

    @property
    def length(self) -> int:
        return sum(map(len, self._heads)) + sum(each.length for each in self._ranges) + len(self._end)

    async def pieces(self, start: int, stop: int) -> AsyncIterator[Piece]:
        """All of it: nobody resumes within an answer to several ranges."""
        if (start, stop) != (0, self.length):
            raise BadRequest(416, "a multipart answer has no ranges of its own")
        for head, each in zip(self._heads, self._ranges, strict=True):
            yield head
            async for piece in self._body.pieces(each.start, each.stop):
                yield piece
        yield self._end

    def close(self) -> None:
        self._body.close()
