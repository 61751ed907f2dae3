"""Visits: what one client asks for without a pause of half an hour. Core.

Of each client the spans from the first to the last request of a visit are kept. Spans that lie closer than
the pause are one, whatever the order in which they come, so the visits of parts of a log merge to those of
the whole.
"""

from bisect import bisect_left
from collections.abc import Mapping

PAUSE_S = 1800

Spans = list[tuple[int, int]]  # of UTC seconds, first and last request; in order, a pause between any two


class Visits:
    """The visits of every client."""

    __slots__ = ("spans",)

    def __init__(self) -> None:
        self.spans: dict[bytes, Spans] = {}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Visits) and self.spans == other.spans

    __hash__ = None  # type: ignore[assignment]  # it changes

    @property
    def count(self) -> int:
        """Of all clients."""
        return sum(map(len, self.spans.values()))

    def add(self, client: bytes, first: int, last: int) -> None:
        """Count requests from `first` to `last`, with no pause in between."""
        spans = self.spans.get(client)
        if spans is None:
            self.spans[client] = [(first, last)]
            return
        start, end = spans[-1]
        if start <= first < end + PAUSE_S:  # logs are nearly in order
            if last > end:
                spans[-1] = (start, last)
        elif first >= end + PAUSE_S:
            spans.append((first, last))
        else:
            _insert(spans, first, last)

    def merge(self, others: Mapping[bytes, Spans]) -> None:
        """Count what another has counted."""
        for client, spans in others.items():
            for first, last in spans:
                self.add(client, first, last)


def _insert(spans: Spans, first: int, last: int) -> None:
    start = bisect_left(spans, (first, last))
    if start and spans[start - 1][1] + PAUSE_S > first:
        start -= 1
    end = start
    while end < len(spans) and spans[end][0] < last + PAUSE_S:
        first, last = min(first, spans[end][0]), max(last, spans[end][1])
        end += 1
    spans[start:end] = [(first, last)]
