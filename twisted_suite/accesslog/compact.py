"""Panels as the fast lane counts them: numbers in place of names, outside of Python's objects. Core.

The same as hours of dictionaries (`panels.Hour`), in a tenth of the memory. Sums over hours are made by
compiled code that lets other threads run; names become objects once for each distinct value.
"""

from collections.abc import Collection, Iterator, Sequence
from enum import IntEnum

from twisted_suite.accesslog.tallies import Tally, hits, packed, size
from twisted_suite.accesslog.visits import Visits

try:
    from twisted_suite.accesslog.kernel import Tables

    COMPILED = True
except ImportError:  # not compiled on this machine: everything works without it
    COMPILED = False

Pair = tuple[bytes, bytes]


class Field(IntEnum):
    """What is named, in the order of ``native/lines.h``."""

    CLIENT = 0
    AGENT = 1
    REQUEST = 2
    STATUS = 3
    REFERRER = 4
    USER = 5
    HOST = 6


class Kind(IntEnum):
    """What is counted by the hour, in the order of ``native/tables.h``."""

    VISITORS = 0  # by client and agent
    REQUESTS = 1  # by request and status
    REFERRERS = 2
    USERS = 3
    HOSTS = 4


class By(IntEnum):
    """Which parts of a pair are told apart."""

    BOTH = 0
    FIRST = 1
    SECOND = 2


_FIELDS = {
    Kind.VISITORS: (Field.CLIENT, Field.AGENT),
    Kind.REQUESTS: (Field.REQUEST, Field.STATUS),
    Kind.REFERRERS: (Field.REFERRER, None),
    Kind.USERS: (Field.USER, None),
    Kind.HOSTS: (Field.HOST, None),
}


class Compact:
    """Hours and visits. `fold` takes up what was counted in dictionaries; it merges in any order."""

    def __init__(self, tables: "Tables", clients: list[bytes] | None = None) -> None:
        self.tables = tables
        self._names: dict[Field, list[bytes]] = {Field.CLIENT: clients} if clients is not None else {}

    def merge(self, other: "Compact") -> None:
        """Count what another has counted."""
        self._names.clear()
        self.tables.merge(other.tables, False)

    def copy(self) -> "Compact":
        """The same, to be changed."""
        fresh = Compact(new_tables(detailed=True))
        fresh.merge(self)
        return fresh

    def hours(self) -> dict[int, int]:
        """Hits and bytes of every hour by its number, in order."""
        return {number: packed(many, much) for number, many, much in self.tables.hours()}

    def fold(self, kind: Kind, hour: int, tally: "Tally[Pair] | Tally[bytes]") -> None:
        """Empty a dictionary into this. `OverflowError`: too much for 64 bits; what is left stays there."""
        self._names.clear()
        while tally:
            key, value = tally.popitem()
            first, second = key if isinstance(key, tuple) else (key, b"")
            try:
                self.tables.put(kind, hour, first, second, hits(value), size(value))
            except OverflowError:
                tally[key] = value  # type: ignore[index]  # it came from there
                raise

    def fold_visits(self, visits: Visits) -> None:
        """The same for visits. `OverflowError`: one in another century."""
        self._names.clear()
        while visits.spans:
            client, spans = visits.spans.popitem()
            while spans:
                try:
                    self.tables.put_visit(client, *spans[-1])
                except OverflowError:
                    visits.spans[client] = spans
                    raise
                spans.pop()

    def tally(self, kind: Kind, by: By, hours: Sequence[int], second: bytes | None = None) -> Tally[bytes]:
        """Hits and bytes of some hours, by one part of what was counted; if given, of one second part."""
        field, other = _FIELDS[kind]
        names = self.names(other if by is By.SECOND and other is not None else field)
        if second is None:
            return {names[place]: value for place, _, value in self._rows(kind, by, hours)}
        seconds = self.names(other) if other is not None else []
        place_of_second = seconds.index(second) if second in seconds else len(seconds)
        return {names[place]: value for place, _, value in self._rows(kind, by, hours, place_of_second)}

    def names(self, field: Field) -> list[bytes]:
        """The names, at the places of their numbers."""
        if field not in self._names:
            self._names[field] = self.tables.names(field)
        return self._names[field]

    def daily(self, hours: Sequence[int]) -> int:
        """Distinct visitors of each day, added up. The hours are in order, and dated."""
        return self.tables.daily(hours)

    def clients_with(self, agents: Collection[bytes], hours: Sequence[int]) -> int:
        """How many clients have one of these agents."""
        marks = bytes(name in agents for name in self.names(Field.AGENT))
        return self.tables.marked(marks, hours)

    def starts(self, offset_s: int) -> dict[int, int]:
        """How many visits began in each hour, on a wall `offset_s` east of UTC."""
        base, (hours, _, counts, _) = self.tables.starts(offset_s)
        columns = memoryview(hours).cast("I"), memoryview(counts).cast("Q")
        return {base + hour: count for hour, count in zip(*columns, strict=True)}

    def unfolded(self, kind: Kind, hour: int) -> "Tally[Pair] | Tally[bytes]":
        """One dictionary of an hour, as `panels.Hour` has it."""
        one, two = _FIELDS[kind]
        first = self.names(one)
        if two is None:
            return {first[place]: value for place, _, value in self._rows(kind, By.BOTH, [hour])}
        second = self.names(two)
        return {(first[a], second[b]): value for a, b, value in self._rows(kind, By.BOTH, [hour])}

    def unfolded_visits(self) -> Visits:
        """The visits, as `panels.Panels` has them."""
        visits = Visits()
        clients, firsts, lasts = self.tables.visits()
        names = self.names(Field.CLIENT)
        columns = memoryview(clients).cast("I"), memoryview(firsts).cast("q"), memoryview(lasts).cast("q")
        for client, first, last in zip(*columns, strict=True):
            visits.spans.setdefault(names[client], []).append((first, last))
        return visits

    def _rows(
        self, kind: Kind, by: By, hours: Sequence[int], second: int = -1
    ) -> Iterator[tuple[int, int, int]]:
        """The numbers of the names, and hits and bytes as one."""
        one, two, many, much = self.tables.rows(kind, by, second, hours)
        columns = (
            memoryview(one).cast("I"),
            memoryview(two).cast("I"),
            memoryview(many).cast("Q"),
            memoryview(much).cast("Q"),
        )
        return ((a, b, packed(count, sent)) for a, b, count, sent in zip(*columns, strict=True))


def new_tables(*, detailed: bool, quoted: bool = True, hosts: int = 0) -> "Tables":
    """Empty tables, whose hashes are those of this process alone: no log can be written against them."""
    return Tables(detailed=detailed, quoted=quoted, hosts=hosts, seed=hash(b"accesslog") & (1 << 64) - 1)
