"""Several files at once, from HTTP and bare-name servers."""

import os
from pathlib import Path
from typing import Any

from twisted.internet.defer import CancelledError, Deferred, maybeDeferred

from tests.files.get.hosting import HostCase, Then, head, reactor, saying
from twisted_suite.errors import ExitStatus
from twisted_suite.files.folder import Folder
from twisted_suite.files.get.client import Client
from twisted_suite.files.get.sources import source
from twisted_suite.files.get.wishes import Wishes
from twisted_suite.files.server import BareNameFactory


class ClientTests(HostCase):
    def client(self, **wishes: Any) -> Client:
        return Client(self.web.clock, Wishes(**{"folder": self.folder, "retries": 0, **wishes}), self.seen)

    async def fetch(self, *names: str, **wishes: Any) -> ExitStatus:
        sources = [source(name, self.base) for name in names]
        return await self.client(**wishes).fetch_all(sources)

    async def test_several(self) -> None:
        """All are fetched, so many at a time, each under its name."""
        contents = {f"{n}.iso": self.file(f"{n}.iso") for n in range(9)}
        self.assertEqual(await self.fetch(*contents, at_once=3), ExitStatus.OK)
        self.assertEqual({name: (self.folder / name).read_bytes() for name in self.names()}, contents)
        self.assertLessEqual(self.host.connections, 3)

    async def test_both_protocols(self) -> None:
        """Names of a bare-name server and URLs go together."""
        root = Path(self.mktemp())
        root.mkdir()
        (root / "b.txt").write_bytes(b"bare")
        folder = Folder(str(root))
        factory = BareNameFactory(lambda name: maybeDeferred(folder.open, name), reactor)
        factory.noisy = False
        port = reactor.listenTCP(0, factory, interface="127.0.0.1")
        self.addCleanup(port.stopListening)
        self.file()
        sources = [source("b.txt", f"tcp:127.0.0.1:{port.getHost().port}"), source(f"{self.base}/a.iso", "")]
        self.assertEqual(await self.client().fetch_all(sources), ExitStatus.OK)
        self.assertEqual(self.names(), ["a.iso", "b.txt"])

    async def test_one_fails(self) -> None:
        """The others come all the same, and the status is that of the first failure."""
        self.file()
        self.assertEqual(await self.fetch("missing", "a.iso", "http://127.0.0.1:1/x"), ExitStatus.NO_INPUT)
        self.assertEqual(self.names(), ["a.iso"])
        self.assertEqual(
            {error.status for error in self.seen.errors}, {ExitStatus.NO_INPUT, ExitStatus.UNAVAILABLE}
        )

    async def test_the_same_name_twice(self) -> None:
        """Two that would be the same file here are not both fetched."""
        self.file()
        self.file("sub/a.iso")
        self.assertEqual(await self.fetch("a.iso", "sub/a.iso"), ExitStatus.USAGE)
        self.assertEqual(len(self.seen.results), 1)

    async def test_a_name_from_the_server(self) -> None:
        """Where the address has no name the server gives one, which replaces nothing."""
        content = self.file(
            "photos/?zip", headers={"Content-Disposition": 'attachment; filename="photos.zip"'}
        )
        self.assertEqual(await self.fetch(f"{self.base}/photos/?zip"), ExitStatus.OK)
        self.assertEqual((self.folder / "photos.zip").read_bytes(), content)
        (self.folder / "photos.zip").write_text("mine")
        self.assertEqual(await self.fetch(f"{self.base}/photos/?zip"), ExitStatus.IO)
        self.assertIn("move it away", str(self.seen.errors[0]))
        self.assertEqual((self.folder / "photos.zip").read_text(), "mine")

    async def test_without_any_name(self) -> None:
        """Where the server gives none either, the address does."""
        self.file("photos/?zip")
        await self.fetch(f"{self.base}/photos/?zip")
        self.assertEqual(self.names(), ["photos"])

    async def test_stopped(self) -> None:
        """All are stopped together, each with its part, and those that wait for a place do not begin."""
        for n in range(6):
            self.file(f"{n}.iso", size=2_000_000)
        self.host.script = [self.host.cut(0.5, Then.HANG)] * 6
        running = Deferred.fromCoroutine(self.fetch(*(f"{n}.iso" for n in range(6)), at_once=2))
        while sum(here == 1_000_000 for here in self.seen.here) < 4:
            await self.turn()
        running.cancel()
        with self.assertRaises(CancelledError):
            await running
        self.assertEqual(self.seen.kept, [1_000_000] * 2)
        self.assertEqual(len(self.host.requests), 2)
        self.assertEqual(len(self.names()), 4)

    async def test_a_defect_is_not_hidden(self) -> None:
        """An error that nobody expects comes out."""

        def odd(*_: object) -> None:
            raise ZeroDivisionError

        self.file()
        self.seen.began = odd  # type: ignore[method-assign,assignment]  # a defect in the hand
        with self.assertRaises(ZeroDivisionError):
            await self.fetch("a.iso")

    async def test_folders_need_http(self) -> None:
        """A bare-name server lists nothing, and is told so."""
        status = await self.client().fetch_all([source("a", "tcp:127.0.0.1:1")], recursive=True)
        self.assertEqual(status, ExitStatus.USAGE)
        self.assertIn("-r needs an HTTP address", str(self.seen.errors[0]))

    async def test_a_folder(self) -> None:
        """A folder comes with all in it; what is here already is not fetched again."""
        listing = b'{"entries": [{"name": "a.iso", "kind": "file", "size": 7, "mtime": 1795568400.5}]}'
        when = {"Last-Modified": "Wed, 25 Nov 2026 01:00:00 GMT"}
        content = self.file("top/a.iso", size=7, headers=when)
        for again in (False, True):
            self.host.script = [saying(head(200, Content_Length=len(listing)) + listing, Then.KEEP)]
            status = await self.client().fetch_all([source(f"{self.base}/top", "")], recursive=True)
            self.assertEqual(status, ExitStatus.OK)
            self.assertEqual(self.seen.results[-1].skipped, again)
        self.assertEqual((self.folder / "top" / "a.iso").read_bytes(), content)
        os.utime(self.folder / "top" / "a.iso", (1, 1))
        self.host.script = [saying(head(200, Content_Length=len(listing)) + listing, Then.KEEP)]
        await self.client().fetch_all([source(f"{self.base}/top", "")], recursive=True)
        self.assertFalse(self.seen.results[-1].skipped)
