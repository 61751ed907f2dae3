"""Bodies of requests, over a connection in memory."""

from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.files.test_web import NOW, Transport, get
from twisted_suite.files.factory import HTTP1Factory
from twisted_suite.files.message import BadRequest, Request
from twisted_suite.files.plan import Plan


class _Intake:
    """Keeps what it is given; waits when the test says so."""

    def __init__(self) -> None:
        self.data = b""
        self.wait: Deferred[None] | None = None
        self.error: Exception | None = None
        self.abandoned = 0
        self.answer: Deferred[Plan] = succeed(Plan(201, ((b"Content-Length", b"0"),)))

    def receive(self, data: bytes) -> "Deferred[None] | None":
        if self.error is not None:
            raise self.error
        self.data += data
        return self.wait

    def finish(self) -> "Deferred[Plan]":
        return self.answer

    def abandon(self) -> None:
        self.abandoned += 1


class BodyTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.intake = _Intake()
        self.found: Any = self.intake
        self.protocol = HTTP1Factory(self, Clock(), lambda: NOW).buildProtocol(None)
        self.transport = Transport()
        self.protocol.makeConnection(self.transport)

    def answer(self, request: Request, whence: Any) -> Any:
        """The site: a PUT has its body taken, a GET is answered with its target."""
        return self.found if request.method == "PUT" else Plan(200, (), request.target)

    def receive(self, data: bytes) -> bytes:
        self.transport.clear()
        self.protocol.dataReceived(data)
        sent: bytes = self.transport.value()
        return sent

    def put(self, *fields: bytes) -> bytes:
        return get(b"/a", *fields, method=b"PUT")

    def test_a_body_and_the_next_request(self) -> None:
        """The body goes to its intake, and the connection goes on."""
        sent = self.receive(self.put(b"Content-Length: 3") + b"abc" + get(b"/next"))
        self.assertEqual(self.intake.data, b"abc")
        self.assertTrue(sent.startswith(b"HTTP/1.1 201 Created\r\n"))
        self.assertTrue(sent.endswith(b"/next"))
        self.assertNotIn(b"Connection: close", sent)

    def test_byte_by_byte(self) -> None:
        """However it is cut; nothing is answered before the end."""
        whole = self.put(b"Transfer-Encoding: chunked") + b"3\r\nabc\r\n0\r\n\r\n"
        for at in range(len(whole) - 1):
            self.assertEqual(self.receive(whole[at : at + 1]), b"")
        self.assertIn(b" 201 ", self.receive(whole[-1:]))
        self.assertEqual(self.intake.data, b"abc")

    def test_no_body(self) -> None:
        """A body of nothing is whole at once."""
        self.assertIn(b" 201 ", self.receive(self.put(b"Content-Length: 0")))

    def test_expectation(self) -> None:
        """Who waits for a 100 gets it once the intake is there, and may go on after the answer."""
        self.found = Deferred()
        head = self.put(b"Content-Length: 3", b"Expect: 100-continue")
        self.assertEqual(self.receive(head), b"")
        self.transport.clear()
        self.found.callback(self.intake)
        self.assertEqual(self.transport.value(), b"HTTP/1.1 100 Continue\r\n\r\n")
        sent = self.receive(b"abc" + get(b"/next"))
        self.assertNotIn(b"Connection: close", sent)
        self.assertTrue(sent.endswith(b"/next"))

    def test_refusal_before_the_body(self) -> None:
        """Who waits and is refused gets the refusal instead, and no more is read."""
        self.found = succeed(Plan(409, ()))
        sent = self.receive(self.put(b"Content-Length: 3", b"Expect: 100-continue"))
        self.assertTrue(sent.startswith(b"HTTP/1.1 409 "))
        self.assertIn(b"Connection: close", sent)

    def test_a_slow_disk(self) -> None:
        """While a piece is written no more is read, and nothing is lost."""
        self.receive(self.put(b"Content-Length: 6"))
        self.intake.wait = Deferred()
        self.receive(b"abc")
        self.receive(b"def")
        self.assertEqual(self.transport.producerState, "paused")
        self.assertEqual(self.intake.data, b"abc")
        self.transport.clear()
        wait, self.intake.wait = self.intake.wait, None
        wait.callback(None)
        self.assertEqual(self.intake.data, b"abcdef")
        self.assertIn(b" 201 ", self.transport.value())
        self.assertEqual(self.transport.producerState, "producing")

    def test_a_body_that_is_refused_in_the_middle(self) -> None:
        """The refusal comes at once, the intake is told, and the connection ends."""
        self.receive(self.put(b"Content-Length: 6"))
        self.intake.error = BadRequest(413, "too much")
        sent = self.receive(b"abc")
        self.assertTrue(sent.startswith(b"HTTP/1.1 413 "))
        self.assertIn(b"Connection: close", sent)
        self.assertEqual(self.intake.abandoned, 1)

    def test_a_write_that_fails(self) -> None:
        """So it is for what fails later; the answer says that it is our fault."""
        self.receive(self.put(b"Content-Length: 6"))
        self.intake.wait = Deferred()
        self.receive(b"abc")
        self.transport.clear()
        self.intake.wait.errback(OSError("disk"))
        self.assertTrue(self.transport.value().startswith(b"HTTP/1.1 503 "))
        self.assertEqual(self.intake.abandoned, 1)

    def test_hanging_up(self) -> None:
        """An intake is told of the end once, also when it is still being found or still writes."""
        self.receive(self.put(b"Content-Length: 6"))
        self.intake.wait = Deferred()
        self.receive(b"abc")
        self.protocol.connectionLost(Failure(ConnectionDone()))
        self.assertEqual(self.intake.abandoned, 1)
        self.intake.wait.callback(None)
        self.assertEqual(self.intake.abandoned, 1)

    def test_hanging_up_before_it_is_found(self) -> None:
        """One that comes too late is abandoned at once."""
        self.found = Deferred()
        self.receive(self.put(b"Content-Length: 6"))
        self.protocol.connectionLost(Failure(ConnectionDone()))
        self.found.callback(self.intake)
        self.assertEqual(self.intake.abandoned, 1)
