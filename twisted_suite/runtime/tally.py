"""What one service's connections came to, added up. Core: plain counts, read by whoever shows them."""

from bisect import bisect_left
from collections import Counter

# Upper bounds of the buckets of connection times, in seconds: from a fetch on a LAN to a day in a chat.
DURATION_BUCKETS_S = (0.001, 0.01, 0.1, 1.0, 10.0, 60.0, 600.0, 3600.0, 86400.0)


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


class Tally:
    """Counts connections as they end."""

    def __init__(self) -> None:
        self.ended: Counter[str] = Counter()  # by outcome
        self.bytes_in = 0
        self.bytes_out = 0
        self.seconds = Histogram(DURATION_BUCKETS_S)

    def add(self, outcome: str, bytes_in: int, bytes_out: int, seconds: float) -> None:
        """A connection has ended."""
        self.ended[outcome] += 1
        self.bytes_in += bytes_in
        self.bytes_out += bytes_out
        self.seconds.observe(seconds)
