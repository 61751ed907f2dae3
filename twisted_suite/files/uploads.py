"""Uploads: what a PUT means for a file that is there, there in part, or not there. Core.

::

    -> PUT /sub/a.iso                                      the whole
    <- 201 Created, or 409 Conflict where there is a file of that name
    -> PUT /sub/a.iso?replace                              or with If-Match: "etag"
    <- 200 OK
    -> PUT /sub/a.iso, Content-Range: bytes 100-299/300    from a byte on (RFC 9110 section 14.5)
    <- 201 Created with the last byte, before it 202 Accepted with Upload-Offset: 300
    -> HEAD /sub/a.iso?upload, Upload-Length: 300          how much of such an upload is here?
    <- 204 No Content, Upload-Offset: 100

A PUT that breaks off leaves what arrived, to be gone on with. `Upload-Offset` and `Upload-Length` are the
names of the IETF's draft on resumable uploads; the partial PUT is what ``curl -C - -T`` sends.
"""

import re
from dataclasses import dataclass

from twisted_suite.files.message import BadRequest, Request
from twisted_suite.files.plan import Fields

_CONTENT_RANGE = re.compile(rb"bytes +(\d{1,19})-(\d{1,19})/(\d{1,19})", re.IGNORECASE)
_NUMBER = re.compile(r"\d{1,19}")


class Misplaced(BadRequest):
    """A part that does not go on where the upload is; the answer says where that is."""

    def __init__(self, arrived: int) -> None:
        super().__init__(
            409, f"of this upload {arrived} bytes are here: go on from there, or begin again from 0"
        )
        self.fields: Fields = ((b"Upload-Offset", b"%d" % arrived),)


@dataclass(frozen=True, slots=True)
class Put:
    """One PUT: which bytes of which whole it brings, and what may be in its place."""

    start: int  # the place of its first byte in the whole
    length: int | None  # of its body; None: until it ends (chunked)
    total: int | None  # of the whole; None: where its body ends
    may_replace: bool
    if_match: bytes | None = None
    if_none_match: bytes | None = None

    def check_place(self, etag: bytes | None, arrived: int) -> None:
        """Raise `BadRequest` where it may not be: `etag` is of the file that is there, or None.

        `arrived` bytes of an upload of the same whole are here already.
        """
        if self.if_match is not None and not _names(self.if_match, etag):
            raise BadRequest(412, "it is not the version that the request names")
        if self.if_none_match is not None and _names(self.if_none_match, etag):
            raise BadRequest(412, "there is a file of that name")
        if etag is not None and not (self.may_replace or self.if_match is not None):
            raise BadRequest(
                409, "there is a file of that name; PUT to its address with ?replace overwrites it"
            )
        if self.start not in (0, arrived):
            raise Misplaced(arrived)

    def check_length(self, received: int, max_bytes: int) -> None:
        """Raise `BadRequest` where its body, of which `received` bytes have come, is more than it may be."""
        if self.start + received > max_bytes:
            raise _too_large(max_bytes)
        if self.length is not None and received > self.length:
            raise BadRequest(400, f"the body is longer than the {self.length} bytes that its head says")

    def is_whole(self, received: int) -> bool:
        """Whether with its body, which had `received` bytes, all of the file is here."""
        return self.total is None or self.start + received == self.total


def read_put(request: Request, max_bytes: int) -> Put:
    """What the head of a PUT asks for. Raises `BadRequest`."""
    fields = request.fields
    length = _content_length(request)
    may_replace = "replace" in request.query
    conditions = fields.get(b"if-match"), fields.get(b"if-none-match")
    content_range = fields.get(b"content-range")
    if content_range is None:
        if length is not None and length > max_bytes:
            raise _too_large(max_bytes)
        return Put(0, length, length, may_replace, *conditions)
    first, last, total = _range(content_range)
    if length is not None and length != last + 1 - first:
        raise BadRequest(400, f"Content-Range names {last + 1 - first} bytes, and the body has {length}")
    if total > max_bytes:
        raise _too_large(max_bytes)
    return Put(first, last + 1 - first, total, may_replace, *conditions)


def upload_length(request: Request) -> int | None:
    """The length of the whole that a question about an upload names; None: any. Raises `BadRequest`."""
    text = request.fields.get(b"upload-length", b"").decode("latin-1")
    if text and not _NUMBER.fullmatch(text):
        raise BadRequest(400, "Upload-Length is not a number of bytes")
    return int(text) if text else None


def _content_length(request: Request) -> int | None:
    if b"transfer-encoding" in request.fields:
        return None
    length = request.fields.get(b"content-length")
    if length is None:
        raise BadRequest(411, "a Content-Length is needed, or a chunked body")
    return int(length)  # the parser has seen to it that it is one number


def _range(text: bytes) -> tuple[int, int, int]:
    match = _CONTENT_RANGE.fullmatch(text)
    if match is None:
        raise BadRequest(400, "Content-Range is not like bytes 100-199/300")
    first, last, total = map(int, match.groups())
    if not first <= last < total:
        raise BadRequest(400, "Content-Range names no bytes of such a whole")
    return first, last, total


def _names(field: bytes, etag: bytes | None) -> bool:
    """Whether an If-Match or If-None-Match names the file that is there (RFC 9110 section 13.1)."""
    if etag is None:
        return False
    return field.strip() == b"*" or etag in [each.strip() for each in field.split(b",")]


def _too_large(max_bytes: int) -> BadRequest:
    return BadRequest(413, f"over {max_bytes} bytes are not taken (--max-upload)")
