"""What is said to the hub and by it. Core: plain values, shared by every codec and every front end.

A command is what a peer (or its transport) wants; an event is what happened. Three events make up the
conversation, are numbered by the room and are the same for all: `Joined`, `Said`, `Left`. The others are
for one peer alone.
"""

from dataclasses import dataclass
from enum import Enum, auto


class NameFault(Enum):
    """Why a name is not acceptable."""

    EMPTY = auto()
    TOO_LONG = auto()
    HIDDEN = auto()  # holds what a terminal would obey, or what cannot be seen or read
    BRACKET = auto()  # could forge the start of a line: [name]
    SLASH = auto()  # looks like a command


# --- commands ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Connect:
    """A peer is here and has no name yet."""


@dataclass(frozen=True, slots=True)
class Join:
    """Come into the room under this name."""

    name: str


@dataclass(frozen=True, slots=True)
class Say:
    text: str


@dataclass(frozen=True, slots=True)
class Mistype:
    """A command that there is not; `word` is what was typed first."""

    word: str


@dataclass(frozen=True, slots=True)
class Overrun:
    """A message was longer than the limit and has been dropped."""

    limit_bytes: int


@dataclass(frozen=True, slots=True)
class Quit:
    """The peer has said all: send what is pending, then close."""


@dataclass(frozen=True, slots=True)
class HangUp:
    """The connection is gone."""


@dataclass(frozen=True, slots=True)
class Dismiss:
    """The server stops: say so to this peer, then close."""


@dataclass(frozen=True, slots=True)
class Pause:
    """The peer's transport is full: send it nothing more for now."""


@dataclass(frozen=True, slots=True)
class Resume:
    """The peer's transport has taken everything."""


Command = Connect | Join | Say | Mistype | Overrun | Quit | HangUp | Dismiss | Pause | Resume

# --- events of the conversation ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Joined:
    name: str


@dataclass(frozen=True, slots=True)
class Said:
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Left:
    name: str


# --- events for one peer ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NameAsked:
    """Who are you?"""


@dataclass(frozen=True, slots=True)
class NameTaken:
    """Somebody present has this name, or one that reads the same."""


@dataclass(frozen=True, slots=True)
class NameRefused:
    fault: NameFault


@dataclass(frozen=True, slots=True)
class TriesExhausted:
    """Too many names were refused; the connection ends."""


@dataclass(frozen=True, slots=True)
class Missed:
    """A gap: this many events went by while the peer did not read, and are no longer kept."""

    count: int


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    word: str


@dataclass(frozen=True, slots=True)
class MessageRefused:
    """A message went over the limit; nobody has seen it."""

    limit_bytes: int


@dataclass(frozen=True, slots=True)
class ServerStopped:
    """The last line of a connection that the server ends because it stops."""


Talk = Joined | Said | Left
Event = (
    Talk
    | NameAsked
    | NameTaken
    | NameRefused
    | TriesExhausted
    | Missed
    | NotUnderstood
    | MessageRefused
    | ServerStopped
)
