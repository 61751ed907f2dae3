"""Where a message ends, for three kinds of speakers on one port. Core: fed by the server with what comes in.

::

    -> kim                      chunk speakers (the lecture's client): one send is one message
    -> kim LF | CR LF | CR NUL  line speakers (nc, telnet, scripts); telnet's commands are dropped
    -> FIN                      what came before it is a message

A connection starts undecided. A line end decides, at once and for good; until the first one, a message is
what came before a quiet time. How long that is depends on what came, see `Framer.quiet_s`.

TCP keeps no boundaries: two quick sends of a chunk speaker may arrive as one, and nothing can tell.
"""

import re
from enum import Enum, auto

from twisted_suite.chat.commands import Overrun
from twisted_suite.chat.telnet import TelnetFilter

# More than anyone types, little enough to keep for every connection.
MAX_MESSAGE_BYTES = 8192

# Nobody knows yet how this peer speaks: time for a line end that a slow link delays, not felt by a person.
UNDECIDED_QUIET_S = 0.15
# Only single characters so far: perhaps a terminal that sends every key as it is struck.
KEY_BY_KEY_QUIET_S = 0.6
# A known chunk speaker's long chunk: the rest of it is right behind.
CONTINUED_QUIET_S = 0.03
# The last character is incomplete, so more must come.
HALF_CHARACTER_QUIET_S = 1.0
# A chunk of at least so many bytes may be one of several segments of a message.
SEGMENT_BYTES = 1400

LINE_END = re.compile(rb"\r?\n|\r\x00")

Frame = str | Overrun


class Dialect(Enum):
    """How a peer marks the end of a message."""

    UNDECIDED = auto()
    CHUNK = auto()
    LINE = auto()


class Framer:
    """Cuts one connection's bytes into messages. Remembers at most one message of `limit_bytes`.

    After each call, `quiet_s` (unless None) asks for `silence` when nothing has come for so long.
    """

    def __init__(self, limit_bytes: int = MAX_MESSAGE_BYTES) -> None:
        self.dialect = Dialect.UNDECIDED
        self._limit_bytes = limit_bytes
        self._telnet = TelnetFilter()
        self._rest = b""  # the beginning of a message
        self._skipping = False  # inside a message that has gone over the limit
        self._key_by_key = False  # the rest came as single characters

    def feed(self, data: bytes) -> list[Frame]:
        """The messages that `data` completes."""
        data = self._telnet.feed(data)
        if not data:
            return []
        is_start = not self._rest
        self._key_by_key = _is_one_character(data) and (is_start or self._key_by_key)
        *lines, self._rest = LINE_END.split(self._rest + data)
        frames = [frame for line in lines for frame in self._end_message(line)]
        if lines:
            self.dialect = Dialect.LINE
        frames += self._bound_rest()
        if is_start and self._rest_is_whole_chunk():
            frames += self.silence()
        return frames

    def silence(self) -> list[Frame]:
        """The quiet time is over, or the peer has said all: the rest, if any, is a message."""
        if self.dialect is Dialect.UNDECIDED:
            self.dialect = Dialect.CHUNK
        rest, self._rest = self._rest.removesuffix(b"\r"), b""
        return self._end_message(rest) if rest or self._skipping else []

    @property
    def quiet_s(self) -> float | None:
        """How long a silence makes the rest a message; None when only a line end can, or there is no rest."""
        if self.dialect is Dialect.LINE or not (self._rest or self._skipping):
            return None
        if _incomplete_tail(self._rest):
            return HALF_CHARACTER_QUIET_S
        if self.dialect is Dialect.UNDECIDED:
            return KEY_BY_KEY_QUIET_S if self._key_by_key else UNDECIDED_QUIET_S
        return UNDECIDED_QUIET_S if self._key_by_key else CONTINUED_QUIET_S

    def _end_message(self, message: bytes) -> list[Frame]:
        if self._skipping:
            self._skipping = False
            return []
        if len(message) > self._limit_bytes:
            return [Overrun(self._limit_bytes)]
        return [message.decode("utf-8", "replace")]

    def _bound_rest(self) -> list[Frame]:
        """Drop a rest that is too long, but for a CR: it may be half a line end."""
        body = self._rest.removesuffix(b"\r")
        if not self._skipping and len(body) <= self._limit_bytes:
            return []
        self._rest = self._rest[len(body) :]
        was_known, self._skipping = self._skipping, True
        return [] if was_known else [Overrun(self._limit_bytes)]

    def _rest_is_whole_chunk(self) -> bool:
        """Whether a known chunk speaker can have meant nothing but the whole rest."""
        return (
            self.dialect is Dialect.CHUNK
            and 0 < len(self._rest) < SEGMENT_BYTES
            and not self._skipping
            and not self._key_by_key
            and not self._rest.endswith(b"\r")
            and not _incomplete_tail(self._rest)
        )


def _is_one_character(data: bytes) -> bool:
    """One character, or one byte of one: what a struck key sends."""
    return len(data) <= 4 and len(data.decode("utf-8", "replace")) == 1


def _incomplete_tail(data: bytes) -> int:
    """How many bytes at the end begin a UTF-8 character that is not complete."""
    for length in range(1, min(3, len(data)) + 1):
        byte = data[-length]
        if byte & 0xC0 != 0x80:  # not a continuation: here the last character starts
            needed = 4 if byte >= 0xF0 else 3 if byte >= 0xE0 else 2 if byte >= 0xC0 else 1
            return length if length < needed and byte < 0xF8 else 0
    return 0
