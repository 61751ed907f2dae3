"""What the hub tells one peer, or some at this moment: answers, refusals, presence. Core: plain values.

They stand in no log. A front end that has no words for one says nothing.
"""

from dataclasses import dataclass
from enum import Enum, auto

from twisted_suite.chat.events import Change, Kind, Person, Status, Tags, Talk
from twisted_suite.chat.log import Posted
from twisted_suite.chat.names import NameFault


class Fault(Enum):
    """Why a command was refused. `Refused.subject` says what it was about."""

    NO_SUCH_NAME = auto()
    NO_SUCH_ROOM = auto()
    BAD_ROOM_NAME = auto()
    NOT_THERE = auto()  # you are not in that room
    NOT_IN_ROOM = auto()  # the other is not
    ALREADY_THERE = auto()  # the other is
    TOO_MANY_ROOMS = auto()
    NOT_OPERATOR = auto()
    BANNED = auto()
    INVITE_ONLY = auto()
    BAD_KEY = auto()
    FULL = auto()
    MUTED = auto()  # a moderated room, or one that takes nothing from outside
    UNKNOWN_MODE = auto()
    TOO_MANY_BANS = auto()


# --- before there is a name, and after --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NameAsked:
    """Who are you?"""


@dataclass(frozen=True, slots=True)
class NameTaken:
    """Somebody present has this name, or one that reads the same."""

    name: str = ""


@dataclass(frozen=True, slots=True)
class NameRefused:
    fault: NameFault
    name: str = ""


@dataclass(frozen=True, slots=True)
class TriesExhausted:
    """Too many names were refused; the connection ends."""


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """You are `who`."""

    who: Person


@dataclass(frozen=True, slots=True)
class YouRenamed:
    """You have another name, and are in no room that would say so."""

    who: Person  # as before
    name: str


@dataclass(frozen=True, slots=True)
class Goodbye:
    """The last of a connection whose peer said that it goes."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class ServerStopped:
    """The last of a connection that the server ends because it stops."""


# --- answers ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    word: str


@dataclass(frozen=True, slots=True)
class MessageRefused:
    """A message went over the limit; nobody has seen it."""

    limit_bytes: int


@dataclass(frozen=True, slots=True)
class Refused:
    fault: Fault
    subject: str
    about: str = ""  # the room, when the subject is somebody


@dataclass(frozen=True, slots=True)
class Missed:
    """A gap: so many events of a room are no longer kept. None: nobody knows how many (another epoch)."""

    count: int | None
    room: str = ""


@dataclass(frozen=True, slots=True)
class Entered:
    """You are in `room` now, and have its events up to `number` (or are about to, when you do not read)."""

    room: str
    epoch: str
    number: int
    count: int  # members, you included
    topic: str = ""
    topic_by: str = ""
    topic_at: float = 0.0
    is_new: bool = True  # you were not there before


@dataclass(frozen=True, slots=True)
class MemberView:
    who: Person
    status: Status = Status.NONE
    realname: str = ""
    is_away: bool = False


@dataclass(frozen=True, slots=True)
class Members:
    """Who is in a room."""

    room: str
    members: tuple[MemberView, ...]


@dataclass(frozen=True, slots=True)
class RoomView:
    name: str
    count: int
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Rooms:
    rooms: tuple[RoomView, ...]


@dataclass(frozen=True, slots=True)
class PersonView:
    """Answers a question about one person."""

    who: Person
    realname: str
    rooms: tuple[tuple[str, Status], ...]
    away: str | None
    connected_at: float
    active_at: float


@dataclass(frozen=True, slots=True)
class Recounted:
    """Events of the past, oldest first, which the peer asked for."""

    room: str
    epoch: str
    events: tuple[Posted, ...]


@dataclass(frozen=True, slots=True)
class TopicShown:
    room: str
    topic: str
    by: str = ""
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class ModesShown:
    room: str
    changes: tuple[Change, ...]
    made_at: float = 0.0


@dataclass(frozen=True, slots=True)
class BansShown:
    room: str
    bans: tuple[tuple[str, str, float], ...]  # mask, who set it, when


@dataclass(frozen=True, slots=True)
class Helped:
    """What one can do here."""


# --- from one to another ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Told:
    """A private message: to `to`, and back to the one who wrote it."""

    who: Person
    to: str
    text: str
    kind: Kind
    number: int  # of all private messages since the start
    at: float
    tags: Tags = ()


@dataclass(frozen=True, slots=True)
class IsAway:
    """You wrote to (or asked about) somebody who is away."""

    name: str
    message: str


@dataclass(frozen=True, slots=True)
class Invited:
    who: Person
    room: str
    name: str = ""  # whom; the one who is told, or somebody that an operator would like to know of


@dataclass(frozen=True, slots=True)
class InviteSent:
    name: str
    room: str


# --- presence, to all who share a room --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AwaySet:
    """`who` is away, or back when there is no message."""

    who: Person
    message: str | None


@dataclass(frozen=True, slots=True)
class RealnameSet:
    who: Person
    realname: str


Reply = (
    NameAsked
    | NameTaken
    | NameRefused
    | TriesExhausted
    | LoggedIn
    | YouRenamed
    | Goodbye
    | ServerStopped
    | NotUnderstood
    | MessageRefused
    | Refused
    | Missed
    | Entered
    | Members
    | Rooms
    | PersonView
    | Recounted
    | TopicShown
    | ModesShown
    | BansShown
    | Helped
    | Told
    | IsAway
    | Invited
    | InviteSent
    | AwaySet
    | RealnameSet
)
Event = Talk | Reply
