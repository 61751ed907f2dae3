"""From a request and what it names to a plan: preconditions, ranges, 304, 412, 416 (RFC 9110). Core."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from twisted_suite.files.conditions import Outcome, evaluate, http_date, range_applies
from twisted_suite.files.message import Request
from twisted_suite.files.plan import Body, Fields, Multipart, Plan, encode
from twisted_suite.files.ranges import Selection, select

# What a 304 says again (RFC 9110 section 15.4.5).
_VALIDATING = frozenset(
    {b"Cache-Control", b"Content-Location", b"ETag", b"Expires", b"Last-Modified", b"Vary"}
)


@dataclass(frozen=True)
class Representation:
    """What is known of a body before any of it is read."""

    length: int
    content_type: bytes
    etag: bytes | None = None
    modified_s: int | None = None  # seconds after the epoch
    fields: Fields = ()  # others that a 200 and a 206 have

    @cached_property
    def all_fields(self) -> Fields:
        """The fields of a 200."""
        return _fields(self, self.length, self.content_type)

    @cached_property
    def encoded(self) -> bytes:
        """The same as lines: most answers are these, again and again."""
        return encode(self.all_fields)

    def whole(self, body: Body) -> Plan:
        """All of it."""
        return Plan(200, self.all_fields, body, 0, self.length, self.encoded)


def answer(
    request: Request, representation: Representation, body: Body, boundary: Callable[[], bytes]
) -> Plan:
    """The answer to a GET or HEAD. The body goes into the plan, or is closed here.

    `boundary` gives what parts several ranges: random, since no body may hold it.
    """
    if not request.conditional:
        return representation.whole(body)
    fields, etag, modified_s = request.fields, representation.etag, representation.modified_s
    outcome = evaluate(request.method, fields, etag, modified_s)
    if outcome is not Outcome.GO_ON:
        body.close()
        return _without_body(outcome, representation)
    # A Range field means nothing but for a GET (14.2).
    if request.method == "GET" and range_applies(fields, etag, modified_s):
        return _ranged(fields.get(b"range"), representation, body, boundary)
    return representation.whole(body)


def _ranged(
    field: bytes | None, representation: Representation, body: Body, boundary: Callable[[], bytes]
) -> Plan:
    total = representation.length
    selected = select(field, total)
    if selected is Selection.WHOLE:
        return representation.whole(body)
    if isinstance(selected, Selection):
        body.close()
        text = b"this has %d bytes, and none that was asked for\n" % total
        described = ((b"Content-Type", b"text/plain; charset=utf-8"), (b"Content-Length", b"%d" % len(text)))
        return Plan(416, (*described, (b"Content-Range", b"bytes */%d" % total)), text)
    if len(selected) == 1:
        (only,) = selected
        part = ((b"Content-Range", only.content_range(total)),)
        fields = _fields(representation, only.length, representation.content_type, part)
        return Plan(206, fields, body, only.start, only.stop)
    parted = boundary()
    parts = Multipart(body, selected, total, representation.content_type, parted)
    content_type = b"multipart/byteranges; boundary=" + parted
    return Plan(206, _fields(representation, parts.length, content_type), parts, 0, parts.length)


def _fields(representation: Representation, length: int, content_type: bytes, more: Fields = ()) -> Fields:
    validators: list[tuple[bytes, bytes]] = []
    if representation.etag is not None:
        validators.append((b"ETag", representation.etag))
    if representation.modified_s is not None:
        validators.append((b"Last-Modified", http_date(representation.modified_s)))
    return (
        (b"Content-Type", content_type),
        (b"Content-Length", b"%d" % length),
        (b"Accept-Ranges", b"bytes"),
        *validators,
        *representation.fields,
        *more,
    )


def _without_body(outcome: Outcome, representation: Representation) -> Plan:
    fields = representation.all_fields
    if outcome is Outcome.NOT_MODIFIED:
        return Plan(304, tuple(field for field in fields if field[0] in _VALIDATING))
    text = b"it is not the version that the request names\n"
    described = ((b"Content-Type", b"text/plain; charset=utf-8"), (b"Content-Length", b"%d" % len(text)))
    validators = tuple(field for field in fields if field[0] in (b"ETag", b"Last-Modified"))
    return Plan(412, (*described, *validators), text)
