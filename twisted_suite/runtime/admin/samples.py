"""The last minutes of all services, in figures taken at an interval: what the charts show. Core."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from twisted_suite.runtime.tally import Snapshot, summed

INTERVAL_S = 2.0
# Five minutes of charts, however long the program runs.
MAX_SAMPLES = 150

# What a chart shows: a figure at each moment, or how fast a total grows.
_LEVELS: dict[str, Callable[[Snapshot], float]] = {
    "open": lambda snapshot: snapshot.open,
    "buffered": lambda snapshot: snapshot.buffered_bytes,
}
_TOTALS: dict[str, Callable[[Snapshot], float]] = {
    "accepted": lambda snapshot: snapshot.open + snapshot.ended.total(),
    "refused": lambda snapshot: snapshot.refused.total(),
    "received": lambda snapshot: snapshot.bytes_in,
    "sent": lambda snapshot: snapshot.bytes_out,
}


@dataclass(frozen=True, slots=True)
class _Sample:
    at: float
    services: dict[str, Snapshot]


class Samples:
    """Takes figures, and gives out series. A service is there for as long as it is in the newest sample."""

    def __init__(self) -> None:
        self._samples: deque[_Sample] = deque(maxlen=MAX_SAMPLES)

    def add(self, now: float, snapshots: Iterable[Snapshot]) -> None:
        """The figures at `now`, in seconds of a clock that never goes back."""
        self._samples.append(_Sample(now, {each.service: each for each in summed(snapshots)}))

    def to_json(self) -> list[dict[str, Any]]:
        """Each service: its figures now, and their series, oldest first, with None where it was not there."""
        if not self._samples:
            return []
        return [self._service(name, snapshot) for name, snapshot in self._samples[-1].services.items()]

    def _service(self, name: str, snapshot: Snapshot) -> dict[str, Any]:
        return {
            "service": name,
            "open": snapshot.open,
            "accepted": snapshot.open + snapshot.ended.total(),
            "buffered": snapshot.buffered_bytes,
            "received": snapshot.bytes_in,
            "sent": snapshot.bytes_out,
            "ended": dict(snapshot.ended),
            "refused": dict(snapshot.refused),
            "series": {
                **{key: self._levels(name, level) for key, level in _LEVELS.items()},
                **{key: self._rates(name, total) for key, total in _TOTALS.items()},
            },
        }

    def _levels(self, name: str, level: Callable[[Snapshot], float]) -> list[float | None]:
        """The same number of values as `_rates`: of all samples but the first."""
        found = (sample.services.get(name) for sample in list(self._samples)[1:])
        return [None if snapshot is None else level(snapshot) for snapshot in found]

    def _rates(self, name: str, total: Callable[[Snapshot], float]) -> list[float | None]:
        """A second, between each sample and the one before it."""
        rates: list[float | None] = []
        samples = list(self._samples)
        for before, sample in pairwise(samples):
            old, new = before.services.get(name), sample.services.get(name)
            if old is None or new is None or sample.at <= before.at:
                rates.append(None)
            else:  # of workers that were replaced a total may shrink
                rates.append(round(max(0.0, total(new) - total(old)) / (sample.at - before.at), 2))
        return rates
