"""HTTP that can be asked to end, over a transport in memory."""

from typing import Any

from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from twisted_suite.runtime.web import DrainableSite


class _Slow(Resource):
    isLeaf = True

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[Any] = []

    def render_GET(self, request: Any) -> int:
        self.requests.append(request)
        return NOT_DONE_YET


class DrainTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.page = _Slow()
        self.clock = MemoryReactorClock()
        site: Any = DrainableSite(self.page, self.clock)
        site.startFactory()
        self.addCleanup(site.stopFactory)
        self.channel = site.buildProtocol(None)
        self.transport = StringTransport()
        self.channel.makeConnection(self.transport)

    def ask(self) -> None:
        self.channel.dataReceived(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")

    def test_an_idle_connection_ends_at_once(self) -> None:
        """A connection that is only kept alive does not hold up the end."""
        self.channel.drain()
        self.assertTrue(self.transport.disconnecting)

    def test_an_answer_is_finished(self) -> None:
        """An answer under way is finished, and then the connection ends."""
        self.ask()
        self.channel.drain()
        self.assertFalse(self.transport.disconnecting)
        (request,) = self.page.requests
        request.write(b"all of it")
        request.finish()
        self.assertIn(b"all of it", self.transport.value())
        self.assertTrue(self.transport.disconnecting)

    def test_without_a_drain_it_stays(self) -> None:
        """Otherwise the connection is kept for the next request."""
        self.ask()
        self.page.requests[0].finish()
        self.assertFalse(self.transport.disconnecting)
        self.ask()
        self.assertEqual(len(self.page.requests), 2)
        self.page.requests[1].finish()

    def test_how_long_an_answer_takes_to_begin(self) -> None:
        """It is told once for each, however long the rest of it takes."""
        times: list[float] = []
        self.channel.answered = times.append
        for wait_s in (0.5, 0.25):
            self.ask()
            request = self.page.requests[-1]
            self.clock.advance(wait_s)
            request.write(b"some")
            self.clock.advance(5.0)
            request.write(b"more")
            request.finish()
        self.assertEqual(times, [0.5, 0.25])
