"""Executes what the hub decides, on the connections of all front ends. Adapter: one for each chat.

A front end makes a `Session` for each peer, with itself as ``session.peer``, and hands commands to `handle`.

Backpressure: a peer whose transport is full is a cursor in the room's log, and nothing more is sent to it. It
catches up when the transport has drained, or is cut off after `HubLimits.slow_after_s`. Those who do not
listen never hold up those who speak.
"""

import hashlib
import secrets
from collections.abc import Callable
from typing import Protocol

from twisted.internet.interfaces import IAddress, IReactorTime
from twisted.internet.task import LoopingCall

from twisted_suite.chat import commands as c
from twisted_suite.chat import replies as r
from twisted_suite.chat.codecs import Voice
from twisted_suite.chat.fanout import SLICE_MEMBERS, FanOut
from twisted_suite.chat.hub import Hub
from twisted_suite.chat.sessions import Abort, Append, Close, Deliver, Effect, Flush, Recall, Send, Session

# A peer that does not read is cut off at most so much later than it could be.
SWEEP_INTERVAL_S = 5.0


class Peer(Protocol):
    """A connection, as a front end offers it to the exchange."""

    def voice(self, delivery: Deliver) -> Voice:
        """How a room's events are put for this peer."""

    def write(self, data: bytes) -> None:
        """Send what a voice has put."""

    def tell(self, events: tuple[r.Reply, ...]) -> None:
        """Send replies."""

    def close(self) -> None:
        """Close the connection when what was sent has gone out."""

    def abort(self, reason: str) -> None:
        """Cut it off, and log why."""


class Exchange:
    """The hub with a clock, and the observers of its rooms."""

    def __init__(self, hub: Hub, clock: IReactorTime, *, slice_members: int = SLICE_MEMBERS) -> None:
        self.hub = hub
        self.clock = clock
        self._fanout = FanOut(clock, self._fanned_out, slice_members)
        self._flush_waits = False
        self._users = 0
        self._key = secrets.token_bytes(16)  # of this start of the server
        self._sweep = LoopingCall(lambda: self.execute(hub.sweep(clock.seconds())))
        self._sweep.clock = clock
        # Told of the events that a room's log has taken, in order, before any peer is.
        self.on_append: list[Callable[[Append], None]] = []
        # Asked for events that only a history has; answers by `Hub.recalled` and `execute`.
        self.on_recall: Callable[[Recall], None] | None = None

    def start(self) -> None:
        """A front end listens; each calls it."""
        self._users += 1
        if self._users == 1:
            self._sweep.start(SWEEP_INTERVAL_S, now=False)

    def stop(self) -> None:
        self._users -= 1
        if self._users == 0:
            self._sweep.stop()

    def handle(self, session: Session, command: c.Command) -> None:
        self.execute(self.hub.handle(session, command, self.clock.seconds()))

    def catch_up(self, session: Session) -> None:
        """Send `session` at once what waits for it."""
        if not session.is_full:
            self.execute(self.hub.catch_up(session, self.clock.seconds()))

    def cloak(self, address: IAddress) -> str:
        """Where a peer is from, as far as others may know: the same for the same address, no more."""
        host = getattr(address, "host", None)
        if not isinstance(host, str):
            return "local"
        return hashlib.blake2b(host.encode(), key=self._key, digest_size=6).hexdigest() + ".ip"

    def wait_s(self, session: Session) -> float:
        """How long to wait before the next message of `session` is handled; at 0 it is counted as taken."""
        return self.hub.wait_s(session, self.clock.seconds())

    def execute(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Deliver():
                    self._fanout.deliver(effect)
                case Send(sessions, events):
                    for session in sessions:
                        self._fanout.settle(session)
                        session.peer.tell(events)
                case Flush():
                    self.clock.callLater(0, self._flush)
                case Close(session):
                    self._fanout.settle(session)
                    session.peer.close()
                case Abort(session, reason):
                    session.peer.abort(reason)
                case _:
                    self._observe(effect)

    def _observe(self, effect: Append | Recall) -> None:
        if isinstance(effect, Append):
            for observe in self.on_append:
                observe(effect)
        elif self.on_recall is not None:
            self.on_recall(effect)

    def _flush(self) -> None:
        """At the end of the turn; while a large room is being written to, when that is done."""
        if self._fanout.is_busy:
            self._flush_waits = True
        else:
            self.execute(self.hub.flush(self.clock.seconds()))

    def _fanned_out(self) -> None:
        if self._flush_waits:
            self._flush_waits = False
            self.clock.callLater(0, self._flush)
