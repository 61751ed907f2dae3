"""Holds back reading from connections that send faster than they may. Adapter: how long is `limits`' to say.

What a peer sends too fast stays in the kernel, TCP's window closes, and the peer waits: nothing is lost, and
nobody else notices. The application may pause and resume the same connection at will.
"""

from heapq import heappop, heappush
from itertools import count

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from twisted_suite.runtime.limits import Allowance
from twisted_suite.runtime.transport import Metered

# Shorter pauses cost more than they hold back.
SHORTEST_HOLD_S = 0.01


class Pacer:
    """The connections of one service that are held, and one timer for all of them."""

    def __init__(self, clock: IReactorTime) -> None:
        self.clock = clock
        self.holds = 0  # how many times one was held
        self._held: list[tuple[float, int, Metered]] = []  # a heap, by the end of the hold
        self._order = count()
        self._timer: IDelayedCall | None = None

    def hold(self, metered: Metered, seconds: float) -> None:
        """Read nothing from `metered` for so long."""
        if seconds <= 0 or metered.held or metered.disconnected:
            return
        metered.hold()
        self.holds += 1
        due = self.clock.seconds() + max(seconds, SHORTEST_HOLD_S)
        heappush(self._held, (due, next(self._order), metered))
        self._wait()

    def _wait(self) -> None:
        """Have the timer fire for the first of those that are held."""
        if self._timer is not None and self._timer.active():
            if self._held and self._timer.getTime() <= self._held[0][0]:
                return
            self._timer.cancel()
        self._timer = None
        if self._held:
            delay = max(0.0, self._held[0][0] - self.clock.seconds())
            self._timer = self.clock.callLater(delay, self._release)

    def _release(self) -> None:
        now = self.clock.seconds()
        while self._held and self._held[0][0] <= now:
            heappop(self._held)[2].release()
        self._wait()

    def stop(self) -> None:
        """Every connection has ended: nobody is to be released."""
        self._held.clear()
        self._wait()


class Pace:
    """What one connection may send. The transport calls it with all that has come."""

    __slots__ = ("_allowance", "_counts_messages", "_pacer")

    def __init__(self, pacer: Pacer, allowance: Allowance, *, encrypted: bool) -> None:
        self._pacer = pacer
        self._allowance = allowance
        self._counts_messages = not encrypted  # what is encrypted has no lines to count

    def __call__(self, metered: Metered, data: bytes) -> None:
        now = self._pacer.clock.seconds()
        wait_s = self._allowance.take_bytes(len(data), now)
        if self._counts_messages:
            wait_s = max(wait_s, self._allowance.take_messages(data, now))
        if wait_s:
            self._pacer.hold(metered, wait_s)

    def decrypted(self, metered: Metered, data: bytes) -> None:
        """`data` is what an encrypted connection meant: its messages are counted now."""
        self._pacer.hold(metered, self._allowance.take_messages(data, self._pacer.clock.seconds()))
