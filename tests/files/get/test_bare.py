"""The files client against our server and against one that breaks off, over loopback."""

import os
from pathlib import Path
from typing import Any

from twisted.internet import reactor as global_reactor
from twisted.internet.defer import CancelledError, Deferred, maybeDeferred
from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import deferLater
from twisted.trial.unittest import TestCase
from zope.interface import implementer

from tests.files.get.hosting import Seen
from twisted_suite.errors import ConfigError, ExitStatus
from twisted_suite.files.folder import Folder
from twisted_suite.files.get.bare import fetch_named
from twisted_suite.files.get.sources import Named, source
from twisted_suite.files.get.watching import Fetched
from twisted_suite.files.server import BareNameFactory

reactor: Any = global_reactor


@implementer(IHalfCloseableProtocol)
class _BreaksOff(Protocol):
    """Resets the connection when the name has come."""

    def readConnectionLost(self) -> None:
        transport: Any = self.transport
        transport.abortConnection()

    def writeConnectionLost(self) -> None:
        pass


class _SaysNothing(_BreaksOff):
    """Takes the name, and no notice of it."""

    def readConnectionLost(self) -> None:
        pass


class FetchTests(TestCase):
    def setUp(self) -> None:
        base = Path(self.mktemp()).resolve()
        self.root, self.here = base / "root", base / "here"
        (self.root / "sub").mkdir(parents=True)
        self.here.mkdir()
        self.data = os.urandom(300_000)
        (self.root / "sub" / "한글.bin").write_bytes(self.data)
        (self.root / "empty").touch()
        self.seen = Seen()
        folder = Folder(str(self.root))
        self.endpoint = self.serve(BareNameFactory(lambda name: maybeDeferred(folder.open, name), reactor))

    def serve(self, factory: Any) -> str:
        factory.noisy = False
        port = reactor.listenTCP(0, factory, interface="127.0.0.1")
        self.addCleanup(port.stopListening)
        return f"tcp:127.0.0.1:{port.getHost().port}"

    def fetch(self, name: str, folder: Path | None = None, *, timeout_s: float = 30.0) -> "Deferred[Fetched]":
        file = source(name, self.endpoint)
        assert isinstance(file, Named)
        target = (folder or self.here) / file.local
        return Deferred.fromCoroutine(fetch_named(reactor, file, target, self.seen, timeout_s=timeout_s))

    async def fails(self, name: str, folder: Path | None = None, **more: float) -> ConfigError:
        """The error of fetching `name`; nothing is left behind."""
        with self.assertRaises(ConfigError) as caught:
            await self.fetch(name, folder, **more)
        self.assertEqual(list(self.here.iterdir()), [])
        error: ConfigError = caught.exception
        return error

    async def test_fetches_a_file_whole(self) -> None:
        """The file arrives byte for byte, under the last part of its name, with an ordinary mode."""
        path = self.here / "한글.bin"
        self.assertEqual(await self.fetch("sub/한글.bin"), Fetched(path, len(self.data)))
        self.assertEqual(path.read_bytes(), self.data)
        self.assertEqual(self.seen.here[-1], len(self.data))
        self.assertEqual(list(self.here.iterdir()), [path])
        umask = os.umask(0)
        os.umask(umask)
        self.assertEqual(path.stat().st_mode & 0o777, 0o666 & ~umask)

    async def test_replaces_an_older_one(self) -> None:
        """A file of that name is replaced, and only by a whole one."""
        (self.here / "한글.bin").write_text("old")
        await self.fetch("sub/한글.bin")
        self.assertEqual((self.here / "한글.bin").read_bytes(), self.data)

    async def test_nothing_came(self) -> None:
        """A file that is not there, or is empty, is an error with a reason, and no file."""
        for name in ("nothing", "empty"):
            error = await self.fails(name)
            self.assertIn(f"{name}: the server sent nothing", str(error))
            self.assertEqual(error.status, ExitStatus.NO_INPUT)

    async def test_a_broken_transfer(self) -> None:
        """A connection that is reset leaves an error, no part, and an older file untouched."""
        self.endpoint = self.serve(Factory.forProtocol(_BreaksOff))
        error = await self.fails("a.bin")
        self.assertIn("a.bin: the transfer broke off", str(error))
        self.assertEqual(error.status, ExitStatus.IO)

    async def test_a_silent_server(self) -> None:
        """A server that sends nothing is left in time."""
        self.endpoint = self.serve(Factory.forProtocol(_SaysNothing))
        error = await self.fails("a.bin", timeout_s=0.05)
        self.assertEqual(str(error), "a.bin: nothing came for 0.05 s")

    async def test_cancelled(self) -> None:
        """Stopped by the user, it leaves nothing, since nothing could be gone on with."""
        self.endpoint = self.serve(Factory.forProtocol(_SaysNothing))
        running = self.fetch("a.bin")
        while not list(self.here.iterdir()):
            await deferLater(reactor, 0)
        running.cancel()
        with self.assertRaises(CancelledError):
            await running
        self.assertEqual(list(self.here.iterdir()), [])

    async def test_nobody_there(self) -> None:
        """An address where nobody listens is told."""
        self.endpoint = "tcp:127.0.0.1:1"
        self.assertEqual((await self.fails("a.bin")).status, ExitStatus.UNAVAILABLE)

    async def test_a_folder_one_cannot_write_to(self) -> None:
        """A destination that is not there is named."""
        error = await self.fails("sub/한글.bin", self.here / "none")
        self.assertIn(f"cannot write into {self.here / 'none'}", str(error))

    async def test_a_target_that_is_a_folder(self) -> None:
        """Where a folder has the file's name the error says so, and no part stays."""
        (self.here / "한글.bin").mkdir()
        with self.assertRaises(ConfigError) as caught:
            await self.fetch("sub/한글.bin")
        self.assertIn("Is a directory", str(caught.exception))
        self.assertEqual(list(self.here.iterdir()), [self.here / "한글.bin"])

    async def test_a_full_disk(self) -> None:
        """A disk that takes no more ends the transfer with the reason, and nothing is left."""

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        self.seen.progressed = full  # type: ignore[method-assign,assignment]  # as the write before it would
        error = await self.fails("sub/한글.bin")
        self.assertIn("No space left on device", str(error))
        self.assertEqual(error.status, ExitStatus.IO)
