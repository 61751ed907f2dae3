"""HTTP/1.1 over a transport in memory, with a site whose answers are in the test's hand."""

from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.files.bodies import MemoryBody
from twisted_suite.files.factory import HTTP1Factory
from twisted_suite.files.message import Request
from twisted_suite.files.plan import Plan
from twisted_suite.files.receiving import MAX_UNWANTED_BYTES
from twisted_suite.files.web import HEAD_TIMEOUT_S, LINGER_S

NOW = 784111777.5
DATE = b"Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"


class Transport(StringTransport):
    """It can close its half, counts writes, and may be full after each of them."""

    half_closed = False
    writes = 0
    full_after_a_write = False

    def write(self, data: bytes) -> None:
        super().write(data)
        self.writes += 1
        if self.full_after_a_write:
            self.producer.pauseProducing()  # type: ignore[union-attr]

    def loseWriteConnection(self) -> None:
        self.half_closed = True


class _Site:
    """Answers with the target, or with what the test has laid out for it."""

    def __init__(self) -> None:
        self.asked: list[Request] = []
        self.answers: dict[bytes, Any] = {}

    def answer(self, request: Request, whence: object) -> Any:
        self.asked.append(request)
        found = self.answers.get(request.target, request.target)
        if isinstance(found, Exception):
            raise found
        return Plan(200, (), found) if isinstance(found, bytes) else found


def get(target: bytes, *fields: bytes, method: bytes = b"GET", version: bytes = b"1.1") -> bytes:
    lines = [b"%s %s HTTP/%s" % (method, target, version), b"Host: h", *fields, b"", b""]
    return b"\r\n".join(lines)


class HTTP1Tests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.site = _Site()
        self.protocol = HTTP1Factory(self.site, self.clock, lambda: NOW).buildProtocol(None)
        self.transport = Transport()
        self.protocol.makeConnection(self.transport)
        self.outlet: Any = self.transport.producer

    def test_how_long_an_answer_takes_to_begin(self) -> None:
        """It is told for each request, once the answer is decided."""
        times: list[float] = []
        self.protocol.answered = times.append
        self.site.answers[b"/slow"] = Deferred()
        self.receive(get(b"/slow"))
        self.assertEqual(times, [])
        self.clock.advance(0.5)
        self.site.answers[b"/slow"].callback(Plan(200, (), b"done"))
        self.assertEqual(times, [0.5])

    def receive(self, *data: bytes) -> bytes:
        """What is answered to `data`."""
        self.transport.clear()
        for piece in data:
            self.protocol.dataReceived(piece)
        sent: bytes = self.transport.value()
        return sent

    def lose(self) -> None:
        self.protocol.connectionLost(Failure(ConnectionDone()))

    def test_an_answer(self) -> None:
        """Head, time and body go out, and the connection stays."""
        sent = self.receive(get(b"/a"))
        self.assertEqual(sent, b"HTTP/1.1 200 OK\r\n" + DATE + b"\r\n/a")
        self.assertFalse(self.transport.disconnecting)
        self.assertEqual(self.protocol.outcome, "GET /a 200")

    def test_pipelined(self) -> None:
        """Several requests in one chunk are answered in their order, in one write."""
        sent = self.receive(get(b"/a") + get(b"/b") + get(b"/c"))
        self.assertEqual(self.transport.writes, 1)
        self.assertEqual([part[:2] for part in sent.split(DATE + b"\r\n")[1:]], [b"/a", b"/b", b"/c"])
        self.assertEqual(self.protocol.outcome, "3 requests, the last GET /c 200")

    def test_a_long_row(self) -> None:
        """However many are answered at once, each with a body in pieces, all are."""
        row = []
        for number in range(1000):
            row.append(get(b"/%d" % number))
            self.site.answers[b"/%d" % number] = Plan(200, (), MemoryBody(b"012345"), 0, 6)
        self.assertEqual(self.receive(b"".join(row)).count(b"012345"), 1000)

    def test_one_after_the_other(self) -> None:
        """While an answer is being found the next waits, and nothing more is read."""
        found: Deferred[Plan] = Deferred()
        self.site.answers[b"/slow"] = found
        self.assertEqual(self.receive(get(b"/slow") + get(b"/b")), b"")
        self.assertEqual(len(self.site.asked), 1)
        self.assertEqual((self.transport.producerState, self.protocol.working), ("paused", True))
        found.callback(Plan(200, (), b"slow"))
        first, second = self.transport.value().split(b"HTTP/1.1 ")[1:]
        self.assertTrue(first.endswith(b"slow") and second.endswith(b"/b"))
        self.assertEqual((self.transport.producerState, self.protocol.working), ("producing", False))

    def test_head(self) -> None:
        """HEAD gets the head alone, and a body that was opened for it is closed."""
        body = MemoryBody(b"0123")
        self.site.answers[b"/m"] = Plan(200, ((b"Content-Length", b"4"),), body, 0, 4)
        sent = self.receive(get(b"/m", method=b"HEAD") + get(b"/b", method=b"HEAD"))
        self.assertEqual(sent.count(b"HTTP/1.1 200"), 2)
        self.assertTrue(sent.endswith(b"\r\n\r\n"))
        self.assertEqual(body.closed, 1)

    def test_a_body_in_pieces(self) -> None:
        """A body goes out piece by piece, in order with what follows; then it is closed."""
        body = MemoryBody(b"0123456789")
        self.site.answers[b"/m"] = Plan(206, (), body, 2, 9)
        sent = self.receive(get(b"/m") + get(b"/b"))
        self.assertIn(b"\r\n\r\n2345678HTTP/1.1 200", sent)
        self.assertEqual(body.closed, 1)

    def test_a_peer_that_does_not_read(self) -> None:
        """When the transport is full no piece is made and no request begun; then all goes on."""
        body = MemoryBody(b"0123456789")
        self.site.answers[b"/m"] = Plan(200, (), body, 0, 10)
        self.outlet.pauseProducing()
        self.assertEqual(self.receive(get(b"/m") + get(b"/b")), b"")
        self.assertEqual(self.transport.producerState, "paused")
        self.transport.full_after_a_write = True
        for sent in (b"\r\n\r\n0123", b"4567", b"89", b"\r\n\r\n/b"):
            self.transport.clear()
            self.outlet.resumeProducing()
            self.assertTrue(self.transport.value().endswith(sent))
        self.assertEqual((body.closed, self.transport.producerState), (1, "producing"))

    def test_a_peer_that_goes_while_it_does_not_read(self) -> None:
        """The body that waits for room is closed."""
        body = MemoryBody(b"0123456789")
        self.site.answers[b"/m"] = Plan(200, (), body, 0, 10)
        self.transport.full_after_a_write = True
        self.receive(get(b"/m"))
        self.lose()
        self.assertEqual(body.closed, 1)
        self.assertFalse(self.transport.disconnected)

    def test_a_body_that_breaks(self) -> None:
        """What cannot be had to its end resets the connection: nobody takes a part for the whole."""
        body = MemoryBody(b"0123456789")
        body.error = OSError("the disk")
        self.site.answers[b"/m"] = Plan(200, (), body, 0, 10)
        sent = self.receive(get(b"/m") + get(b"/b"))
        self.assertTrue(sent.endswith(b"01234567"))
        self.assertTrue(self.transport.disconnected)
        self.assertEqual((body.closed, len(self.site.asked)), (1, 1))

    def test_defects(self) -> None:
        """An error of ours is logged and answered as such; what the system cannot do now is said so."""
        self.site.answers[b"/d"] = ZeroDivisionError()
        self.assertIn(b"500 Internal Server Error: internal error", self.receive(get(b"/d")))
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        failed: Deferred[Plan] = Deferred()
        self.site.answers[b"/e"] = failed
        self.receive(get(b"/e"))
        failed.errback(OSError("too many open files"))
        self.assertIn(b"HTTP/1.1 503", self.transport.value())

    def test_the_end_that_was_asked_for(self) -> None:
        """Connection: close and HTTP/1.0 end after the answer, and say so; HTTP/1.0 may also go on."""
        for request, ends, says in [
            (get(b"/a", b"Connection: close"), True, b"Connection: close\r\n"),
            (get(b"/a", version=b"1.0"), True, b"Connection: close\r\n"),
            (get(b"/a", b"Connection: keep-alive", version=b"1.0"), False, b"Connection: keep-alive\r\n"),
        ]:
            self.setUp()
            self.assertIn(says, self.receive(request + get(b"/b")))
            self.assertIs(self.transport.disconnecting, ends)
            self.assertEqual(len(self.site.asked), 1 if ends else 2)

    def test_a_mistake(self) -> None:
        """What is no request is told so after the answers before it; then our half ends, and soon all."""
        sent = self.receive(get(b"/a") + b"nonsense\r\n\r\n")
        self.assertIn(b"\r\n\r\n/aHTTP/1.1 400 Bad Request\r\n", sent)
        self.assertIn(b"Connection: close", sent)
        self.assertTrue(self.transport.half_closed)
        self.assertEqual(self.receive(get(b"/b")), b"")
        self.clock.advance(LINGER_S)
        self.assertTrue(self.transport.disconnected)
        self.assertEqual(self.protocol.outcome, "bad request: not a request of HTTP/1.1 400")

    def test_a_mistake_of_somebody_who_goes(self) -> None:
        """Once the peer has said all, nobody lingers."""
        self.receive(b"nonsense\r\n\r\n")
        self.assertFalse(self.transport.disconnecting)
        self.protocol.readConnectionLost()
        self.assertTrue(self.transport.disconnecting)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_a_body_that_nobody_wants(self) -> None:
        """A small one is dropped and the connection goes on; a large one, or one that waits, ends it."""
        small = get(b"/a", b"Content-Length: 3", method=b"POST") + b"abc"
        self.assertTrue(self.receive(small + get(b"/b")).endswith(b"/b"))
        self.receive(get(b"/a", b"Content-Length: 99999999", method=b"POST"), b"x" * MAX_UNWANTED_BYTES, b"x")
        self.assertTrue(self.transport.half_closed)
        self.lose()
        self.setUp()
        sent = self.receive(get(b"/a", b"Content-Length: 3", b"Expect: 100-continue", method=b"POST"))
        self.assertIn(b"Connection: close", sent)
        self.assertTrue(self.transport.half_closed)

    def test_a_head_in_drops(self) -> None:
        """A head that is not whole in time is told so; one that is whole leaves no timer behind."""
        self.protocol.dataReceived(get(b"/a")[:10])
        self.clock.advance(HEAD_TIMEOUT_S / 2)
        self.protocol.dataReceived(get(b"/a")[10:])
        self.assertEqual(self.clock.getDelayedCalls(), [])
        for byte in get(b"/a")[:19]:
            self.protocol.dataReceived(bytes([byte]))
            self.clock.advance(HEAD_TIMEOUT_S / 20)
        self.assertEqual(self.transport.value().count(b"408"), 0)
        self.clock.advance(HEAD_TIMEOUT_S / 20)
        self.assertIn(b"HTTP/1.1 408 ", self.transport.value())
        self.lose()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_a_head_that_waits_for_us(self) -> None:
        """The time in which we do not read is not the peer's."""
        found: Deferred[Plan] = Deferred()
        self.site.answers[b"/slow"] = found
        self.receive(get(b"/slow") + get(b"/b")[:10])
        self.clock.advance(HEAD_TIMEOUT_S)
        found.callback(Plan(200, (), b"slow"))
        self.assertTrue(self.receive(get(b"/b")[10:]).endswith(b"/b"))

    def test_a_half_close(self) -> None:
        """A peer that has said all gets its answers, then the end; one that asked nothing gets that."""
        found: Deferred[Plan] = Deferred()
        self.site.answers[b"/slow"] = found
        self.receive(get(b"/slow") + get(b"/b"))
        self.protocol.readConnectionLost()
        self.assertFalse(self.transport.disconnecting)
        found.callback(Plan(200, (), b"slow"))
        sent = self.transport.value()
        self.assertTrue(sent.endswith(b"/b"))
        self.assertEqual(sent.count(b"Connection: close"), 1)
        self.assertTrue(self.transport.disconnecting)
        self.setUp()
        self.protocol.readConnectionLost()
        self.assertTrue(self.transport.disconnecting)
        self.assertEqual(self.protocol.outcome, "no request")

    def test_drain(self) -> None:
        """Asked to end: at once between requests, else after the answers."""
        self.receive(get(b"/a"))
        self.protocol.drain()
        self.assertTrue(self.transport.disconnecting)
        self.setUp()
        found: Deferred[Plan] = Deferred()
        self.site.answers[b"/slow"] = found
        self.receive(get(b"/slow"))
        self.protocol.drain()
        self.assertFalse(self.transport.disconnecting)
        found.callback(Plan(200, (), b"slow"))
        self.assertIn(b"Connection: close", self.transport.value())
        self.assertTrue(self.transport.disconnecting)

    def test_a_hang_up(self) -> None:
        """A peer that goes while its answer is sought: the file that was opened for it is closed."""
        found: Deferred[Plan] = Deferred()
        self.site.answers[b"/slow"] = found
        self.receive(get(b"/slow"))
        self.lose()
        body = MemoryBody(b"0")
        found.callback(Plan(200, (), body, 0, 1))
        self.assertEqual(body.closed, 1)
        self.assertEqual(self.transport.value(), b"")
