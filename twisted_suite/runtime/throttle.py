"""Limits how fast connections send: each client, and all together. Adapter: whose turn it is, `lanes` knows.

It stands at the socket, so that it counts what leaves: files by the kernel, answers, TLS. Nothing more is
read or made than goes out, since what waits pauses its producer as ever.
"""

from typing import Any

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from twisted_suite.runtime.lanes import Lane, turn_bytes
from twisted_suite.runtime.limits import address_key
from twisted_suite.runtime.transport import Metered, meter


class Throttles:
    """The limits of one program. A rate of 0 is none; a client is an address, or an IPv6 /64."""

    def __init__(self, clock: IReactorTime, *, per_client: float = 0, total: float = 0) -> None:
        self.clock = clock
        self._per_client = per_client
        self._total = Lane(total) if total else None
        # Of clients with a connection, and how many each has.
        self._clients: dict[str | None, tuple[Lane, int]] = {}

    def attach(self, transport: Any) -> None:
        """Have the connection below `transport` keep to the limits, until it ends."""
        metered = meter(transport)
        if metered is None or not (self._per_client or self._total):
            return
        key = address_key(getattr(transport.getPeer(), "host", None))
        lanes = [self._total] if self._total else []
        if self._per_client:
            lane, count = self._clients.get(key, (Lane(self._per_client), 0))
            self._clients[key] = lane, count + 1
            lanes.append(lane)
        metered.throttle = Throttle(self, metered, lanes, key)

    def detach(self, key: str | None) -> None:
        """A connection of this client has ended."""
        if key in self._clients:
            lane, count = self._clients.pop(key)
            if count > 1:
                self._clients[key] = lane, count - 1


class Throttle:
    """What one connection may send. The transport asks before each write, and tells what it sent."""

    def __init__(self, owner: Throttles, metered: Metered, lanes: list[Lane], key: str | None) -> None:
        self._owner = owner
        self._metered = metered
        self._lanes = lanes
        self._key = key
        self._turn: float | None = None  # reserved, and not used yet
        self._waiting: IDelayedCall | None = None
        self.most_bytes = turn_bytes(lanes)

    @property
    def waiting(self) -> bool:
        """Whether its turn is still to come."""
        return self._waiting is not None

    def ready(self) -> bool:
        """Whether it may send `most_bytes` now; if not, the transport is woken when it may."""
        now = self._owner.clock.seconds()
        if self._turn is None:
            self._turn = max(lane.reserve(self.most_bytes, now) for lane in self._lanes)
        if now >= self._turn:
            return True
        if self._waiting is None:
            self._waiting = self._owner.clock.callLater(self._turn - now, self._wake)
        return False

    def sent(self, count: int) -> None:
        """So many bytes have left at this turn. None: the peer takes nothing, and the turn stays."""
        if count:
            self._turn = None
            for lane in self._lanes:
                lane.give_back(self.most_bytes - count)

    def ended(self) -> None:
        """The connection is gone."""
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
        if self._turn is not None:
            for lane in self._lanes:
                lane.give_back(self.most_bytes)
        self._owner.detach(self._key)

    def _wake(self) -> None:
        self._waiting = None
        if self._metered.connected:
            self._metered.startWriting()
