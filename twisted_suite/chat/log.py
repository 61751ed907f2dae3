"""A room's log: numbered events, the newest of which are kept. Core: used by `audience` and the hub.

Numbers are dense and start at 1. They mean something only together with the log's *epoch*: when events were
lost that somebody may have had numbers for (a restart without history), the log starts again under another
epoch. A reader that comes back with ``(epoch, number)`` so either gets exactly what followed, or is told of a
gap; it never takes one event for another.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from twisted_suite.chat.events import Talk


@dataclass(frozen=True, slots=True)
class RoomLimits:
    """Sizes are in characters, as `events.size_of` counts them."""

    kept_events: int = 1000  # what a slow member can fall behind by
    kept_size: int = 1 << 20  # so that a thousand of the longest messages do not cost 8 MB and more
    burst_events: int = 250  # posted since the last deliveries: time for the next, whatever the loop's turn
    slice_size: int = 1 << 15  # for one member at once; on the wire at most four times that


@dataclass(frozen=True, slots=True)
class Position:
    """Where a reader was: it has everything up to and including `number`."""

    epoch: str
    number: int


@dataclass(frozen=True, slots=True)
class Posted:
    """An event in its place."""

    room: str  # as it is shown
    number: int
    at: float  # seconds since 1970
    event: Talk


@dataclass(frozen=True, slots=True)
class Reading:
    """What a read of the log gave, and where the next one starts."""

    events: tuple[Posted, ...]
    lost: int  # events before these that are no longer kept
    cursor: int


class Log:
    """The events of one room."""

    def __init__(self, room: str, epoch: str, first: int = 1) -> None:
        self._kept: deque[tuple[Posted, int]] = deque()
        self._kept_size = 0
        self.room = room
        self.epoch = epoch
        self.first = first  # number of the oldest that is kept
        self.end = first  # number that the next one gets
        self.total_size = 0  # of all there ever were

    def append(self, event: Talk, size: int, at: float) -> Posted:
        posted = Posted(self.room, self.end, at, event)
        self._kept.append((posted, size))
        self._kept_size += size
        self.total_size += size
        self.end += 1
        return posted

    def read(self, cursor: int, until: int, size: int | None = None) -> Reading:
        """Events from `cursor` to before `until`, as many as make up `size`; at least one if there is one."""
        start = max(cursor, min(self.first, until))
        events: list[Posted] = []
        taken = 0
        for posted, event_size in self._between(start, until):
            events.append(posted)
            taken += event_size
            if size is not None and taken >= size:
                break
        return Reading(tuple(events), start - cursor, start + len(events))

    def last(self, count: int, before: int | None = None) -> tuple[Posted, ...]:
        """The newest `count` events, or those right before number `before`."""
        until = self.end if before is None else max(self.first, min(before, self.end))
        return self.read(max(self.first, until - count), until).events

    def first_since(self, at: float) -> int:
        """The number of the first kept event at or after `at`; `end` when there is none."""
        number = self.end
        for posted, _ in reversed(self._kept):
            if posted.at < at:
                break
            number = posted.number
        return number

    def _between(self, start: int, until: int) -> Iterator[tuple[Posted, int]]:
        """A deque is walked from one of its ends: from the nearer."""
        if start - self.first <= self.end - start:
            return islice(self._kept, max(0, start - self.first), max(0, until - self.first))
        newest = islice(reversed(self._kept), self.end - until, max(0, self.end - start))
        return reversed(list(newest))

    def forget(self, limits: RoomLimits) -> None:
        while len(self._kept) > limits.kept_events or self._kept_size > limits.kept_size:
            _, size = self._kept.popleft()
            self._kept_size -= size
            self.first += 1
