"""One connection, from the moment it is admitted until its line is in the log. Adapter.

The protocol keeps the transport that Twisted made: `Connection` stands before it only to see both ends of its
life. Once it is up, data goes straight to the protocol.
"""

from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

from OpenSSL import SSL
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IAddress, IHandshakeListener, IProtocol, ISSLTransport
from twisted.python.failure import Failure
from zope.interface import directlyProvides, implementer, providedBy

from twisted_suite.runtime.limits import ConnectionLimits
from twisted_suite.runtime.pacing import Pace
from twisted_suite.runtime.transport import meter

# Neither a number of bytes nor a time: nothing has been seen yet.
_NOT_YET = (-1, 0.0)
# Within this time of its beginning a connection that has said nothing is still expected to: what it says was
# perhaps on its way when draining began.
NEWCOMER_S = 1.0


class Owner(Protocol):
    """Who is told of a connection's two ends."""

    def opened(self, connection: "Connection") -> float:
        """A connection was made; returns the time now, in seconds."""

    def answered(self, seconds: float) -> None:
        """An answer began so long after its request."""

    def pace(self, *, encrypted: bool) -> Pace | None:
        """How fast the connection may send; None where nothing limits it."""

    def ended(self, connection: "Connection", failure: Failure) -> None:
        """A connection is gone."""


@runtime_checkable
class Drainable(Protocol):
    """A protocol that knows how to end early. Others are left alone until the drain timeout."""

    def drain(self) -> None:
        """Finish what is under way, say goodbye as the protocol allows, then lose the connection."""


@runtime_checkable
class Timed(Protocol):
    """A protocol of requests and answers, which tells how long each answer took to begin, in seconds."""

    answered: Callable[[float], object]


@runtime_checkable
class Described(Protocol):
    """A protocol that has a word to add to the log line at the end of its connection."""

    @property
    def outcome(self) -> str:
        """What came of this connection, such as ``sent report.pdf``."""


@runtime_checkable
class Working(Protocol):
    """A protocol that knows when the peer waits for it: then nobody is idle."""

    @property
    def working(self) -> bool:
        """Whether an answer is being worked at."""


def peer_name(address: IAddress) -> str:
    """`address` as people write it: ``192.0.2.1:4242``, ``[2001:db8::1]:4242``, ``unix``."""
    if not isinstance(address, IPv4Address | IPv6Address):
        return "unix"
    return f"[{address.host}]:{address.port}" if ":" in address.host else f"{address.host}:{address.port}"


@implementer(IProtocol)
class Connection:
    """One admitted connection, from `makeConnection` to `connectionLost`."""

    # What a sweep saw last: all bytes and when they changed; bytes out while some wait, and since when.
    _last_progress: tuple[int, float] = _NOT_YET
    _last_taken: tuple[int, float] = _NOT_YET
    reason: str | None = None  # why we ended it, when it was us
    handshaking = False  # a TLS handshake is under way

    def __init__(self, owner: Owner, protocol: Any, peer: IAddress) -> None:
        self._owner = owner
        self.protocol = protocol
        self.peer = peer
        self.bytes_in = 0  # for the application; only counted where that is not what the socket counts
        # The transport asks what its protocol provides: half-close, TLS handshake, log prefix.
        directlyProvides(self, providedBy(protocol) + IProtocol + IHandshakeListener)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.protocol, name)

    def makeConnection(self, transport: Any) -> None:
        self.transport = transport
        self.meter = meter(transport)
        encrypted = self.handshaking = ISSLTransport.providedBy(transport)
        self._pace = self._owner.pace(encrypted=encrypted)
        if self.meter is not None:
            self.meter.pace = self._pace
            if not encrypted:
                # The socket counts: spare every event the detour through us. Under TLS it sees the
                # handshake too.
                self.dataReceived = self.protocol.dataReceived  # type: ignore[method-assign]
        if isinstance(self.protocol, Timed):
            self.protocol.answered = self._owner.answered
        self._started = self._owner.opened(self)
        self.protocol.makeConnection(transport)

    def handshakeCompleted(self) -> None:
        self.handshaking = False
        if IHandshakeListener.providedBy(self.protocol):
            self.protocol.handshakeCompleted()

    def dataReceived(self, data: bytes) -> None:
        self.bytes_in += len(data)
        self.protocol.dataReceived(data)
        if self._pace is not None and self.meter is not None:
            self._pace.decrypted(self.meter, data)

    def connectionLost(self, reason: Failure) -> None:
        try:
            self.protocol.connectionLost(reason)
        finally:
            self._owner.ended(self, reason)

    def drain(self) -> None:
        """Ask the protocol to finish; one that has no way to is left to the drain timeout."""
        if isinstance(self.protocol, Drainable):
            self.reason = "drained"
            self.protocol.drain()

    def is_new(self, now: float) -> bool:
        """Whether it has only just come and not yet said why."""
        return now - self._started < NEWCOMER_S and not self._heard()

    def check_handshake(self, now: float, limits: ConnectionLimits) -> None:
        """Called by the sweep while a handshake is under way: end a peer that does not come through it."""
        timeout_s = limits.handshake_timeout_s
        if timeout_s and self.handshaking and now - self._started >= timeout_s:
            self.abort(f"handshake not done in {timeout_s:g} s")

    def check_times(self, now: float, limits: ConnectionLimits) -> None:
        """Called by the sweep: end a peer that says nothing, at the start or later, or that takes nothing."""
        idle_s = limits.idle_timeout_s
        total = self.traffic()[0] + self._taken()
        if total != self._last_progress[0] or self._waits_for_us():
            self._last_progress = (total, now)
        elif idle_s and now - self._last_progress[1] >= idle_s:
            self._close_or_abort(f"idle for {idle_s:g} s")
            return
        if idle_s and self._takes_nothing(now, idle_s):
            self.abort(f"stuck: took nothing for {idle_s:g} s")
            return
        first_byte_s = limits.first_byte_timeout_s
        if first_byte_s and not self._heard() and now - self._started >= first_byte_s:
            self._close_or_abort(f"silent for its first {first_byte_s:g} s")

    def _takes_nothing(self, now: float, timeout_s: float) -> bool:
        """Whether bytes have waited for the peer so long, and none has left; it may well be sending."""
        if not self.buffered_bytes():
            self._last_taken = _NOT_YET
            return False
        taken = self._taken()
        if taken != self._last_taken[0]:
            self._last_taken = (taken, now)
        return now - self._last_taken[1] >= timeout_s

    def _taken(self) -> int:
        """Bytes that the other end has acknowledged. Megabytes may wait in the kernel for a slow reader."""
        sent = self.traffic()[1]
        return sent if self.meter is None else sent - self.meter.unacknowledged_bytes()

    def _waits_for_us(self) -> bool:
        """Whether it is not the peer's fault that nothing moves."""
        if self.meter is not None and self.meter.waits_for_us:
            return True
        return isinstance(self.protocol, Working) and self.protocol.working

    def _heard(self) -> bool:
        """Whether a byte for the application has come; under TLS that is after the handshake."""
        return self.bytes_in > 0 or (
            self.meter is not None and self.meter is self.transport and self.meter.bytes_in > 0
        )

    def _close_or_abort(self, reason: str) -> None:
        """Close; a peer that does not take what still waits is cut off at the next sweep."""
        if self.reason is None:
            self.reason = reason
            self.transport.loseConnection()
        else:
            self.transport.abortConnection()

    def abort(self, reason: str) -> None:
        """Cut the connection off now, whatever is still to be sent."""
        self.reason = reason
        self.transport.abortConnection()

    def traffic(self) -> tuple[int, int]:
        """Bytes received and sent so far."""
        if self.meter is None:
            return self.bytes_in, 0
        return self.meter.bytes_in, self.meter.bytes_out

    def buffered_bytes(self) -> int:
        """Bytes that wait for this peer to take them."""
        return 0 if self.meter is None else self.meter.waiting_bytes()

    def summary(self, now: float, failure: Failure) -> dict[str, Any]:
        """The fields of the log line at the end."""
        bytes_in, bytes_out = self.traffic()
        protocol = self.protocol
        return {
            "peer": peer_name(self.peer),
            "outcome": f" {protocol.outcome};" if isinstance(protocol, Described) else "",
            "bytes_in": bytes_in,
            "bytes_out": bytes_out,
            "seconds": round(now - self._started, 4),
            "reason": self.reason or _reason(failure),
        }


def _reason(failure: Failure) -> str:
    if failure.check(ConnectionDone):
        return "closed"
    error = failure.value
    if isinstance(error, SSL.Error) and error.args:  # a list of (library, function, reason)
        return f"lost: TLS: {', '.join(reason for *_, reason in error.args[0])}"
    return f"lost: {failure.getErrorMessage()}"
