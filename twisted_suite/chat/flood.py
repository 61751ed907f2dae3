"""How fast a peer is listened to: a burst at once, then a rate. Core: asked by the hub.

Nobody is thrown out for being quick, and nothing is lost: what comes too fast waits where it is, in the
peer's own TCP window, because the front end stops reading (Ergo calls it fakelag). The burst is as large as a
paste; logins and commands that ask for nothing go through with it.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FloodLimits:
    """`rate` messages a second for ever, and `burst` of them at once. A rate of 0 is no limit."""

    burst: int
    rate: float


DEFAULT_FLOOD_LIMITS = FloodLimits(burst=2000, rate=200)


class Allowance:
    """What one peer has left."""

    __slots__ = ("_at", "_used")

    def __init__(self) -> None:
        self._used = 0.0  # of the burst
        self._at = 0.0  # when that was so

    def wait_s(self, limits: FloodLimits, now: float) -> float:
        """How long the peer's next message has to wait; at 0 it may be taken now, and is counted."""
        if limits.rate <= 0:
            return 0.0
        self._used = max(0.0, self._used - max(0.0, now - self._at) * limits.rate)
        self._at = now
        if self._used + 1 > limits.burst:
            return (self._used + 1 - limits.burst) / limits.rate
        self._used += 1
        return 0.0
