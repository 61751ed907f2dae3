"""How fast bytes may leave: by turns, so that all who share a rate get the same of it. Core: no clock.

A lane is a rate. Whoever wants to send reserves a number of bytes and is told when its turn is; the next
one's turn begins when those bytes are paid for. What was not sent is given back.
"""

from collections.abc import Sequence

# A turn is a tenth of a second long, within limits: small enough to flow, large enough to cost nothing.
TURNS_PER_SECOND = 10
LEAST_TURN_BYTES, MOST_TURN_BYTES = 2048, 256 * 1024


class Lane:
    """One rate, in bytes a second."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self._free_at = 0.0

    def reserve(self, count: int, now: float) -> float:
        """When `count` bytes may be sent, if nothing else holds them up."""
        turn = max(self._free_at, now)
        self._free_at = turn + count / self.rate
        return turn

    def give_back(self, count: int) -> None:
        """So many of the bytes that were reserved have not been sent."""
        self._free_at -= count / self.rate


def turn_bytes(lanes: Sequence[Lane]) -> int:
    """How much one connection on these lanes sends at a turn."""
    rate = min(lane.rate for lane in lanes)
    return int(min(max(rate / TURNS_PER_SECOND, LEAST_TURN_BYTES), MOST_TURN_BYTES))
