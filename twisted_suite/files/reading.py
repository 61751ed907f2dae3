"""Requests out of the bytes of a connection, by `httptools`. Core: no socket, no clock.

::

    -> GET /a.txt HTTP/1.1\\r\\nHost: h\\r\\n\\r\\n      Request(…)
    -> PUT /b HTTP/1.1 … abc                       Request(…, has_body=True), b"abc", BODY_END
    -> nonsense                                    BadRequest(400, …), and nothing after it
"""

from collections.abc import Sequence
from enum import Enum
from typing import Final

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

from twisted_suite.files.message import (
    MAX_FIELDS,
    MAX_HEAD_BYTES,
    MAX_TARGET_BYTES,
    BadRequest,
    Request,
    request,
)


class _End(Enum):
    BODY_END = "the body is whole"


BODY_END: Final = _End.BODY_END
# A request, pieces of its body, the body's end; a mistake of the peer is the last event of a connection.
Event = Request | bytes | _End | BadRequest

# Bytes that repeat are not parsed again: a client on a kept-alive connection says the same each time.
MAX_KNOWN = 1024
MAX_KNOWN_BYTES = 1024
# A secret is not kept in memory beyond its request.
_PRIVATE = (b"authorization", b"cookie", b"proxy-authorization")


class Known:
    """What bytes came to that were parsed before, on any connection: bounded, the oldest go first."""

    def __init__(self) -> None:
        self._events: dict[bytes, tuple[Event, ...]] = {}
        self.get = self._events.get

    def add(self, data: bytes, events: Sequence[Event]) -> None:
        """Remember `events`, where they are whole requests that anybody may have sent."""
        if len(data) > MAX_KNOWN_BYTES or not all(map(_is_plain, events)):
            return
        if len(self._events) >= MAX_KNOWN:
            del self._events[next(iter(self._events))]
        self._events[data] = tuple(events)


def _is_plain(event: Event) -> bool:
    return (
        isinstance(event, Request)
        and not event.has_body
        and event.keep_alive
        and not any(name in event.fields for name in _PRIVATE)
    )


class RequestReader:
    """Turns what a connection receives into events."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._parser = HttpRequestParser(self)
        self._events: list[Event] = []
        self._failed = False
        self._error: BadRequest | None = None
        self.in_head = False  # a request has begun and its head is not whole
        self._in_body = False
        self._waited_bytes = 0  # since the chunk in which this head began
        self._chunk_bytes = 0
        self._field_bytes = 0
        self._target = b""
        self._fields: dict[bytes, bytes] = {}

    def receive(self, data: bytes) -> Sequence[Event]:
        """The events that `data` completes. After a `BadRequest` there are no more."""
        if self._failed:
            return ()
        at_rest = not (self.in_head or self._in_body)
        if at_rest and (known := self._known.get(data)) is not None:
            return known
        events: list[Event] = []
        self._events = events
        self._chunk_bytes = len(data)
        try:
            self._feed(data)
            self._waited_bytes += len(data)
            if self.in_head and self._waited_bytes > MAX_HEAD_BYTES + MAX_TARGET_BYTES:
                raise self._too_large()
        except BadRequest as error:
            self._failed = True
            events.append(error)
        if at_rest and events and not (self.in_head or self._in_body):
            self._known.add(data, events)
        return events

    def _feed(self, data: bytes) -> None:
        while data:
            try:
                self._parser.feed_data(data)
                return
            except HttpParserUpgrade as upgrade:
                # We stay with HTTP/1.1, as RFC 9110 section 7.8 lets us; the rest is the next request.
                data = data[upgrade.args[0] :]
            except HttpParserError as error:
                raise self._error or BadRequest(400, "not a request of HTTP/1.1") from error

    # What httptools calls.

    def on_message_begin(self) -> None:
        self.in_head = True
        self._waited_bytes = -self._chunk_bytes
        self._field_bytes = 0
        self._target = b""
        self._fields = {}

    def on_url(self, piece: bytes) -> None:
        self._target += piece
        if len(self._target) > MAX_TARGET_BYTES:
            self._fail(BadRequest(414, f"the address is longer than {MAX_TARGET_BYTES} bytes"))

    def on_header(self, name: bytes, value: bytes | None) -> None:
        fields, key = self._fields, name.lower()
        value = (value or b"").strip()
        fields[key] = value if key not in fields else fields[key] + b", " + value
        self._field_bytes += len(name) + len(value)
        if len(fields) > MAX_FIELDS or self._field_bytes > MAX_HEAD_BYTES:
            self._fail(self._too_large())

    def on_headers_complete(self) -> None:
        self.in_head = False
        parser, fields = self._parser, self._fields
        upgrading = parser.should_upgrade()
        has_body = b"transfer-encoding" in fields or fields.get(b"content-length", b"0").strip(b"0") != b""
        try:
            made = request(
                parser.get_method().decode("ascii"),
                self._target,
                fields,
                version=parser.get_http_version(),
                # The parser skips the body of a request that would switch protocols: nothing may follow it.
                keep_alive=parser.should_keep_alive() and not (upgrading and has_body),
                has_body=has_body and not upgrading,
            )
        except BadRequest as error:
            self._fail(error)
        self._in_body = made.has_body
        self._events.append(made)

    def on_body(self, piece: bytes) -> None:
        self._events.append(piece)

    def on_message_complete(self) -> None:
        if self._in_body:
            self._in_body = False
            self._events.append(BODY_END)

    def _fail(self, error: BadRequest) -> None:
        """End parsing out of a callback, with this error."""
        self._error = error
        raise error

    def _too_large(self) -> BadRequest:
        return BadRequest(
            431, f"the head is larger than {MAX_HEAD_BYTES} bytes or has over {MAX_FIELDS} fields"
        )
