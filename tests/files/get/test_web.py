"""One request over HTTP, to servers of every kind, over loopback."""

from typing import Any

from twisted.internet.defer import CancelledError, Deferred

from tests.files.get.hosting import HostCase, Then, head, saying
from twisted_suite.errors import ConfigError, ExitStatus
from twisted_suite.files.get.answers import Ask, Reply
from twisted_suite.files.get.failures import TransferError, Unreachable
from twisted_suite.files.get.sources import MAX_REDIRECTS, addressed
from twisted_suite.files.get.web import READ_BYTES, Web


class WebTests(HostCase):
    async def fetch(self, path: str = "/a.iso", ask: Ask | None = None, account: str = "") -> bytes:
        """What comes of one request."""
        received = bytearray()
        url = (self.base + path).replace("http://", f"http://{account}")
        answer = await self.web.ask(addressed(url), ask or Ask())
        await answer.read(received.extend)
        return bytes(received)

    async def fails(self, path: str = "/a.iso") -> ConfigError:
        with self.assertRaises(ConfigError) as caught:
            await self.fetch(path)
        error: ConfigError = caught.exception
        return error

    async def test_a_file(self) -> None:
        """The body comes byte for byte, in large pieces, and one connection serves request after request."""
        content = self.file(size=2_000_000)
        pieces: list[int] = []
        answer = await self.web.ask(addressed(f"{self.base}/a.iso"), Ask())
        assert isinstance(answer.meaning, Reply)
        self.assertEqual(answer.meaning.end, len(content))
        await answer.read(lambda data: pieces.append(len(data)))
        self.assertEqual(sum(pieces), len(content))
        self.assertGreater(READ_BYTES, 1 << 16)
        self.assertEqual(await self.fetch(ask=Ask(5, 10, '"v1"')), content[5:10])
        self.assertEqual(self.host.connections, 1)

    async def test_redirections(self) -> None:
        """A file that has moved is found, with the account where that may go."""
        content = self.file("b.iso")
        self.host.script = [saying(head(302, Location="/b.iso", Content_Length=0), Then.KEEP)]
        self.assertEqual(await self.fetch(account="u:p@"), content)
        self.assertEqual([r.headers["authorization"] for r in self.host.requests], ["Basic dTpw"] * 2)

    async def test_redirections_without_end(self) -> None:
        """A server that sends us round in a circle is left after a while."""
        around = saying(head(302, Location="/a.iso", Content_Length=0), Then.KEEP)
        self.host.script = [around] * 99
        error = await self.fails()
        self.assertIn("redirections", str(error))
        self.assertEqual((error.status, len(self.host.requests)), (ExitStatus.DATA, MAX_REDIRECTS + 1))

    async def test_a_body_of_an_error_is_not_read(self) -> None:
        """However long the page of an error is, it is not waited for."""
        self.host.script = [saying(head(404, Content_Length=10**12) + b"x", Then.HANG)]
        self.assertEqual((await self.fails()).status, ExitStatus.NO_INPUT)

    async def test_it_breaks_off(self) -> None:
        """A body that ends early may come another time."""
        self.file()
        self.host.script = [self.host.cut(0.5), saying(b"", Then.CLOSE), saying(b"", Then.RESET)]
        for _ in range(3):
            error = await self.fails()
            assert isinstance(error, TransferError)
            self.assertIn("broke off", str(error))
            self.assertEqual((error.status, error.again), (ExitStatus.IO, True))

    async def test_chunks(self) -> None:
        """A body in chunks comes whole, or breaks off."""
        start = head(200, Transfer_Encoding="chunked") + b"5\r\nhello\r\n"
        self.host.script = [saying(start + b"0\r\n\r\n"), saying(start), saying(start + b"zz\r\n")]
        self.assertEqual(await self.fetch(), b"hello")
        for _ in range(2):
            await self.fails()

    async def test_a_body_without_a_length(self) -> None:
        """What ends with its connection is taken for whole: nobody can know."""
        self.host.script = [saying(head(200) + b"hello")]
        self.assertEqual(await self.fetch(), b"hello")

    async def test_no_http(self) -> None:
        """What is not HTTP is not asked for again."""
        for garbage in (
            b"SSH-2.0-OpenSSH_9\r\n",
            b"\0" * 100 + b"\r\n",
            b"HTTP/1.1 abc\r\n\r\n",
            b"HTTP/1.1\r\n\r\n",
        ):
            self.host.script = [saying(garbage)]
            error = await self.fails()
            assert isinstance(error, TransferError)
            self.assertEqual((error.status, error.again), (ExitStatus.DATA, False), garbage)

    async def test_nobody_there(self) -> None:
        """An address where nobody answers is told so."""
        with self.assertRaises(Unreachable) as caught:
            await self.web.ask(addressed("http://127.0.0.1:1/a"), Ask())
        self.assertIn("a: cannot connect: ", str(caught.exception))

    async def test_silence(self) -> None:
        """A server that says nothing, or stops in the middle, is left in time."""
        web = Web(self.web.clock, connections=1, timeout_s=0.05)
        self.addCleanup(lambda: Deferred.fromCoroutine(web.close()))
        self.file()
        self.host.script = [saying(b"", Then.HANG), self.host.cut(0.5, Then.HANG)]
        for _ in range(2):
            with self.assertRaises(TransferError) as caught:
                answer = await web.ask(addressed(f"{self.base}/a.iso"), Ask())
                await answer.read(len)
            self.assertEqual(str(caught.exception), "a.iso: nothing came for 0.05 s")
            self.assertTrue(caught.exception.again)

    async def test_a_disk_that_is_full(self) -> None:
        """An error of who writes ends the request, and is theirs."""
        self.file()

        def full(_: bytes) -> None:
            raise OSError(28, "No space left on device")

        answer = await self.web.ask(addressed(f"{self.base}/a.iso"), Ask())
        with self.assertRaises(OSError):
            await answer.read(full)

    async def test_cancelled(self) -> None:
        """Who waits for an answer, or for a body, can be cancelled, and the connection goes."""
        self.file()
        self.host.script = [saying(b"", Then.HANG), self.host.cut(0.5, Then.HANG)]
        for _ in range(2):
            waiting: Deferred[Any] = Deferred.fromCoroutine(self.fetch())
            while not self.host.requests:
                await self.turn()
            await self.turn()
            waiting.cancel()
            with self.assertRaises(CancelledError):
                await waiting
            self.host.requests.clear()
        while self.host.open:
            await self.turn()
