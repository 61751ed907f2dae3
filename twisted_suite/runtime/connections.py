"""The one owner of connections: admits, counts, ends the idle, writes one log line each, and drains.

`Connections` wraps any protocol factory, ours or Twisted's (``web.server.Site``). The protocol keeps the
transport that Twisted made: `Connection` stands before it only to see both ends of its life.
"""

from typing import Any, Protocol, runtime_checkable

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IAddress, IProtocol, IProtocolFactory, IReactorTime
from twisted.internet.protocol import Factory
from twisted.internet.protocol import Protocol as TwistedProtocol
from twisted.internet.task import LoopingCall
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import directlyProvides, implementer, providedBy

from twisted_suite.runtime.limits import Admission, ConnectionLimits, Refusal, address_key
from twisted_suite.runtime.transport import meter

# One sweep a factory instead of a timer a connection (resetting one at every event costs about 5 µs):
# an idle connection is noticed at most this part of its timeout late.
SWEEPS_PER_TIMEOUT = 4
# A flood of refused connections must not become a flood of log lines.
REFUSAL_LOG_INTERVAL_S = 1.0
# While draining, somebody may be watching the log.
DRAIN_PROGRESS_INTERVAL_S = 5.0


@runtime_checkable
class Drainable(Protocol):
    """A protocol that knows how to end early. Others are left alone until the drain timeout."""

    def drain(self) -> None:
        """Finish what is under way, say goodbye as the protocol allows, then lose the connection."""


@runtime_checkable
class Described(Protocol):
    """A protocol that has a word to add to the log line at the end of its connection."""

    @property
    def outcome(self) -> str:
        """What came of this connection, such as ``sent report.pdf``."""


def peer_name(address: IAddress) -> str:
    """`address` as people write it: ``192.0.2.1:4242``, ``[2001:db8::1]:4242``, ``unix``."""
    if not isinstance(address, IPv4Address | IPv6Address):
        return "unix"
    return f"[{address.host}]:{address.port}" if ":" in address.host else f"{address.host}:{address.port}"


@implementer(IProtocol)
class Connection:
    """One admitted connection, from `makeConnection` to `connectionLost`."""

    def __init__(self, owner: "Connections", protocol: Any, peer: IAddress) -> None:
        self._owner = owner
        self.protocol = protocol
        self.peer = peer
        self.bytes_in = 0  # only counted here where no socket counts for us
        self.reason: str | None = None  # why we ended it, when it was us
        self._last_progress = (-1, 0.0)  # total bytes, and when a sweep saw them change
        # The transport asks what its protocol provides: half-close, TLS handshake, log prefix.
        directlyProvides(self, providedBy(protocol) + IProtocol)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.protocol, name)

    def makeConnection(self, transport: Any) -> None:
        self.transport = transport
        self._meter = meter(transport)
        if self._meter is not None:
            # The socket counts: spare every event the detour through us.
            self.dataReceived = self.protocol.dataReceived  # type: ignore[method-assign]
        self._started = self._owner.opened(self)
        self.protocol.makeConnection(transport)

    def dataReceived(self, data: bytes) -> None:
        self.bytes_in += len(data)
        self.protocol.dataReceived(data)

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

    def close_if_idle(self, now: float, timeout_s: float) -> None:
        """Called by the sweep. Silence closes; a peer that then does not take what waits is cut off."""
        total = sum(self.traffic())
        if total != self._last_progress[0]:
            self._last_progress = (total, now)
        elif now - self._last_progress[1] >= timeout_s:
            if self.reason is None:
                self.reason = f"idle for {timeout_s:g} s"
                self.transport.loseConnection()
            else:
                self.transport.abortConnection()

    def abort(self, reason: str) -> None:
        """Cut the connection off now, whatever is still to be sent."""
        self.reason = reason
        self.transport.abortConnection()

    def traffic(self) -> tuple[int, int]:
        """Bytes received and sent so far."""
        if self._meter is None:
            return self.bytes_in, 0
        return self._meter.bytes_in, self._meter.bytes_out

    def summary(self, now: float, failure: Failure) -> dict[str, Any]:
        """The fields of the log line at the end."""
        bytes_in, bytes_out = self.traffic()
        protocol = self.protocol
        return {
            "peer": peer_name(self.peer),
            "outcome": f" {protocol.outcome};" if isinstance(protocol, Described) else "",
            "bytes_in": bytes_in,
            "bytes_out": bytes_out,
            "seconds": now - self._started,
            "reason": self.reason or _reason(failure),
        }


def _reason(failure: Failure) -> str:
    return "closed" if failure.check(ConnectionDone) else f"lost: {failure.getErrorMessage()}"


class _Turned(TwistedProtocol):
    """What a refused peer gets in place of the application's protocol: an end, under TLS too."""

    def connectionMade(self) -> None:
        self.transport.abortConnection()  # type: ignore[union-attr]  # every accepted transport has it


@implementer(IProtocolFactory)
class Connections(Factory):
    """All connections of one service, whichever of its endpoints they came in by."""

    noisy = False
    log = Logger()

    def __init__(
        self, factory: IProtocolFactory, service_name: str, limits: ConnectionLimits, clock: IReactorTime
    ) -> None:
        self.factory = factory
        self.service_name = service_name
        self.limits = limits
        self.admission = Admission(limits)
        self._clock = clock
        self._open: set[Connection] = set()
        self._emptied: Deferred[None] | None = None
        self._refusal_logged_at = -REFUSAL_LOG_INTERVAL_S
        self._sweep = LoopingCall(self._close_idle)
        self._sweep.clock = clock
        directlyProvides(self, providedBy(factory) + IProtocolFactory)  # ALPN is asked of the outer factory

    def __getattr__(self, name: str) -> Any:
        return getattr(self.factory, name)

    def __len__(self) -> int:
        return len(self._open)

    def startFactory(self) -> None:
        """The first of the service's ports is listening."""
        self.factory.doStart()
        if self.limits.idle_timeout_s:
            self._sweep.start(self.limits.idle_timeout_s / SWEEPS_PER_TIMEOUT, now=False)

    def stopFactory(self) -> None:
        """The last of the ports has stopped; connections may still be open."""
        self.factory.doStop()
        self._stop_sweep_when_empty()

    def buildProtocol(self, addr: IAddress | None) -> Any:
        assert addr is not None  # only a factory used by hand is asked without one
        key = address_key(getattr(addr, "host", None))
        refusal = self.admission.admit(key)
        if refusal is not None:
            self._log_refusal(addr, refusal)
            return _Turned()
        protocol = self.factory.buildProtocol(addr)
        if protocol is None:
            self.admission.release(key)
            return None
        return Connection(self, protocol, addr)

    def opened(self, connection: Connection) -> float:
        """A connection was made; returns the time now, in seconds."""
        self._open.add(connection)
        return self._clock.seconds()

    def ended(self, connection: Connection, failure: Failure) -> None:
        """A connection is gone: write its line, let the next one in."""
        self._open.discard(connection)
        self.admission.release(address_key(getattr(connection.peer, "host", None)))
        self.log.info(
            "{service}: {peer}{outcome} {bytes_in} bytes in, {bytes_out} out, {seconds:.3f} s, {reason}",
            service=self.service_name,
            **connection.summary(self._clock.seconds(), failure),
        )
        self._stop_sweep_when_empty()
        if not self._open and self._emptied is not None:
            emptied, self._emptied = self._emptied, None
            emptied.callback(None)

    def drain(self, timeout_s: float) -> Deferred[None]:
        """Let nobody else in, ask every protocol to finish, and abort what is left after `timeout_s`.

        The Deferred fires when the last connection is gone.
        """
        self.admission.closed = True
        for connection in tuple(self._open):
            connection.drain()
        if not self._open:
            return succeed(None)
        self.log.info(
            "{service}: draining {count} connections for at most {timeout_s:g} s",
            service=self.service_name,
            count=len(self._open),
            timeout_s=timeout_s,
        )
        self._emptied = Deferred()
        deadline = self._clock.callLater(timeout_s, self._abort_all, f"drain timeout of {timeout_s:g} s")
        progress = LoopingCall(self._log_progress)
        progress.clock = self._clock
        progress.start(DRAIN_PROGRESS_INTERVAL_S, now=False)

        def done(result: None) -> None:
            progress.stop()
            if deadline.active():
                deadline.cancel()

        return self._emptied.addCallback(done)

    def _log_progress(self) -> None:
        self.log.info("{service}: {count} connections left", service=self.service_name, count=len(self._open))

    def _abort_all(self, reason: str) -> None:
        for connection in tuple(self._open):
            connection.abort(reason)

    def _close_idle(self) -> None:
        now = self._clock.seconds()
        for connection in tuple(self._open):
            connection.close_if_idle(now, self.limits.idle_timeout_s)

    def _stop_sweep_when_empty(self) -> None:
        if self._sweep.running and not self.numPorts and not self._open:
            self._sweep.stop()

    def _log_refusal(self, peer: IAddress, refusal: Refusal) -> None:
        now = self._clock.seconds()
        if now - self._refusal_logged_at < REFUSAL_LOG_INTERVAL_S:
            return
        self._refusal_logged_at = now
        self.log.warn(
            "{service}: refused {peer}: --{refusal} reached ({total} refused so far)",
            service=self.service_name,
            peer=peer_name(peer),
            refusal=refusal.value,
            total=self.admission.refused.total(),
        )
