"""What a peer, or its transport, wants of the hub. Core: plain values, made by codecs and front ends.

A room is named as the peer wrote it, without a ``#``; None is the room that the peer is talking in, which is
the one that it entered last.
"""

from dataclasses import dataclass

from twisted_suite.chat.events import Change, Kind, Tags
from twisted_suite.chat.log import Position

# Where everybody who does not ask for another room is.
DEFAULT_ROOM = "lobby"

# --- the connection ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Connect:
    """A peer is here and has no name yet; `host` is where from, as far as others may know."""

    host: str = ""


@dataclass(frozen=True, slots=True)
class Login:
    """Be here under this name, in `room` if that is not None."""

    name: str
    room: str | None = DEFAULT_ROOM
    user: str = ""
    realname: str = ""
    account: str = ""


@dataclass(frozen=True, slots=True)
class Quit:
    """The peer has said all: send what is pending, then close."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class HangUp:
    """The connection is gone."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Dismiss:
    """The server stops: say so to this peer, then close."""


@dataclass(frozen=True, slots=True)
class Pause:
    """The peer's transport is full: send it nothing more for now."""


@dataclass(frozen=True, slots=True)
class Resume:
    """The peer's transport has taken everything."""


@dataclass(frozen=True, slots=True)
class Overrun:
    """A message was longer than the limit and has been dropped."""

    limit_bytes: int


@dataclass(frozen=True, slots=True)
class Mistype:
    """A command that there is not; `word` is what was typed first."""

    word: str


# --- talking ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Say:
    text: str
    room: str | None = None
    kind: Kind = Kind.MESSAGE
    tags: Tags = ()


@dataclass(frozen=True, slots=True)
class Tell:
    """A private message."""

    name: str
    text: str
    kind: Kind = Kind.MESSAGE
    tags: Tags = ()


@dataclass(frozen=True, slots=True)
class Recount:
    """What was said in a room: the newest `count` events before number `before`, or of all."""

    count: int
    room: str | None = None
    before: int | None = None


# --- oneself ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rename:
    name: str


@dataclass(frozen=True, slots=True)
class SetAway:
    """Away with this message, or back."""

    message: str | None = None


@dataclass(frozen=True, slots=True)
class SetRealname:
    realname: str


@dataclass(frozen=True, slots=True)
class SetAccount:
    """Somebody has checked that this peer is `account`."""

    account: str


# --- rooms ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Join:
    """Come into a room. With `since`, after what one had before; else with the last `history` events."""

    room: str
    key: str = ""
    history: int = 0
    since: Position | None = None


@dataclass(frozen=True, slots=True)
class Part:
    room: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AskMembers:
    room: str | None = None


@dataclass(frozen=True, slots=True)
class AskRooms:
    """Which rooms there are, the largest first."""


@dataclass(frozen=True, slots=True)
class AskPerson:
    name: str


@dataclass(frozen=True, slots=True)
class AskTopic:
    room: str | None = None


@dataclass(frozen=True, slots=True)
class SetTopic:
    topic: str
    room: str | None = None


@dataclass(frozen=True, slots=True)
class AskModes:
    room: str | None = None


@dataclass(frozen=True, slots=True)
class AskBans:
    room: str | None = None


@dataclass(frozen=True, slots=True)
class SetModes:
    changes: tuple[Change, ...]
    room: str | None = None


@dataclass(frozen=True, slots=True)
class Kick:
    name: str
    room: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Invite:
    name: str
    room: str | None = None


@dataclass(frozen=True, slots=True)
class AskHelp:
    """What one can do here."""


Command = (
    Connect
    | Login
    | Quit
    | HangUp
    | Dismiss
    | Pause
    | Resume
    | Overrun
    | Mistype
    | Say
    | Tell
    | Recount
    | Rename
    | SetAway
    | SetRealname
    | SetAccount
    | Join
    | Part
    | AskMembers
    | AskRooms
    | AskPerson
    | AskTopic
    | SetTopic
    | AskModes
    | AskBans
    | SetModes
    | Kick
    | Invite
    | AskHelp
)
