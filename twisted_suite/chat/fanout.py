"""Writes what a room tells to all who hear it. Adapter: used by the exchange.

Each delivery is encoded once for all that hear alike, and written once to each peer, into its socket where
nothing waits before it. A large room is written to in slices, with the loop given back between them: ten
thousand writes take tens of milliseconds, in which nobody else would be heard. What is said meanwhile waits,
so that it is joined. A peer that is to be told something else in between is given its share first.
"""

from collections import deque
from collections.abc import Callable
from itertools import islice
from typing import Any

from twisted.internet.interfaces import IReactorTime

from twisted_suite.chat.codecs import Voice
from twisted_suite.chat.sessions import Deliver, Session

# A few milliseconds of writes.
SLICE_MEMBERS = 1000


class _Share:
    """One delivery to a large room, as far as it is not written yet."""

    __slots__ = ("delivery", "encoded", "waiting")

    def __init__(self, delivery: Deliver) -> None:
        self.delivery = delivery
        self.encoded: dict[Voice, bytes] = {}
        self.waiting = dict.fromkeys(delivery.sessions)


class FanOut:
    """Deliveries under way, the oldest first."""

    def __init__(
        self, clock: IReactorTime, done: Callable[[], Any], slice_members: int = SLICE_MEMBERS
    ) -> None:
        self._slice_members = slice_members
        self._clock = clock
        self._done = done  # called when nothing is under way any more
        self._shares: deque[_Share] = deque()

    @property
    def is_busy(self) -> bool:
        return bool(self._shares)

    def deliver(self, delivery: Deliver) -> None:
        """To all of a small room at once, to a large one by and by."""
        if len(delivery.sessions) <= self._slice_members:
            if self._shares:
                for session in delivery.sessions:
                    self.settle(session)
            write(delivery, delivery.sessions, {})
            return
        self._shares.append(_Share(delivery))
        if len(self._shares) == 1:
            self._write_slice()

    def settle(self, session: Session) -> None:
        """Give `session` now what it would be given later."""
        for share in self._shares:
            if session in share.waiting:
                del share.waiting[session]
                write(share.delivery, (session,), share.encoded)

    def _write_slice(self) -> None:
        share = self._shares[0]
        slice_ = tuple(islice(share.waiting, self._slice_members))
        for session in slice_:
            del share.waiting[session]
        write(share.delivery, slice_, share.encoded)
        if not share.waiting:
            self._shares.popleft()
        if self._shares:
            self._clock.callLater(0, self._write_slice)
        else:
            self._done()


def write(delivery: Deliver, sessions: tuple[Session, ...], encoded: dict[Voice, bytes]) -> None:
    """Write `delivery` to some of its sessions; `encoded` is what was encoded so far."""
    last: Voice | None = None
    data = b""
    for session in sessions:
        peer = session.peer
        voice = peer.voice(delivery)
        if voice is not last:  # mostly it is the same as the one before: then nothing is looked up
            last = voice
            found = encoded.get(voice)
            data = encoded[voice] = voice.encode_delivery(delivery) if found is None else found
        if data:
            peer.write(data)
