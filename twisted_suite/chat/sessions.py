"""A peer as the hub knows it, and what a front end is to do for it. Core.

::

    NAMING   --Login-->  PRESENT  --Quit, Dismiss-->  LEAVING  --all delivered-->  CLOSED
       \\------------------- Quit, Dismiss, too many names -----------------------/
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from twisted_suite.chat import replies as r
from twisted_suite.chat.events import Person
from twisted_suite.chat.flood import Allowance
from twisted_suite.chat.log import Posted
from twisted_suite.chat.names import Name
from twisted_suite.chat.room import Room


class State(Enum):
    """Where a session is."""

    NAMING = auto()
    PRESENT = auto()
    LEAVING = auto()  # no longer a member for the others, but what was said before is still on its way to it
    CLOSED = auto()


class Session:
    """One peer. Changed by the hub only, but for `peer`; front ends keep it and read it."""

    __slots__ = (
        "active_at", "allowance", "away", "behind_since", "closed_at", "connected_at", "farewell", "here",
        "host", "is_full", "name", "peer", "person", "realname", "rooms", "state", "tries",
    )  # fmt: skip

    def __init__(self, peer: Any = None) -> None:
        self.peer = peer  # the front end's own: the hub never looks at it
        self.state = State.NAMING
        self.name: Name | None = None  # kept after leaving, for the log
        self.person = Person("")  # as others see it
        self.host = ""
        self.realname = ""
        self.away: str | None = None
        self.tries = 0  # names refused so far
        self.rooms: dict[Room[Session], None] = {}  # whose events it is to be sent, in the order of entering
        self.here: Room[Session] | None = None  # the one that it talks in
        self.farewell: r.Reply | None = None  # the last thing that it is told
        self.is_full = False  # its transport takes nothing now
        self.behind_since: float | None = None  # when it last had, or was sent, everything
        self.closed_at: float | None = None  # when we closed it
        self.connected_at = 0.0
        self.active_at = 0.0
        self.allowance = Allowance()

    @property
    def is_named(self) -> bool:
        return self.name is not None


# --- effects ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Append:
    """These events are now in their room's log: what a history is to keep. Comes before their deliveries."""

    epoch: str
    events: tuple[Posted, ...]


@dataclass(frozen=True, slots=True)
class Deliver:
    """The same events of one room for some peers. A front end encodes them once for all that speak alike."""

    room: str  # as it is shown
    sessions: tuple[Session, ...]
    events: tuple[Posted, ...]
    lost: int = 0  # events before these that are no longer kept
    epoch: str = ""  # of the room's log


@dataclass(frozen=True, slots=True)
class Send:
    """The same replies for some peers."""

    sessions: tuple[Session, ...]
    events: tuple[r.Reply, ...]


@dataclass(frozen=True, slots=True)
class Recall:
    """`session` asks for events that only a history may have: `count` of them, before number `before`.

    Whoever keeps one answers by ``hub.recalled``. With nobody there, what the log has is all.
    """

    session: Session
    room: str
    before: int
    count: int


@dataclass(frozen=True, slots=True)
class Close:
    """Close the connection when what was sent has gone out."""

    session: Session


@dataclass(frozen=True, slots=True)
class Abort:
    """Cut the connection off: the peer does not read."""

    session: Session
    reason: str


@dataclass(frozen=True, slots=True)
class Flush:
    """Call ``flush`` at the end of this turn of the loop."""


Effect = Append | Deliver | Send | Recall | Close | Abort | Flush
