"""The files client against our server and against one that breaks off, over loopback."""

import os
from pathlib import Path
from typing import Any

from twisted.internet import reactor as global_reactor
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.internet.protocol import Factory, Protocol
from twisted.trial.unittest import TestCase
from zope.interface import implementer

from twisted_suite.errors import ConfigError, ExitStatus
from twisted_suite.files.client import fetch
from twisted_suite.files.folder import Folder
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


class FetchTests(TestCase):
    def setUp(self) -> None:
        base = Path(self.mktemp()).resolve()
        self.root, self.here = base / "root", base / "here"
        (self.root / "sub").mkdir(parents=True)
        self.here.mkdir()
        self.data = os.urandom(300_000)
        (self.root / "sub" / "한글.bin").write_bytes(self.data)
        (self.root / "empty").touch()
        self.pieces: list[int] = []
        folder = Folder(str(self.root))
        self.endpoint = self.serve(BareNameFactory(lambda name: maybeDeferred(folder.open, name), reactor))

    def serve(self, factory: Any) -> str:
        factory.noisy = False
        port = reactor.listenTCP(0, factory, interface="127.0.0.1")
        self.addCleanup(port.stopListening)
        return f"tcp:127.0.0.1:{port.getHost().port}"

    def fetch(self, name: str, folder: Path | None = None) -> "Deferred[Path]":
        return Deferred.fromCoroutine(
            fetch(reactor, self.endpoint, name, folder or self.here, self.pieces.append)
        )

    async def fails(self, name: str, folder: Path | None = None) -> ConfigError:
        """The error of fetching `name`; nothing is left behind."""
        with self.assertRaises(ConfigError) as caught:
            await self.fetch(name, folder)
        self.assertEqual(list(self.here.iterdir()), [])
        error: ConfigError = caught.exception
        return error

    async def test_fetches_a_file_whole(self) -> None:
        """The file arrives byte for byte, under the last part of its name, with an ordinary mode."""
        path = await self.fetch("sub/한글.bin")
        self.assertEqual(path, self.here / "한글.bin")
        self.assertEqual(path.read_bytes(), self.data)
        self.assertEqual(sum(self.pieces), len(self.data))
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

    async def test_names_that_cannot_be_a_file_here(self) -> None:
        """A name without a last part is refused before anything is asked of the server."""
        for name in ("", "..", "sub/..", "/", "a\0b", "n" * 2000):
            self.assertEqual((await self.fails(name)).status, ExitStatus.USAGE)
        self.assertEqual(self.pieces, [])

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

        def full(size: int) -> None:
            raise OSError(28, "No space left on device")

        with self.assertRaises(ConfigError) as caught:
            await fetch(reactor, self.endpoint, "sub/한글.bin", self.here, full)
        self.assertIn("No space left on device", str(caught.exception))
        self.assertEqual(caught.exception.status, ExitStatus.IO)
        self.assertEqual(list(self.here.iterdir()), [])
