"""The admin page, asked for over loopback."""

import json
import urllib.error
import urllib.request
from email.message import Message
from typing import Any

from twisted.application.service import Service
from twisted.internet import reactor as global_reactor
from twisted.internet.defer import succeed
from twisted.internet.testing import MemoryReactorClock
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import SynchronousTestCase, TestCase

from twisted_suite.errors import ConfigError
from twisted_suite.runtime.admin.admin import AdminService
from twisted_suite.runtime.tally import Snapshot

reactor: Any = global_reactor
HERE = "tcp:0:interface=127.0.0.1"


class AdminTests(TestCase):
    def setUp(self) -> None:
        self.admin = AdminService(
            HERE, lambda: {"1": [Snapshot("echo", open=2)], "2": [Snapshot("echo", open=3)]}, reactor
        )
        self.admin.startService()
        self.addCleanup(self.stop)

    def stop(self) -> Any:
        return self.admin.stopService() if self.admin.running else succeed(None)

    def ask(self, path: str, **headers: str) -> tuple[int, Message, str]:
        (address,) = self.admin.addresses()
        request = urllib.request.Request(
            f"http://{address}{path}", headers={"Connection": "close", **headers}
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read().decode()

    async def get(self, path: str, **headers: str) -> tuple[int, Message, str]:
        found: tuple[int, Message, str] = await deferToThread(lambda: self.ask(path, **headers))
        return found

    async def test_everything_that_the_page_needs(self) -> None:
        """The page and what it loads are there, with headers that let nothing else in."""
        for path, content_type in {
            "/": "text/html",
            "/admin.css": "text/css",
            "/admin.js": "text/javascript",
            "/figures.json": "application/json",
        }.items():
            status, headers, _ = await self.get(path)
            self.assertEqual((status, headers["content-type"].partition(";")[0]), (200, content_type))
            self.assertIn("default-src 'none'", headers["content-security-policy"])
            self.assertEqual(headers["x-content-type-options"], "nosniff")
        self.assertEqual((await self.get("/other"))[0], 404)

    async def test_language(self) -> None:
        """The browser's, or the one that is asked for."""
        self.assertIn("<h1>서비스</h1>", (await self.get("/", **{"Accept-Language": "ko-KR"}))[2])
        self.assertIn("<h1>Services</h1>", (await self.get("/?lang=en", **{"Accept-Language": "ko-KR"}))[2])

    async def test_figures(self) -> None:
        """The figures of all workers, and whether the program drains."""
        figures = json.loads((await self.get("/figures.json"))[2])
        (service,) = figures["services"]
        self.assertEqual((service["service"], service["open"], figures["draining"]), ("echo", 5, False))
        self.admin.program_drains()
        self.assertTrue(json.loads((await self.get("/figures.json"))[2])["draining"])

    async def test_a_foreign_name(self) -> None:
        """A page of somebody else's, whose name leads here, reads nothing."""
        for path in ("/", "/figures.json", "/admin.js"):
            status, _, text = await self.get(path, Host="evil.test")
            self.assertEqual((status, text), (421, "ask for this page at localhost or by an IP address\n"))

    def test_url(self) -> None:
        """What to type into a browser."""
        self.assertRegex(self.admin.url(), r"^http://localhost:\d+/$")


class LoopbackTests(SynchronousTestCase):
    def test_only_there(self) -> None:
        """An endpoint that other machines may reach is refused."""
        admin = AdminService("tcp:8099", dict, MemoryReactorClock())
        self.assertIn("other machines may reach", str(self.assertRaises(ConfigError, admin.startService)))

    def test_a_unix_socket(self) -> None:
        """Nobody else reaches a Unix socket; it has no address for a browser."""
        admin = AdminService("unix:/run/admin", dict, MemoryReactorClock())
        admin.startService()
        self.assertEqual(admin.url(), "")
        self.assertTrue(isinstance(admin, Service) and admin.running)
        admin._sampling.stop()
        admin._lateness.stop()
