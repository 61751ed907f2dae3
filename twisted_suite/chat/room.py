"""A room is one log, a member is a cursor in it. Core: used by the hub.

Everybody reads the same numbered events. A member whose transport is full costs one integer, never a queue:
it reads on from its cursor when the transport has drained, and past what is kept it learns how many it lost.
History on joining and resuming after a reconnect are the same read from another place.

Knows nothing of what a member or an event is.
"""

from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass
from itertools import islice
from typing import Generic, TypeVar

MemberT = TypeVar("MemberT", bound=Hashable)
EventT = TypeVar("EventT")


@dataclass(frozen=True, slots=True)
class RoomLimits:
    """Sizes are in characters, as the poster counts them."""

    kept_events: int = 1000  # what a slow member can fall behind by
    kept_size: int = 1 << 20  # so that a thousand of the longest messages do not cost 8 MB and more
    burst_events: int = 250  # posted since the last deliveries: time for the next, whatever the loop's turn
    slice_size: int = 1 << 15  # for one member at once; on the wire at most four times that


@dataclass(frozen=True, slots=True)
class Delivery(Generic[MemberT, EventT]):
    """The same next events for some members."""

    members: tuple[MemberT, ...]
    events: tuple[EventT, ...]
    lost: int = 0  # events before these that are no longer kept
    is_last: bool = False  # these members had been told to leave, and have it all now


@dataclass(frozen=True, slots=True)
class Reading(Generic[EventT]):
    """What a read of the log gave, and where the next one starts."""

    events: tuple[EventT, ...]
    lost: int
    cursor: int


class Log(Generic[EventT]):
    """Numbered events, from 1 without gaps; the newest are kept."""

    def __init__(self) -> None:
        self._kept: deque[tuple[EventT, int]] = deque()
        self._kept_size = 0
        self.first = 1  # number of the oldest that is kept
        self.end = 1  # number that the next one gets
        self.total_size = 0  # of all there ever were

    def append(self, event: EventT, size: int) -> int:
        self._kept.append((event, size))
        self._kept_size += size
        self.total_size += size
        self.end += 1
        return self.end - 1

    def read(self, cursor: int, until: int, size: int) -> Reading[EventT]:
        """Events from `cursor` to before `until`, as many as make up `size`; at least one if there is one."""
        start = max(cursor, min(self.first, until))
        events: list[EventT] = []
        taken = 0
        for event, event_size in islice(self._kept, *(max(0, at - self.first) for at in (start, until))):
            events.append(event)
            taken += event_size
            if taken >= size:
                break
        return Reading(tuple(events), start - cursor, start + len(events))

    def forget(self, limits: RoomLimits) -> None:
        while len(self._kept) > limits.kept_events or self._kept_size > limits.kept_size:
            _, size = self._kept.popleft()
            self._kept_size -= size
            self.first += 1


class _Cursor:
    __slots__ = ("at", "behind_since", "is_full", "until")

    def __init__(self, at: int) -> None:
        self.at = at  # number of the next event to be given
        self.is_full = False  # the transport takes nothing now
        self.behind_since: float | None = None  # when it last had, or was sent, everything
        self.until: int | None = None  # told to leave: nothing from this number on

    def fall_behind(self, now: float) -> None:
        if self.behind_since is None:
            self.behind_since = now


class Room(Generic[MemberT, EventT]):
    """The log, and who reads it."""

    def __init__(self, limits: RoomLimits | None = None) -> None:
        self._limits = limits or RoomLimits()
        self._log: Log[EventT] = Log()
        self._cursors: dict[MemberT, _Cursor] = {}
        self._delivered = self._log.end  # members that keep up have everything before this
        self._delivered_size = 0
        self.is_due = False  # some member can be given something

    def __len__(self) -> int:
        return len(self._cursors)

    def post(self, event: EventT, size: int) -> int:
        """Append; returns the event's number."""
        self.is_due = True
        return self._log.append(event, size)

    @property
    def is_bursting(self) -> bool:
        """So much is waiting that it must be delivered now, or members that keep up would lose some of it."""
        return (
            self._log.end - self._delivered >= self._limits.burst_events
            or self._log.total_size - self._delivered_size >= self._limits.slice_size
        )

    def enter(self, member: MemberT) -> None:
        """From now on."""
        self._cursors[member] = _Cursor(self._log.end)

    def leave(self, member: MemberT) -> None:
        """At once, whatever it has not been given."""
        del self._cursors[member]

    def retire(self, member: MemberT, now: float) -> None:
        """Let it have what was posted so far; then it is gone, by a last delivery."""
        cursor = self._cursors[member]
        cursor.until = self._log.end
        cursor.fall_behind(now)
        self.is_due = True

    def pause(self, member: MemberT, now: float) -> None:
        cursor = self._cursors[member]
        cursor.is_full = True
        cursor.fall_behind(now)

    def resume(self, member: MemberT) -> None:
        cursor = self._cursors[member]
        cursor.is_full = False
        if cursor.at < self._log.end or cursor.until is not None:
            self.is_due = True
        else:
            cursor.behind_since = None

    def is_full(self, member: MemberT) -> bool:
        return self._cursors[member].is_full

    def behind_since(self, deadline: float) -> list[MemberT]:
        """The members that have been behind since `deadline` or longer."""
        return [
            member
            for member, cursor in self._cursors.items()
            if cursor.behind_since is not None and cursor.behind_since <= deadline
        ]

    def deliveries(self) -> list[Delivery[MemberT, EventT]]:
        """What every member is to be sent now. Those that kept up all share one delivery."""
        self.is_due = False
        deliveries = [self._delivery(at, until, members) for (at, until), members in self._waiting().items()]
        self._delivered = self._log.end
        self._delivered_size = self._log.total_size
        self._log.forget(self._limits)
        return deliveries

    def _waiting(self) -> dict[tuple[int, int | None], list[MemberT]]:
        """The members that can be given something, by where they are."""
        waiting: dict[tuple[int, int | None], list[MemberT]] = {}
        for member, cursor in self._cursors.items():
            if not cursor.is_full and (cursor.at < self._log.end or cursor.until is not None):
                waiting.setdefault((cursor.at, cursor.until), []).append(member)
        return waiting

    def _delivery(self, at: int, until: int | None, members: list[MemberT]) -> Delivery[MemberT, EventT]:
        end = self._log.end if until is None else until
        reading = self._log.read(at, end, self._limits.slice_size)
        is_complete = reading.cursor == end
        if not is_complete:
            self.is_due = True
        for member in members:
            self._advance(member, reading.cursor, is_complete)
        return Delivery(tuple(members), reading.events, reading.lost, is_complete and until is not None)

    def _advance(self, member: MemberT, at: int, is_complete: bool) -> None:
        cursor = self._cursors[member]
        cursor.at = at
        if is_complete and cursor.until is not None:
            del self._cursors[member]
        elif is_complete:
            cursor.behind_since = None
