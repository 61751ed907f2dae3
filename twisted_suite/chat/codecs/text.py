"""What the lecture's clients and terminals have in common. Core: the base of the `legacy` and `line` codecs.

::

    <- 로그인ID:                       no line end, ever
    -> name
    <- 이미 등록된 사용자입니다. LF      or another reason, and the prompt again
    <- [name]님이 입장했습니다.          to all; from here on a line end only on a line connection
    -> text
    <- [name] text                    to all
    -> /quit
    <- [name]님이 퇴장했습니다.          to the others

Text is shown on terminals: what they would obey is replaced on its way out, and only there.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from twisted_suite.chat import commands as c
from twisted_suite.chat import events as e
from twisted_suite.chat import replies as r
from twisted_suite.chat.codecs.words import Words
from twisted_suite.chat.sessions import Deliver

# A browser made to send a form here must not become a member who says its headers (cross-protocol request),
# and neither must a client that speaks TLS to us, whose first bytes are a handshake record.
OTHER_PROTOCOL = re.compile(r"([A-Z]{3,16} \S+ HTTP/\d(\.\d)?|\x16\x03[\x00-\x04].*)", re.DOTALL)

# C0 (but for the tab), DEL and C1 controls, line and paragraph separators, bidi overrides, lone surrogates.
UNSAFE = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
CONTROL_PICTURES = 0x2400  # U+241B is a picture of ESC
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

# What is followed by the prompt, or by nothing, ends its line in any dialect, as the lecture's server does.
LINE_ENDS: dict[type[e.Talk | r.Reply], str] = {
    r.NameAsked: "",
    r.NameTaken: "\n",
    r.NameRefused: "\n",
    r.TriesExhausted: "\n",
}


def visible(text: str) -> str:
    """`text` with a picture or a mark in place of every character that a terminal would obey."""
    return UNSAFE.sub(_picture, text)


def _picture(match: re.Match[str]) -> str:
    code = ord(match.group())
    return (
        chr(CONTROL_PICTURES + code)
        if code < 0x20
        else "\N{SYMBOL FOR DELETE}"
        if code == 0x7F
        else REPLACEMENT
    )


class TextCodec(ABC):
    """Messages as lines of text in one language; `line_end` ends those of the conversation."""

    line_end: ClassVar[str]

    def __init__(self, words: Words) -> None:
        self._words = words

    def decode(self, text: str, *, named: bool) -> c.Command | None:
        """A message is text unless its first character is a slash; an empty one is nothing."""
        if text.startswith("/") and text.strip() == "/quit":
            return c.Quit()
        if not named:
            return c.Quit() if OTHER_PROTOCOL.fullmatch(text) else c.Login(text)
        if text.startswith("/"):
            return self.command(text)
        return c.Say(text) if text.strip() else None

    def encode(self, event: e.Talk | r.Reply, room: str = "") -> bytes:
        """The bytes that tell a peer of `event`; with `room`, as of a room that it is not talking in."""
        line_end = LINE_ENDS.get(type(event), self.line_end)
        mark = f"#{room} " if room else ""
        return "".join(f"{mark}{visible(line)}{line_end}" for line in self._words.lines(event)).encode()

    def encode_delivery(self, delivery: Deliver) -> bytes:
        """For peers that talk in the room of `delivery`."""
        return self.encode_all(delivery, "")

    def encode_all(self, delivery: Deliver, room: str) -> bytes:
        events: Sequence[e.Talk | r.Reply] = [posted.event for posted in delivery.events]
        if delivery.lost:
            events = [r.Missed(delivery.lost, delivery.room), *events]
        return b"".join([self.encode(event, room) for event in events])

    @abstractmethod
    def command(self, text: str) -> c.Command | None:
        """What comes of a message that starts with a slash."""


class FromElsewhere:
    """The voice of a room for peers that are in several: `is_here` when they talk in it now.

    What happened to somebody in several rooms at once, each of which logs it, is told by the first of those
    that `rooms` names: the peer's own.
    """

    __slots__ = ("_codec", "_is_here", "_rooms")

    def __init__(self, codec: TextCodec, rooms: tuple[str, ...], *, is_here: bool) -> None:
        self._codec = codec
        self._rooms = rooms
        self._is_here = is_here

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FromElsewhere) and self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(self._identity())

    def _identity(self) -> tuple[object, ...]:
        return self._codec, self._rooms, self._is_here

    def encode_delivery(self, delivery: Deliver) -> bytes:
        kept = tuple(p for p in delivery.events if is_told_by(p.event, delivery.room, self._rooms))
        room = "" if self._is_here else delivery.room
        return self._codec.encode_all(Deliver(delivery.room, (), kept, delivery.lost), room)


def is_told_by(event: e.Talk, room: str, rooms: tuple[str, ...]) -> bool:
    """Whether a peer that is in `rooms` is to hear of `event` from `room`."""
    if not isinstance(event, e.Gone | e.Renamed):
        return True
    return next((shared for shared in event.rooms if shared in rooms), room) == room
