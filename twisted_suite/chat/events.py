"""What happened, as the hub tells it. Core: plain values, shared by every codec and every front end.

`Talk` is the conversation of a room: numbered by its log and the same for everybody. The others are for one
peer (or some, at that moment) and are kept nowhere; they are replies, refusals and presence.
"""

from dataclasses import dataclass
from enum import Enum, IntFlag, auto

# What clients tell each other about a message, such as which one it answers: passed on, never looked at.
Tags = tuple[tuple[str, str], ...]


class Kind(Enum):
    """How something is said."""

    MESSAGE = auto()
    EMOTE = auto()  # "* kim waves"
    NOTICE = auto()  # what no program may answer (RFC 2812, section 3.3.2)


class Status(IntFlag):
    """What a member of a room may do more than others."""

    NONE = 0
    VOICE = 1
    OPERATOR = 2


@dataclass(frozen=True, slots=True)
class Person:
    """Who does something, as the others see it at that time."""

    name: str
    id: int = 0  # of the session: the same through renames; 0 for what a history kept
    user: str = ""  # what the peer calls its user name; never proved
    host: str = ""  # where from, as far as others may know
    account: str = ""  # logged in as; empty when not


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a room's mode, by IRC's letters: ``b i k l m n o t v``."""

    is_set: bool
    mode: str
    argument: str = ""


# --- a room's conversation --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Joined:
    who: Person
    realname: str = ""
    away: str | None = None


@dataclass(frozen=True, slots=True)
class Said:
    who: Person
    text: str
    kind: Kind = Kind.MESSAGE
    tags: Tags = ()


@dataclass(frozen=True, slots=True)
class Left:
    """Out of this room, and still there."""

    who: Person
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Gone:
    """Out of all `rooms`, each of which logs this; who reads several of them is told once, by the first."""

    who: Person
    reason: str = ""
    rooms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Renamed:
    who: Person  # as before
    name: str
    rooms: tuple[str, ...] = ()  # as in `Gone`


@dataclass(frozen=True, slots=True)
class TopicSet:
    who: Person
    topic: str


@dataclass(frozen=True, slots=True)
class Kicked:
    who: Person
    name: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ModesSet:
    who: Person
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Crowd:
    """So many came and went within a short time, `who` first: told as one, see `HubLimits.crowd_above`."""

    who: Person
    came: int = 0
    left: int = 0


Talk = Joined | Said | Left | Gone | Renamed | TopicSet | Kicked | ModesSet | Crowd


def size_of(event: Talk) -> int:
    """What `event` counts for in a log's limits, in characters."""
    match event:
        case Said(who, text):
            return len(who.name) + len(text)
        case TopicSet(who, topic):
            return len(who.name) + len(topic)
        case Left(who, reason) | Gone(who, reason) | Kicked(who, _, reason):
            return len(who.name) + len(reason)
    return len(event.who.name)
