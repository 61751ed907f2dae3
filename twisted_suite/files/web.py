"""HTTP/1.1 over a transport: requests in, plans out, one after another. Adapter: `site` decides.

::

    bytes -> reading.RequestReader -> Request -> Site.answer -> Plan -> one write, or body.deliver

What is small leaves with its head in one write, and all answers to one received chunk in one. Requests that
come while an answer is on its way wait, and no more is read meanwhile.
"""

from collections import deque
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionLost
from twisted.internet.interfaces import IDelayedCall, IHalfCloseableProtocol, IReactorTime, ISSLTransport
from twisted.internet.protocol import Protocol
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from twisted_suite.files.body import deliver, is_at_hand, small, span_of
from twisted_suite.files.conditions import http_date
from twisted_suite.files.message import BadRequest, Request
from twisted_suite.files.outlet import Outlet
from twisted_suite.files.plan import FileSpan, Plan, encode, status_line
from twisted_suite.files.producer import Truncated
from twisted_suite.files.reading import Event, Known, RequestReader
from twisted_suite.files.receiving import Answers, BodyReceiver, Intake
from twisted_suite.files.refusal import refusal
from twisted_suite.runtime.text import printable
from twisted_suite.runtime.transport import IStreamTransport

# For a whole request head, from its first byte: a peer that sends it in drops is let go (slowloris).
HEAD_TIMEOUT_S = 20.0
# After an error the peer may still be sending: a reset would take our answer from it (RFC 9112 section 9.6).
LINGER_S = 2.0


@implementer(IHalfCloseableProtocol)
class HTTP1(Protocol):
    """One connection."""

    transport: IStreamTransport
    log = Logger()

    def __init__(self, site: Answers, known: Known, clock: IReactorTime, now: Callable[[], float]) -> None:
        self._site = site
        self._clock = clock
        self._now = now
        self._reader = RequestReader(known)
        self._events: deque[Event] = deque()  # not begun yet: at most what one chunk holds
        self._turning = False  # within `_go_on`
        self._busy = False  # an answer is being found or sent
        self._reading = True
        self._last_one = False  # after the answers that are under way it ends
        self._linger = False  # and the peer may still be sending then
        self._ended = False
        self._body = BodyReceiver(self)
        self._deadline: IDelayedCall | None = None
        self._requests, self._asked_at = 0, 0.0  # how many, and when the last one came
        self._last = ("", b"", 0)  # method, target, status
        self.answered: Callable[[float], object] = lambda _: None

    @property
    def outcome(self) -> str:
        """For the log line of the connection: how many requests, and the last of them."""
        method, target, status = self._last
        last = f"{method} {printable(target)} {status or '(no answer)'}" if method else "no request"
        return last if self._requests <= 1 else f"{self._requests} requests, the last {last}"

    @property
    def working(self) -> bool:
        """Whether the peer waits for an answer that is not on its way yet (`connection.Working`)."""
        return self._busy and self._last[2] == 0

    def connectionMade(self) -> None:
        self._out = Outlet(self.transport, self._go_on)

    def dataReceived(self, data: bytes) -> None:
        if self._last_one:
            return
        self._events.extend(self._reader.receive(data))
        if self._reader.in_head or self._deadline is not None:
            self._watch_head()
        self._go_on()

    def writeConnectionLost(self) -> None:
        """It is we who linger."""

    def readConnectionLost(self) -> None:
        if self._ended:  # what we lingered for
            self._cancel_deadline()
            self.transport.loseConnection()
        else:
            self.drain()

    def connectionLost(self, reason: Failure | None = None) -> None:
        self._last_one = self._ended = True
        self._events.clear()
        self._cancel_deadline()
        self._out.lost()
        self._body.abandon()

    def drain(self) -> None:
        """Finish what was asked, then end."""
        self._last_one = True
        self._go_on()

    # One request after another.

    def _go_on(self) -> None:
        """Answer what has come, as far as it goes. An answer that is sent at once comes back here."""
        if self._turning:
            return
        self._turning = True
        events = self._events
        while events and not (self._busy or self._out.full):
            self._take(events.popleft())
        self._turning = False
        self._out.flush()
        if self._last_one:
            if not (self._busy or events):
                self._end()
        elif bool(events) is self._reading:
            # Read on once all that came is being answered: what waits is never more than one chunk.
            self._reading = not self._reading
            (self.transport.resumeProducing if self._reading else self.transport.pauseProducing)()

    def _take(self, event: Event) -> None:
        if isinstance(event, Request):
            self._begin(event)
        elif isinstance(event, BadRequest):
            self._malformed(event)
        elif isinstance(event, bytes):
            self._body.take(event)
        else:
            self._body.end()

    def _begin(self, request: Request) -> None:
        self._requests += 1
        self._last = request.method, request.target, 0
        self._asked_at = self._clock.seconds()
        try:
            found = self._site.answer(request, self.transport.getPeer)
        except Exception:
            found = self.defect(Failure(), request)
        if isinstance(found, Deferred):
            self._busy = True
            found.addErrback(self.defect, request).addCallback(self.found, request)
        else:
            self._decided(found, request)

    def found(self, found: Plan | Intake, request: Request) -> None:
        self._busy = False
        if not self._ended:
            self._decided(found, request)
            self._go_on()
        elif isinstance(found, Plan):
            found.close()
        else:
            found.abandon()

    def _decided(self, found: Plan | Intake, request: Request) -> None:
        waits = request.has_body and b"expect" in request.fields
        if isinstance(found, Plan):
            if waits:
                # Our answer comes instead of the 100 that it waits for; what it sends then is not known.
                self.cut_short()
            self._send(found, request)
            return
        if waits:
            self._out.add(b"HTTP/1.1 100 Continue\r\n\r\n")
        self._body.begin(found, request)

    def hold(self) -> None:
        """Take up nothing more until `found` or `release` (`receiving.Connection`)."""
        self._busy = True

    def release(self) -> None:
        self._busy = False
        self._go_on()

    def cut_short(self) -> None:
        """The next answer is the last, and the peer may still be sending what it is for."""
        self._events.clear()
        self._linger = self._last_one = True

    def defect(self, failure: Failure, request: Request) -> Plan:
        if isinstance(failure.value, BadRequest):
            return refusal(failure.value.status, str(failure.value), request.fields)
        if isinstance(failure.value, OSError | Truncated):  # too many open files, a disk that fails
            return refusal(503, "this server cannot do it now", request.fields)
        self.log.failure("answering {target}", failure, target=printable(request.target))
        return refusal(500, "internal error", request.fields)

    def _malformed(self, error: BadRequest) -> None:
        self._last = "bad request:", str(error).encode(), error.status
        plan = refusal(error.status, str(error), {})
        assert isinstance(plan.body, bytes)
        self._out.add(self._head(plan, b"Connection: close\r\n"), plan.body)
        self.cut_short()

    # Answers.

    def _head(self, plan: Plan, connection: bytes) -> bytes:
        date = http_date(int(self._now()))
        fields = plan.encoded or encode(plan.fields)
        return b"%sDate: %s\r\n%s%s\r\n" % (status_line(plan.status), date, connection, fields)

    def _send(self, plan: Plan, request: Request) -> None:
        self._last = request.method, request.target, plan.status
        self.answered(self._clock.seconds() - self._asked_at)
        connection = b""
        if not request.keep_alive:
            self._events.clear()  # nothing is answered after an answer that says so
        if not request.keep_alive or (self._last_one and not self._events):
            connection = b"Connection: close\r\n"
            self._last_one = True
        elif request.version == "1.0":
            connection = b"Connection: keep-alive\r\n"
        if request.method == "HEAD":
            plan.close()
            self._out.add(self._head(plan, connection))
        elif isinstance(plan.body, bytes):
            self._out.add(self._head(plan, connection), plan.body)
        else:
            self._send_body(plan, request, connection)

    def _send_body(self, plan: Plan, request: Request, connection: bytes) -> None:
        try:
            data = small(plan)
        except (Truncated, OSError):
            plan.close()
            self._send(self.defect(Failure(), request), request)
            return
        self._out.add(self._head(plan, connection))
        if data is not None:
            plan.close()
            self._out.add(data)
            return
        span = span_of(plan)
        if span is not None and is_at_hand(span):
            sent = self._out.send_at_once(span)
            if sent == span.length:
                plan.close()
                return
            span = FileSpan(span.fd, span.offset + sent, span.length - sent)
        self._busy = True
        self._out.flush(more=True)
        give = self._out.give
        sending = Deferred.fromCoroutine(deliver(plan, give)) if span is None else self._out.stream(span)
        sending.addBoth(self._delivered, plan)

    def _delivered(self, result: Any, plan: Plan) -> None:
        plan.close()
        self._busy = False
        if isinstance(result, Failure) and not self._ended:
            if not result.check(Truncated, OSError, ConnectionLost):
                self.log.failure("sending {target}", result, target=printable(self._last[1]))
            # The peer must not take what it got for the whole.
            self._ended = self._last_one = True
            self._events.clear()
            self.transport.abortConnection()
        elif not self._ended:
            self._go_on()

    # Ends.

    def _end(self) -> None:
        if self._ended:
            return
        self._ended = True
        self._cancel_deadline()
        self._out.close()
        if self._linger and not ISSLTransport.providedBy(self.transport):
            self.transport.loseWriteConnection()
            self._deadline = self._clock.callLater(LINGER_S, self.transport.abortConnection)
        else:
            self.transport.loseConnection()

    def _watch_head(self) -> None:
        if not self._reader.in_head:
            self._cancel_deadline()
        elif self._deadline is None:
            self._deadline = self._clock.callLater(HEAD_TIMEOUT_S, self._too_slow)

    def _too_slow(self) -> None:
        self._deadline = None
        if self._busy or self._events:  # it is we who do not read
            self._watch_head()
        else:
            self._malformed(BadRequest(408, f"the head of a request took over {HEAD_TIMEOUT_S:g} s"))
            self._go_on()

    def _cancel_deadline(self) -> None:
        if self._deadline is not None and self._deadline.active():
            self._deadline.cancel()
        self._deadline = None
