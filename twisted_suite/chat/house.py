"""Who is here, the rooms, and how anything reaches anybody. Core: what the hub's steps work with.

A step is ``step(house, session, command)``: it changes the house and leaves effects in it. `House` decides
nothing about who may do what; it keeps names unique, rooms bounded, and every peer's events in order: what a
peer is told comes after what was said before, and a peer that does not read is told nothing, for replies
would pile up.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from twisted_suite.chat import events as e
from twisted_suite.chat import replies as r
from twisted_suite.chat.audience import Delivery
from twisted_suite.chat.commands import DEFAULT_ROOM
from twisted_suite.chat.events import Person, Talk
from twisted_suite.chat.flood import DEFAULT_FLOOD_LIMITS, FloodLimits
from twisted_suite.chat.log import Posted, RoomLimits
from twisted_suite.chat.names import Name, read_room_name
from twisted_suite.chat.room import Room
from twisted_suite.chat.sessions import Append, Close, Deliver, Effect, Send, Session, State

# Rooms that nobody is in, whose logs are kept for who comes back.
MAX_EMPTY_ROOMS = 1000
# How long arrivals and departures of a crowd wait for more of them.
CROWD_INTERVAL_S = 1.0
# Who was here, for those who ask.
MAX_DEPARTED = 1000


@dataclass(frozen=True, slots=True)
class HubLimits:
    """What an operator may set."""

    # A link that stalls recovers within this, or the peer has to come back. So does one that we are closing.
    slow_after_s: float = 60.0
    max_rooms: int = 10_000  # with somebody in them
    max_rooms_each: int = 100
    room: RoomLimits = field(default_factory=RoomLimits)
    flood: FloodLimits = DEFAULT_FLOOD_LIMITS
    # In rooms of more members, arrivals and departures are told as one event a second: n of them told to n
    # members are n². None: each is told by itself, always.
    crowd_above: int | None = None


class House:
    """All sessions, names and rooms."""

    def __init__(self, limits: HubLimits | None = None, now: float = 0.0) -> None:
        self.limits = limits or HubLimits()
        self.now = now
        self.effects: list[Effect] = []
        self.present: dict[str, Session] = {}  # by name key
        self.departed: deque[r.PersonView] = deque(maxlen=MAX_DEPARTED)
        self.connected = 0
        self.most_present = 0
        self.closed: set[Session] = set()  # closed by us; the connection's end not yet seen
        self.behind: dict[Session, None] = {}  # those with a `behind_since`
        self.told = 0  # private messages so far
        self.has_archive = False  # somebody takes `Recall`
        self._lookalikes: dict[str, Session] = {}
        self._last_id = 0
        self._last_epoch = 0
        self._rooms: dict[str, Room[Session]] = {}  # by name key
        self._empty: dict[str, None] = {}  # keys of rooms with nobody, longest first
        self.crowded: dict[Room[Session], None] = {}  # rooms with a `crowd` that is not announced yet
        self.due: dict[Room[Session], None] = {}  # rooms with something to deliver
        self.default_room = self.open_room(_name(DEFAULT_ROOM), is_common=True)

    # --- names --------------------------------------------------------------------------------------------

    def owner(self, name: Name) -> Session | None:
        """Who has this name, or one that reads the same."""
        return self.present.get(name.key) or self._lookalikes.get(name.lookalike)

    def take_name(self, session: Session, name: Name) -> None:
        self.free_name(session)
        session.name = name
        self.present[name.key] = self._lookalikes[name.lookalike] = session
        self.most_present = max(self.most_present, len(self.present))

    def free_name(self, session: Session) -> None:
        name = session.name
        if name is not None and self.present.get(name.key) is session:
            del self.present[name.key], self._lookalikes[name.lookalike]

    def next_id(self) -> int:
        self._last_id += 1
        return self._last_id

    # --- rooms --------------------------------------------------------------------------------------------

    @property
    def rooms(self) -> Iterator[Room[Session]]:
        """Those with somebody in them."""
        return (room for room in self._rooms.values() if room.statuses)

    @property
    def is_full(self) -> bool:
        return len(self._rooms) - len(self._empty) >= self.limits.max_rooms

    def find_room(self, name: Name) -> Room[Session] | None:
        return self._rooms.get(name.key)

    def open_room(self, name: Name, *, is_common: bool = False) -> Room[Session]:
        """The room of this name; a new one if there is none, under an epoch of its own."""
        room = self._rooms.get(name.key)
        if room is None:
            self._last_epoch += 1
            epoch = f"{int(self.now * 1000):x}.{self._last_epoch:x}"
            room = self._rooms[name.key] = Room(name, epoch, self.limits.room, is_common=is_common)
            self.room_emptied(room)
        return room

    def room_emptied(self, room: Room[Session]) -> None:
        """Keep the log for now; forget the rooms that have been empty for longest."""
        if room.is_common or room.statuses:
            return
        self._empty[room.name.key] = None
        while len(self._empty) > MAX_EMPTY_ROOMS:
            key = next(iter(self._empty))
            del self._empty[key], self._rooms[key]

    def room_filled(self, room: Room[Session]) -> None:
        self._empty.pop(room.name.key, None)

    def neighbours(self, session: Session) -> dict[Session, None]:
        """All who share a room with `session`, itself not among them."""
        found: dict[Session, None] = {}
        for room in session.rooms:
            found.update(dict.fromkeys(room.statuses))
        found.pop(session, None)
        return found

    # --- telling ------------------------------------------------------------------------------------------

    def post(self, room: Room[Session], event: Talk) -> None:
        room.post(event, self.now)
        self.due[room] = None
        if room.audience.is_bursting:
            self.deliver(room)

    def announce(self, room: Room[Session], session: Session, event: e.Joined | e.Left | e.Gone) -> None:
        """Post that `session` came or went; in a crowd tell itself now, the others with the next ones."""
        limit = self.limits.crowd_above
        if limit is None or len(room) <= limit:
            self.post(room, event)
            return
        crowd = room.crowd
        if crowd is None:
            crowd = e.Crowd(event.who)
            room.crowd_since = self.now
            self.crowded[room] = None
        is_arrival = isinstance(event, e.Joined)
        room.crowd = e.Crowd(crowd.who, crowd.came + is_arrival, crowd.left + (not is_arrival))
        if not isinstance(event, e.Gone) and not session.is_full:
            self.catch_up(session)
            own = Posted(room.name.shown, 0, self.now, event)  # in no log: it has no number
            self.effects.append(Deliver(room.name.shown, (session,), (own,), 0, room.log.epoch))

    def tell_crowds(self) -> None:
        for room in tuple(self.crowded):
            if room.crowd is not None and self.now - room.crowd_since >= CROWD_INTERVAL_S:
                crowd, room.crowd = room.crowd, None
                del self.crowded[room]
                self.post(room, crowd)

    def reply(self, session: Session, *events: r.Reply) -> None:
        """After all that `session` was to be sent before."""
        if session.is_full:
            return
        self.catch_up(session)
        self.effects.append(Send((session,), events))

    def tell_all(self, sessions: Iterable[Session], event: r.Reply) -> None:
        """Presence: to those who read, and only as it is now."""
        reading = tuple(session for session in sessions if not session.is_full)
        if reading:
            self.effects.append(Send(reading, (event,)))

    def catch_up(self, session: Session) -> None:
        """Send `session` alone what waits for it."""
        for room in tuple(session.rooms):
            deliveries = room.audience.catch_up(session)
            if deliveries:
                self.due[room] = None
                self._execute(room, deliveries)

    def deliver(self, room: Room[Session]) -> None:
        """Send everybody what waits for them in `room`."""
        self._execute(room, room.audience.deliveries())
        if not room.audience.is_due:
            self.due.pop(room, None)

    def record(self, room: Room[Session]) -> None:
        """Offer what is new to the history, before anybody is sent it."""
        if room.recorded < room.log.end:
            events = room.log.read(room.recorded, room.log.end).events
            room.recorded = room.log.end
            self.effects.append(Append(room.log.epoch, events))

    def _execute(self, room: Room[Session], deliveries: list[Delivery[Session]]) -> None:
        self.record(room)
        for delivery in deliveries:
            if delivery.events or delivery.lost:
                self.effects.append(
                    Deliver(room.name.shown, delivery.members, delivery.events, delivery.lost, room.log.epoch)
                )
            for session in delivery.members if delivery.is_last else ():
                session.rooms.pop(room, None)
                self.end_if_done(session)

    # --- leaving ------------------------------------------------------------------------------------------

    def stop_reading(self, session: Session, room: Room[Session]) -> None:
        """Let `session` have what was posted in `room` so far, and no more."""
        room.audience.retire(session)
        self.due[room] = None

    def end_if_done(self, session: Session) -> None:
        """Close a session that is leaving, once it has been sent everything."""
        if session.state is State.LEAVING and not session.rooms and not session.is_full:
            if session.farewell is not None:
                self.effects.append(Send((session,), (session.farewell,)))
            self.close(session)

    def close(self, session: Session) -> None:
        session.state, session.closed_at = State.CLOSED, self.now
        self.behind.pop(session, None)
        self.closed.add(session)
        self.effects.append(Close(session))

    def view(self, session: Session) -> r.PersonView:
        rooms = tuple(
            (room.name.shown, room.statuses[session]) for room in session.rooms if session in room.statuses
        )
        return r.PersonView(
            session.person, session.realname, rooms, session.away, session.connected_at, session.active_at
        )

    def person(self, session: Session, name: Name) -> Person:
        """`session`, as others are to see it under `name`."""
        was = session.person
        return Person(name.shown, was.id or self.next_id(), was.user, session.host, was.account)


def _name(text: str) -> Name:
    name = read_room_name(text)
    assert isinstance(name, Name)
    return name
