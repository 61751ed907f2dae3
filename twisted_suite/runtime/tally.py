"""What one service's connections came to, added up. Core: plain counts, read by whoever shows them."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from typing import Any

# Upper bounds of the buckets of connection times, in seconds: from a fetch on a LAN to a day in a chat.
DURATION_BUCKETS_S = (0.001, 0.01, 0.1, 1.0, 10.0, 60.0, 600.0, 3600.0, 86400.0)


# The same from a whole request to the beginning of its answer: from memory to a disk that sleeps.
ANSWER_BUCKETS_S = (0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0)


class Histogram:
    """Counts values by upper bound, as Prometheus counts them: each bucket holds all that are not greater."""

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.total = 0.0
        self._counts = [0] * (len(bounds) + 1)

    def observe(self, value: float) -> None:
        """Count `value`."""
        self._counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def cumulative(self) -> list[int]:
        """The number of values up to each bound, and last the number of all."""
        sums = []
        running = 0
        for count in self._counts:
            running += count
            sums.append(running)
        return sums


@dataclass(slots=True)
class Snapshot:
    """One service at one moment, in one process or added up over several."""

    service: str
    open: int = 0
    buffered_bytes: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    ended: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    held: int = 0  # how many times a connection was not read from, since it had sent too fast
    seconds: list[int] = field(default_factory=lambda: [0] * (len(DURATION_BUCKETS_S) + 1))
    seconds_total: float = 0.0
    answers: list[int] = field(default_factory=lambda: [0] * (len(ANSWER_BUCKETS_S) + 1))
    answers_total: float = 0.0

    def add(self, other: "Snapshot") -> None:
        """Add the same service of another process."""
        self.open += other.open
        self.buffered_bytes += other.buffered_bytes
        self.bytes_in += other.bytes_in
        self.bytes_out += other.bytes_out
        self.ended.update(other.ended)
        self.refused.update(other.refused)
        self.held += other.held
        self.seconds = [mine + theirs for mine, theirs in zip(self.seconds, other.seconds, strict=True)]
        self.seconds_total += other.seconds_total
        self.answers = [mine + theirs for mine, theirs in zip(self.answers, other.answers, strict=True)]
        self.answers_total += other.answers_total

    def closed(self) -> "Snapshot":
        """What stays true of it when its process has ended: the totals."""
        return replace(self, open=0, buffered_bytes=0)

    def to_json(self) -> dict[str, Any]:
        """As a value that JSON has."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Snapshot":
        """The snapshot that `to_json` made `value` of."""
        return cls(**{**value, "ended": Counter(value["ended"]), "refused": Counter(value["refused"])})


def summed(snapshots: Iterable[Snapshot]) -> list[Snapshot]:
    """One snapshot for each service, in the order in which they first appear."""
    services: dict[str, Snapshot] = {}
    for snapshot in snapshots:
        services.setdefault(snapshot.service, Snapshot(snapshot.service)).add(snapshot)
    return list(services.values())


def summary(snapshots: Iterable[Snapshot]) -> str:
    """All of them in one line, for people."""
    open_now = ended = refused = 0
    for snapshot in snapshots:
        open_now += snapshot.open
        ended += snapshot.ended.total()
        refused += snapshot.refused.total()
    return f"{open_now} connections open, {ended} ended, {refused} refused"


class Tally:
    """Counts connections as they end."""

    def __init__(self) -> None:
        self.ended: Counter[str] = Counter()  # by outcome
        self.bytes_in = 0
        self.bytes_out = 0
        self.seconds = Histogram(DURATION_BUCKETS_S)
        self.answers = Histogram(ANSWER_BUCKETS_S)

    def add(self, outcome: str, bytes_in: int, bytes_out: int, seconds: float) -> None:
        """A connection has ended."""
        self.ended[outcome] += 1
        self.bytes_in += bytes_in
        self.bytes_out += bytes_out
        self.seconds.observe(seconds)
