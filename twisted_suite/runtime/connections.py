"""The one owner of connections: admits, counts, ends the idle, a log line each, drains. Adapter.

`Connections` wraps any protocol factory, ours or Twisted's (``web.server.Site``).
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IAddress, IDelayedCall, IProtocolFactory, IReactorTime
from twisted.internet.protocol import Factory
from twisted.internet.protocol import Protocol as TwistedProtocol
from twisted.internet.task import LoopingCall
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import directlyProvides, implementer, providedBy

from twisted_suite.runtime.connection import Connection, peer_name
from twisted_suite.runtime.limits import Admission, ConnectionLimits, Refusal, address_key
from twisted_suite.runtime.pacing import Pace, Pacer
from twisted_suite.runtime.tally import Snapshot, Tally
from twisted_suite.runtime.throttle import Throttles
from twisted_suite.runtime.transport import Buffers, Metered

# A flood of refused connections must not become a flood of log lines.
REFUSAL_LOG_INTERVAL_S = 1.0
# How much of the limit of all buffers may stay in use when it was exceeded: not so much that the next write
# exceeds it again.
BUFFERS_AFTER_OVERFLOW = 0.75
# While draining, somebody may be watching the log.
DRAIN_PROGRESS_INTERVAL_S = 5.0
# How often to look whether a newcomer has said something.
NEWCOMER_LOOK_S = 0.05


def _kind(reason: str) -> str:
    """The first word of a reason: what ends are counted by."""
    return reason.partition(" ")[0].rstrip(":")


class Turned(TwistedProtocol):
    """What a refused peer gets in place of the application's protocol: an end, under TLS too."""

    def connectionMade(self) -> None:
        self.transport.abortConnection()  # type: ignore[union-attr]  # every accepted transport has it


@implementer(IProtocolFactory)
class Connections(Factory):
    """All connections of one service, whichever of its endpoints they came in by."""

    noisy = False
    log = Logger()

    def __init__(
        self,
        factory: IProtocolFactory,
        service_name: str,
        limits: ConnectionLimits,
        clock: IReactorTime,
        throttles: Throttles | None = None,
    ) -> None:
        self.factory = factory
        self.service_name = service_name
        self.limits = limits
        self.admission = Admission(limits)
        self.tally = Tally()
        self._clock = clock
        self._open: set[Connection] = set()
        self._handshaking: set[Connection] = set()
        self._pacer = Pacer(clock)
        self._throttles = throttles  # of what is sent; others may share them
        self._buffers = Buffers(self._too_much_waits, limits.max_buffered, limits.max_buffered_total)
        self._emptied: Deferred[None] | None = None
        self._newcomers: IDelayedCall | None = None  # while draining: the next look at them
        self._refusal_logged_at = -REFUSAL_LOG_INTERVAL_S
        self._swept_all_at = clock.seconds()
        self._sweep = LoopingCall(self._check_times)
        self._sweep.clock = clock
        directlyProvides(self, providedBy(factory) + IProtocolFactory)  # ALPN is asked of the outer factory

    def __getattr__(self, name: str) -> Any:
        return getattr(self.factory, name)

    def __len__(self) -> int:
        return len(self._open)

    def startFactory(self) -> None:
        """The first of the service's ports is listening."""
        self.factory.doStart()
        interval_s = self.limits.sweep_interval_s()
        if interval_s is not None:
            self._sweep.start(interval_s, now=False)

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
            return Turned()
        protocol = self.factory.buildProtocol(addr)
        if protocol is None:
            self.admission.release(key)
            return None
        return Connection(self, protocol, addr)

    def opened(self, connection: Connection) -> float:
        """A connection was made; returns the time now, in seconds."""
        self._open.add(connection)
        if connection.handshaking:
            self._handshaking.add(connection)
        if connection.meter is not None:
            connection.meter.buffers = self._buffers
            if self._throttles is not None:
                self._throttles.attach(connection.transport)
        return self._clock.seconds()

    def answered(self, seconds: float) -> None:
        """A protocol took so long from a whole request to the beginning of its answer."""
        self.tally.answers.observe(seconds)

    def pace(self, *, encrypted: bool) -> Pace | None:
        """How fast a new connection may send."""
        allowance = self.limits.allowance(self._clock.seconds())
        return None if allowance is None else Pace(self._pacer, allowance, encrypted=encrypted)

    def ended(self, connection: Connection, failure: Failure) -> None:
        """A connection is gone: write its line, let the next one in."""
        self._open.discard(connection)
        self._handshaking.discard(connection)
        self.admission.release(address_key(getattr(connection.peer, "host", None)))
        summary = connection.summary(self._clock.seconds(), failure)
        self.tally.add(
            _kind(summary["reason"]), summary["bytes_in"], summary["bytes_out"], summary["seconds"]
        )
        self.log.info(
            "{service}: {peer}{outcome} {bytes_in} bytes in, {bytes_out} out, {seconds} s, {reason}",
            service=self.service_name,
            **summary,
        )
        self._stop_sweep_when_empty()
        if not self._open:
            self._pacer.stop()
        if not self._open and self._emptied is not None:
            emptied, self._emptied = self._emptied, None
            emptied.callback(None)

    def snapshot(self) -> Snapshot:
        """All connections, those that are open and those that have ended, in figures."""
        open_now = [connection.traffic() for connection in self._open]
        return Snapshot(
            service=self.service_name,
            open=len(self._open),
            buffered_bytes=sum(connection.buffered_bytes() for connection in self._open),
            bytes_in=self.tally.bytes_in + sum(bytes_in for bytes_in, _ in open_now),
            bytes_out=self.tally.bytes_out + sum(bytes_out for _, bytes_out in open_now),
            ended=self.tally.ended.copy(),
            refused=Counter({reason.value: count for reason, count in self.admission.refused.items()}),
            held=self._pacer.holds,
            seconds=self.tally.seconds.cumulative(),
            seconds_total=self.tally.seconds.total,
            answers=self.tally.answers.cumulative(),
            answers_total=self.tally.answers.total,
        )

    def drain(self, timeout_s: float) -> Deferred[None]:
        """Let nobody else in, ask every protocol to finish, and abort what is left after `timeout_s`.

        The Deferred fires when the last connection is gone.
        """
        self.admission.closed = True
        self._drain_but_newcomers(tuple(self._open))
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
            for call in (deadline, self._newcomers):
                if call is not None and call.active():
                    call.cancel()

        return self._emptied.addCallback(done)

    def _drain_but_newcomers(self, connections: Iterable[Connection]) -> None:
        """Who has only just come has said nothing yet: the answer to it must not be the end."""
        newcomers = []
        for connection in connections:
            if connection not in self._open:
                continue
            if connection.is_new(self._clock.seconds()):
                newcomers.append(connection)
            else:
                connection.drain()
        if newcomers:
            self._newcomers = self._clock.callLater(NEWCOMER_LOOK_S, self._drain_but_newcomers, newcomers)

    def _log_progress(self) -> None:
        self.log.info("{service}: {count} connections left", service=self.service_name, count=len(self._open))

    def _abort_all(self, reason: str) -> None:
        for connection in tuple(self._open):
            connection.abort(reason)

    def _check_times(self) -> None:
        now = self._clock.seconds()
        for connection in tuple(self._handshaking):
            if connection.handshaking:
                connection.check_handshake(now, self.limits)
            else:
                self._handshaking.discard(connection)
        interval_s = self.limits.full_sweep_interval_s()
        if interval_s is None or now - self._swept_all_at < interval_s:
            return
        self._swept_all_at = now
        for connection in tuple(self._open):
            connection.check_times(now, self.limits)

    def _too_much_waits(self, metered: Metered) -> None:
        """A write went over a limit of what may wait: cut off who takes too little."""
        each, total = self._buffers.max_each, self._buffers.max_total
        if metered.waiting_bytes() > each:
            for connection in self._open:
                if connection.meter is metered and connection.reason is None:
                    connection.abort(f"buffer over its limit of {each} bytes")
                    break
            return
        waiting = sorted(self._open, key=Connection.buffered_bytes)
        left = self._buffers.waiting
        while waiting and left > total * BUFFERS_AFTER_OVERFLOW:
            largest = waiting.pop()
            left -= largest.buffered_bytes()
            largest.abort(f"buffers over their limit of {total} bytes, most of it this one's")

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
