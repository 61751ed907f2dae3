"""The report over HTTP."""

import json
import os
from typing import Any
from xml.etree import ElementTree

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock, deferLater
from twisted.trial.unittest import TestCase
from twisted.web.client import Agent, readBody

from tests.accesslog.lines import OK, START
from tests.accesslog.test_scan import SAMPLE_LOG
from tests.accesslog.test_server import Later
from twisted_suite.accesslog.counting import Counting
from twisted_suite.accesslog.live import FollowService
from twisted_suite.accesslog.order import Order
from twisted_suite.accesslog.page import ROWS_ON_PAGE
from twisted_suite.accesslog.scan import Plan
from twisted_suite.accesslog.server import Look, ReportService
from twisted_suite.accesslog.web import live_site, site
from twisted_suite.runtime.text import Language


class WebTestCase(TestCase):
    """Tests with a server that is asked."""

    later: Later
    base: str

    async def ask(self, path: str, method: bytes = b"GET") -> tuple[int, Any, bytes]:
        """Status, headers and body of an answer."""
        from twisted.internet import reactor

        response: Any = await Agent(reactor).request(method, (self.base + path).encode())
        return response.code, response.headers, await readBody(response)

    def run_async(self, coroutine: Any) -> "Deferred[None]":
        return Deferred.fromCoroutine(coroutine)


class WebTests(WebTestCase):
    def serve(self, log: bytes | None, language: Language = "en") -> ReportService:
        """Serve a report on this log, or on one that is still being read."""
        from twisted.internet import reactor

        path = self.mktemp()
        with open(path, "wb") as file:
            file.write(log or b"")
        self.later = Later()
        service = ReportService([path], Plan(), Look(language), background=self.later, clock=Clock())
        service.startService()
        if log is not None:
            self.later.run()
        factory: Any = site(service, None, reactor)
        port: Any = reactor.listenTCP(0, factory, interface="127.0.0.1")
        self.addCleanup(port.stopListening)
        self.base = f"http://127.0.0.1:{port.getHost().port}"
        return service

    def page(self, body: bytes) -> ElementTree.Element:
        """The page, which is well-formed."""
        doctype, _, rest = body.partition(b"\n")
        self.assertEqual(doctype, b"<!DOCTYPE html>")
        return ElementTree.fromstring(rest)

    def test_documents(self) -> "Deferred[None]":
        """The report is served as text and as JSON, byte for byte."""

        async def test() -> None:
            service = self.serve(SAMPLE_LOG.read_bytes(), "ko")
            reading = service.reading
            assert reading is not None
            code, headers, body = await self.ask("/report.txt")
            self.assertEqual((code, body), (200, reading.documents["text"]))
            self.assertEqual(headers.getRawHeaders("content-type"), ["text/plain; charset=utf-8"])
            code, headers, body = await self.ask("/report.json")
            self.assertEqual((code, json.loads(body)["visitors"]), (200, 99))
            self.assertEqual(headers.getRawHeaders("content-type"), ["application/json"])
            self.assertEqual(headers.getRawHeaders("x-content-type-options"), ["nosniff"])
            code, headers, body = await self.ask("/report.json", b"HEAD")
            self.assertEqual((code, body), (200, b""))
            self.assertEqual(headers.getRawHeaders("content-length"), [str(len(reading.documents["json"]))])
            self.assertEqual((await self.ask("/else"))[0], 404)
            self.assertEqual((await self.ask("/report.txt", b"POST"))[0], 405)

        return self.run_async(test())

    def test_large(self) -> "Deferred[None]":
        """A report larger than any buffer arrives whole."""

        async def test() -> None:
            service = self.serve(b"".join(b'c%d - - [t] "-" 200 1\n' % number for number in range(6_000)))
            assert service.reading is not None
            self.assertEqual((await self.ask("/report.json"))[2], service.reading.documents["json"])

        return self.run_async(test())

    def test_page(self) -> "Deferred[None]":
        """The page has the figures and the clients, needs nothing else, and runs nothing."""

        async def test() -> None:
            self.serve(SAMPLE_LOG.read_bytes())
            code, headers, body = await self.ask("/")
            self.assertEqual(code, 200)
            page = self.page(body)
            text = " ".join(page.itertext())
            for word in ("327", "99", "29,289 KB", "29,992,323", "493", "223.62.67.5", "26,540,048"):
                self.assertIn(word, text)
            self.assertEqual(page.get("lang"), "en")
            self.assertEqual(page.findall(".//script"), [])
            self.assertIn("prefers-color-scheme:dark", text)
            self.assertEqual(
                [each.get("href") for each in page.iter("a")], ["report.txt", "report.json", "report.csv"]
            )
            (policy,) = headers.getRawHeaders("content-security-policy")
            self.assertTrue(policy.startswith("default-src 'none'"))

        return self.run_async(test())

    def test_korean(self) -> "Deferred[None]":
        """The page speaks Korean."""

        async def test() -> None:
            self.serve(OK, "ko")
            page = self.page((await self.ask("/"))[2])
            self.assertEqual(page.get("lang"), "ko")
            self.assertIn("총 페이지뷰", " ".join(page.itertext()))

        return self.run_async(test())

    def test_odd_lines(self) -> "Deferred[None]":
        """Recovered, invalid and damaged are on the page, and nothing in a log is markup."""

        async def test() -> None:
            lines = [
                b'"' + OK + b'"',
                START + b'"GET /<script>',
                b'<b>&"x - - [t] "-" 200 5\x1b\x00',
                b"<!--",
            ]
            lines += [b'<script>alert(1)</script> - - [t] "-" 200 5', b"]]>\xff"]
            self.serve(b"\n".join(lines))
            page = self.page((await self.ask("/"))[2])
            text = " ".join(page.itertext())
            self.assertIn("one more pair of quotes", text)
            self.assertIn(":2: 192.0.2.1", text)
            self.assertIn('"GET /<script>', text)
            self.assertIn("<script>alert(1)</script>", text)
            self.assertEqual(page.findall(".//script"), [])

        return self.run_async(test())

    def test_damaged(self) -> "Deferred[None]":
        """A damaged file is on the page; an empty log has one too."""

        async def test() -> None:
            self.serve(b"\x1f\x8b\x08")
            text = " ".join(self.page((await self.ask("/"))[2]).itertext())
            self.assertIn("the gzip data is cut off", text)

        return self.run_async(test())

    def test_many_clients(self) -> "Deferred[None]":
        """Of many clients the first are on the page."""

        async def test() -> None:
            count = ROWS_ON_PAGE + 50
            self.serve(b"".join(b'c%d - - [t] "-" 200 %d\n' % (n, n) for n in range(count)))
            page = self.page((await self.ask("/"))[2])
            rows = page.findall(".//section[@id='clients']//tr")
            self.assertEqual(len(rows), 1 + ROWS_ON_PAGE + 1)
            self.assertEqual(rows[-1].findtext("td"), "(all others)")
            self.assertEqual(rows[-1].findtext("td[2]"), "50")

        return self.run_async(test())

    def test_not_yet(self) -> "Deferred[None]":
        """While the log is being read the answer is 503, and says when to ask again."""

        async def test() -> None:
            self.serve(None)
            for path in ("/", "/report.txt", "/report.json"):
                code, headers, _ = await self.ask(path)
                self.assertEqual((code, headers.getRawHeaders("retry-after")), (503, ["1"]))
            self.later.run()
            self.assertEqual((await self.ask("/"))[0], 200)

        return self.run_async(test())

    def test_failed(self) -> "Deferred[None]":
        """When the log could not be read the answer is 500, without a word on why."""

        async def test() -> None:
            service = self.serve(None)
            service.error = "/secret/path: Permission denied"
            code, _, body = await self.ask("/")
            self.assertEqual(code, 500)
            self.assertNotIn(b"secret", body)

        return self.run_async(test())


class LiveTests(WebTestCase):
    """The live page, and the same documents beside it."""

    def follow(self) -> FollowService:
        """Serve what is followed."""
        from twisted.internet import reactor

        self.log = os.path.abspath(self.mktemp())
        with open(self.log, "wb") as file:
            file.write(OK + b"\n")
        self.later = Later()
        counting = Counting(Order([self.log]))
        self.addCleanup(counting.follower.close)
        service = FollowService(counting, "en", background=self.later, reactor=Clock())
        service.startService()
        self.later.run()
        factory: Any = live_site(service, None, reactor)
        port: Any = reactor.listenTCP(0, factory, interface="127.0.0.1")
        self.addCleanup(port.stopListening)
        self.base = f"http://127.0.0.1:{port.getHost().port}"
        return service

    def test_live_page(self) -> "Deferred[None]":
        """The page may run its own script and ask its own server, nothing else."""

        async def test() -> None:
            self.follow()
            code, headers, body = await self.ask("/")
            self.assertEqual((code, b'src="live.js"' in body), (200, True))
            (policy,) = headers.getRawHeaders("content-security-policy")
            self.assertIn("default-src 'none'; script-src 'self'; connect-src 'self'", policy)
            code, headers, body = await self.ask("/live.js")
            self.assertEqual(headers.getRawHeaders("content-type"), ["text/javascript; charset=utf-8"])
            self.assertEqual((await self.ask("/report.json"))[0], 503)

        return self.run_async(test())

    def test_events(self) -> "Deferred[None]":
        """Who watches is told the figures at once, the panels when they are there, and the end."""

        async def test() -> None:
            service = self.follow()
            answer = Deferred.fromCoroutine(self.ask("/events"))
            while not service.listeners:
                await self.turn()
            self.later.run()
            for listener in tuple(service.listeners):
                listener(service.pulse)
                listener(None)
            code, headers, body = await answer
            self.assertEqual((code, headers.getRawHeaders("content-type")), (200, ["text/event-stream"]))
            events = [event.partition(b"\ndata: ") for event in body.split(b"\n\n") if event]
            self.assertEqual(
                [head for head, _, _ in events], [b"event: pulse", b"event: pulse", b"event: panels"]
            )
            self.assertEqual(json.loads(events[0][2])["lines"], 1)
            self.assertEqual(json.loads(events[2][2])["statuses"]["rows"], [["200", 1, 6812]])
            self.assertEqual(service.listeners, set())

        return self.run_async(test())

    def turn(self) -> "Deferred[None]":
        """Let the reactor do something else."""
        from twisted.internet import reactor

        return deferLater(reactor, 0)
