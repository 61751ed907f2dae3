"""Who reads a room's log, and how far each has come. Core: used by `room` and the hub.

Everybody reads the same numbered events. Most members are *live*: they have all that was delivered, and share
one place. The others each have a cursor: a member whose transport is full costs one integer, never a queue,
and reads on when the transport has drained; past what is kept it learns how many it lost. History on joining
and resuming after a reconnect are the same read from another place.
"""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from twisted_suite.chat.log import Log, Posted, RoomLimits

MemberT = TypeVar("MemberT", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Delivery(Generic[MemberT]):
    """The same next events for some members."""

    members: tuple[MemberT, ...]
    events: tuple[Posted, ...]
    lost: int = 0  # events before these that are no longer kept
    is_last: bool = False  # these members had been told to leave, and have it all now


class _Cursor:
    __slots__ = ("at", "is_full", "until")

    def __init__(self, at: int, *, is_full: bool = False) -> None:
        self.at = at  # number of the next event to be given
        self.is_full = is_full  # the transport takes nothing now
        self.until: int | None = None  # told to leave: nothing from this number on


class Audience(Generic[MemberT]):
    """The readers of one log."""

    def __init__(self, log: Log, limits: RoomLimits) -> None:
        self.log = log
        self.limits = limits
        self._live: dict[MemberT, None] = {}
        self._apart: dict[MemberT, _Cursor] = {}
        self._all_live: tuple[MemberT, ...] | None = None  # the keys of _live, until it changes
        self._delivered = log.end  # live members have everything before this
        self._delivered_size = log.total_size
        self.is_due = False  # some member can be given something

    def __len__(self) -> int:
        return len(self._live) + len(self._apart)

    def __contains__(self, member: MemberT) -> bool:
        return member in self._live or member in self._apart

    @property
    def is_bursting(self) -> bool:
        """So much is waiting that it must be delivered now, or members that keep up would lose some of it."""
        return (
            self.log.end - self._delivered >= self.limits.burst_events
            or self.log.total_size - self._delivered_size >= self.limits.slice_size
        )

    def posted(self) -> None:
        """Something was appended to the log."""
        self.is_due = True

    def enter(self, member: MemberT, at: int | None = None, *, is_full: bool = False) -> None:
        """From now on, or from number `at` on. One that was on its way out stays."""
        cursor = self._apart.get(member)
        if cursor is not None:
            cursor.until = None
            return
        self._apart[member] = _Cursor(self.log.end if at is None else at, is_full=is_full)
        self._join_the_live(member)

    def leave(self, member: MemberT) -> None:
        """At once, whatever it has not been given."""
        if self._apart.pop(member, None) is None:
            self._leave_live(member)

    def retire(self, member: MemberT) -> None:
        """Let it have what was posted so far; then it is gone, by a last delivery."""
        cursor = self._set_apart(member)
        cursor.until = self.log.end if cursor.until is None else cursor.until
        self.is_due = True

    def pause(self, member: MemberT) -> None:
        self._set_apart(member).is_full = True

    def resume(self, member: MemberT) -> None:
        self._set_apart(member).is_full = False
        self._join_the_live(member)

    def has_all(self, member: MemberT) -> bool:
        """Whether nothing is waiting for `member`."""
        cursor = self._apart.get(member)
        if cursor is None:
            return self._delivered >= self.log.end
        return cursor.at >= self.log.end and cursor.until is None

    def catch_up(self, member: MemberT) -> list[Delivery[MemberT]]:
        """What `member` alone is to be sent now, if its transport takes anything."""
        if self.has_all(member):
            return []
        cursor = self._set_apart(member)
        deliveries = []
        while not cursor.is_full and member in self._apart and not self.has_all(member):
            deliveries.append(self._delivery(cursor.at, cursor.until, [member]))
        self.is_due = True  # it has to go back to the others
        return deliveries

    def deliveries(self) -> list[Delivery[MemberT]]:
        """What every member is to be sent now. Those that kept up all share one delivery."""
        self.is_due = False
        end = self.log.end
        deliveries: list[Delivery[MemberT]] = []
        if self._live and self._delivered < end:
            reading = self.log.read(self._delivered, end)
            deliveries.append(Delivery(self._live_members(), reading.events))
        self._delivered = end
        self._delivered_size = self.log.total_size
        if self._apart:
            deliveries += [
                self._delivery(at, until, members) for (at, until), members in self._waiting().items()
            ]
        self.log.forget(self.limits)
        return deliveries

    def _waiting(self) -> dict[tuple[int, int | None], list[MemberT]]:
        """The members with a cursor that can be given something, by where they are; others become live."""
        waiting: dict[tuple[int, int | None], list[MemberT]] = {}
        caught_up = []
        for member, cursor in self._apart.items():
            if cursor.is_full:
                continue
            if cursor.at < self.log.end or cursor.until is not None:
                waiting.setdefault((cursor.at, cursor.until), []).append(member)
            else:
                caught_up.append(member)
        self._enter_live(caught_up)
        return waiting

    def _delivery(self, at: int, until: int | None, members: list[MemberT]) -> Delivery[MemberT]:
        end = self.log.end if until is None else until
        reading = self.log.read(at, end, self.limits.slice_size)
        is_complete = reading.cursor >= end
        is_last = is_complete and until is not None
        if not is_complete:
            self.is_due = True
        if is_last:
            for member in members:
                del self._apart[member]
        elif reading.cursor == self._delivered == self.log.end:
            self._enter_live(members)
        else:
            for member in members:
                self._apart[member].at = reading.cursor
        return Delivery(tuple(members), reading.events, reading.lost, is_last)

    def _set_apart(self, member: MemberT) -> _Cursor:
        cursor = self._apart.get(member)
        if cursor is None:
            self._leave_live(member)
            cursor = self._apart[member] = _Cursor(self._delivered)
        return cursor

    def _join_the_live(self, member: MemberT) -> None:
        """At once if `member` is where they are; else there is something to deliver first."""
        cursor = self._apart[member]
        if cursor.is_full:
            return
        if cursor.until is None and cursor.at == self._delivered == self.log.end:
            self._enter_live([member])
        else:
            self.is_due = True

    def _leave_live(self, member: MemberT) -> None:
        del self._live[member]
        self._all_live = None

    def _enter_live(self, members: Iterable[MemberT]) -> None:
        for member in members:
            del self._apart[member]
            self._live[member] = None
            self._all_live = None

    def _live_members(self) -> tuple[MemberT, ...]:
        if self._all_live is None:
            self._all_live = tuple(self._live)
        return self._all_live
