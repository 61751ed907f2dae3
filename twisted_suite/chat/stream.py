"""A peer on a stream (TCP, Unix socket, TLS): what all such front ends have in common. Adapter.

It paces what comes in: a peer that is quicker than its allowance is not read from until it may go on, so what
it has sent waits in its own TCP window, and here at most what one read gave. It reports what the transport
says of its buffer, and ends the connection as the hub decides.
"""

from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IDelayedCall, IHalfCloseableProtocol, IPushProducer, ITCPTransport
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from twisted_suite.chat import commands as c
from twisted_suite.chat.exchange import Exchange
from twisted_suite.chat.sessions import Session, State
from twisted_suite.runtime.transport import IStreamTransport

FrameT = TypeVar("FrameT")


@implementer(IHalfCloseableProtocol, IPushProducer)
class StreamPeer(Protocol, Generic[FrameT]):
    """One connection; a subclass says how its bytes are framed, and what a frame asks for."""

    transport: IStreamTransport
    # Attributes, not methods: each would be one call more for each member of a fan-out.
    write: Callable[[bytes], None]
    write_now: Callable[[bytes], None]
    # Whether a peer that does not read is not listened to either, since each frame may be answered.
    listens_when_full = True

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.session = Session(self)
        self._frames: deque[FrameT] = deque()  # that have to wait, at most what one read gave
        self._is_held = False  # not read from, with frames that wait
        self._waiting: IDelayedCall | None = None  # for how long, unless it is for the transport
        self._has_said_all = False
        self._cut_off = ""  # why, when we did

    # --- for subclasses -----------------------------------------------------------------------------------

    def greet(self) -> None:
        """The connection is up."""

    def take(self, frame: FrameT) -> None:
        """Do what a frame asks for."""

    def rest(self, *, is_whole: bool) -> list[FrameT]:
        """The peer has said all (or is gone: not `is_whole`): what it had begun, if that counts."""
        return []

    @property
    def outcome(self) -> str:
        """Who it was, for the log. Names hold nothing that a log or a terminal would obey."""
        name = self.session.name.shown if self.session.name is not None else "not logged in"
        return f"{name}, {self._cut_off}" if self._cut_off else name

    def handle(self, command: c.Command) -> None:
        self.exchange.handle(self.session, command)

    # --- from the transport -------------------------------------------------------------------------------

    def connectionMade(self) -> None:
        if ITCPTransport.providedBy(self.transport):
            self.transport.setTcpNoDelay(True)  # a line is not to wait for the acknowledgement of the last
        self.transport.registerProducer(self, True)
        self.write = self.write_now = self._writer()
        self.greet()

    def _writer(self) -> Callable[[bytes], None]:
        """For one whole write of a fan-out: into the socket at once, where nothing waits before it.

        The runtime's own transports can; what TLS or a test puts in their place need not.
        """
        writer: Callable[[bytes], None] = getattr(self.transport, "write_now", self.transport.write)
        return writer

    def received(self, frames: list[FrameT]) -> None:
        """Handle `frames` now, or as soon as they may be."""
        self._frames.extend(frames)
        if not self._is_held:
            self._work()

    def _work(self) -> None:
        self._waiting = None
        while self._frames:
            wait_s = self._wait_s()
            if wait_s is None or wait_s > 0:
                self._hold(wait_s)
                return
            self.take(self._frames.popleft())
            if self.session.state is State.CLOSED:
                self._frames.clear()
        if self._is_held:
            self._is_held = False
            self.transport.resumeProducing()
        if self._has_said_all:
            self.handle(c.Quit())

    def _wait_s(self) -> float | None:
        """How long the next frame has to wait; None: until the transport has drained."""
        if self.session.is_full and not self.listens_when_full:
            return None
        return self.exchange.wait_s(self.session)

    def _hold(self, wait_s: float | None) -> None:
        if not self._is_held:
            self._is_held = True
            self.transport.pauseProducing()
        if wait_s is not None:
            self._waiting = self.exchange.clock.callLater(wait_s, self._work)

    def readConnectionLost(self) -> None:
        """The peer has said all: broadcast the rest, send what is pending, close."""
        self._has_said_all = True
        self.received(self.rest(is_whole=True))

    def writeConnectionLost(self) -> None:
        """We never close only our half."""

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        for frame in self.rest(is_whole=bool(reason.check(ConnectionDone))):
            self.take(frame)
        if self._waiting is not None and self._waiting.active():
            self._waiting.cancel()
        self._waiting = None
        self._frames.clear()
        self.handle(c.HangUp())

    def drain(self) -> None:
        """The server stops: say so, send what is pending, close."""
        self.handle(c.Dismiss())

    def pauseProducing(self) -> None:
        self.handle(c.Pause())

    def resumeProducing(self) -> None:
        self.handle(c.Resume())
        if self._is_held and self._waiting is None:
            self._work()

    def stopProducing(self) -> None:
        """The transport is gone; `connectionLost` says so too."""

    # --- from the exchange --------------------------------------------------------------------------------

    def close(self) -> None:
        self.transport.unregisterProducer()
        self.transport.loseConnection()

    def abort(self, reason: str) -> None:
        self._cut_off = reason
        self.transport.abortConnection()
