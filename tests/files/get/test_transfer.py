"""One file over HTTP, from every kind of server, into a real folder."""

import os
from pathlib import Path
from typing import Any

from twisted.internet.defer import CancelledError, Deferred

from tests.files.get.hosting import HostCase, Then, head, saying
from twisted_suite.errors import ConfigError, ExitStatus
from twisted_suite.files.get.record import RECORD_BYTES
from twisted_suite.files.get.sources import addressed
from twisted_suite.files.get.transfer import Transfer
from twisted_suite.files.get.watching import Fetched
from twisted_suite.files.get.wishes import Wishes

BIG = 5_000_000


class TransferTests(HostCase):
    def setUp(self) -> None:
        super().setUp()
        self.wishes = Wishes(retries=3)

    def transfer(self) -> Transfer:
        file = addressed(f"{self.base}/a.iso")
        return Transfer(file, self.folder / "a.iso", self.web, self.seen, self.wishes)

    async def fetch(self) -> Fetched:
        return await self.transfer().run(lambda _: self.folder / "a.iso")

    async def fails(self) -> tuple[ConfigError, Transfer]:
        transfer = self.transfer()
        with self.assertRaises(ConfigError) as caught:
            await transfer.run(lambda _: self.folder / "a.iso")
        return caught.exception, transfer

    def is_here(self, content: bytes) -> None:
        """The file is here, whole, and nothing else is."""
        self.assertEqual(self.names(), ["a.iso"])
        self.assertEqual((self.folder / "a.iso").read_bytes(), content)

    async def leave_a_part(self, share: float) -> bytes:
        """A file on the server, of which an earlier run got a share."""
        content = self.file(size=BIG)
        self.host.script = [self.host.cut(share), *[saying(head(503, Content_Length=0), Then.KEEP)] * 4]
        self.wishes = Wishes(retries=1)
        _, transfer = await self.fails()
        self.assertEqual(transfer.kept_bytes, int(BIG * share))
        self.assertEqual(self.names(), ["a.iso.getpart", "a.iso.getpart.json"])
        self.host.script.clear()
        self.host.requests.clear()
        self.wishes = Wishes(retries=3)
        return content

    async def test_whole(self) -> None:
        """A file comes byte for byte, with its time, and its digest is checked."""
        content = self.file(digest=True, headers={"Last-Modified": "Wed, 25 Nov 2026 01:00:00 GMT"})
        result = await self.fetch()
        self.assertEqual(result, Fetched(self.folder / "a.iso", len(content), "sha-256"))
        self.is_here(content)
        self.assertEqual((self.folder / "a.iso").stat().st_mtime, 1795568400)

    async def test_an_empty_file(self) -> None:
        """An empty file is a file, by one connection or by several."""
        for segments in (1, 4):
            self.wishes = Wishes(segments=segments)
            self.file(size=0)
            self.assertEqual((await self.fetch()).size, 0)
            self.is_here(b"")

    async def test_segments(self) -> None:
        """Several connections bring one file, and its digest says so."""
        content = self.file(size=BIG, digest=True)
        self.wishes = Wishes(segments=4)
        self.assertEqual((await self.fetch()).checked, "sha-256")
        self.is_here(content)
        self.assertGreater(self.host.connections, 1)

    async def test_segments_of_odd_servers(self) -> None:
        """Servers without ranges or tags, and ones that allow one connection, still give the whole file."""
        self.wishes = Wishes(segments=4)
        for odd in ({"ranges": False}, {"tag": ""}, {"tag": 'W/"v1"'}):
            content = self.file(size=BIG, **odd)
            await self.fetch()
            self.is_here(content)
        content = self.file(size=BIG)
        busy = saying(head(503, Content_Length=0), Then.KEEP)
        self.host.script = [None, busy, busy, busy]
        await self.fetch()
        self.is_here(content)

    async def test_breaks_are_gone_on_after(self) -> None:
        """After each break only the rest is asked for, more often than retries allow without progress."""
        content = self.file(size=BIG)
        self.host.script = [self.host.cut(0.2)] * 7
        await self.fetch()
        self.is_here(content)
        starts = [request.headers.get("range", "-") for request in self.host.requests]
        self.assertEqual(len(set(starts)), 8)
        self.assertEqual(len([said for said in self.seen.said if said[0] == "waiting"]), 7)

    async def test_another_run_goes_on(self) -> None:
        """A part of an earlier run is gone on with, while the server says that it is of the same version."""
        content = await self.leave_a_part(0.4)
        result = await self.fetch()
        self.assertEqual((result.kept_bytes, result.size), (BIG * 4 // 10, BIG))
        self.is_here(content)
        (request,) = self.host.requests
        self.assertEqual(
            (request.headers["range"], request.headers["if-range"]),
            (f"bytes={BIG * 4 // 10}-{BIG - 1}", '"v1"'),
        )

    async def test_it_changed_between_the_runs(self) -> None:
        """A part of a version that is no more is thrown away: never are two spliced."""
        for size in (BIG, BIG // 10):
            await self.leave_a_part(0.4)
            content = self.file(size=size, tag=f'"{size}"')
            await self.fetch()
            self.is_here(content)
            (self.folder / "a.iso").unlink()

    async def test_it_changed_and_if_range_is_ignored(self) -> None:
        """A server that answers with a part of the new version does not get it into the file."""
        await self.leave_a_part(0.4)
        content = self.file(size=BIG, tag='"v2"')

        def ignoring(request: Any) -> Any:
            del request.headers["if-range"]
            return self.host.honest(request)

        self.host.script = [ignoring]
        await self.fetch()
        self.is_here(content)

    async def test_it_changes_meanwhile(self) -> None:
        """A file that changes under several connections comes whole, in its new version."""
        self.wishes = Wishes(segments=4)
        for place in range(1, 4):
            self.file(size=BIG)
            new = os.urandom(BIG + place)
            self.host.script = [*[None] * place, self.host.changing(new, '"v2"')]
            await self.fetch()
            self.is_here(new)

    async def test_a_damaged_part(self) -> None:
        """A part that was changed here is noticed by its digest, and fetched anew, once."""
        content = self.file(size=BIG, digest=True)
        self.host.script = [self.host.cut(0.4), *[saying(head(503, Content_Length=0), Then.KEEP)] * 4]
        await self.fails()
        self.host.script.clear()
        part = self.folder / "a.iso.getpart"
        data = bytearray(part.read_bytes())
        data[1000] ^= 1
        part.write_bytes(data)
        self.assertEqual((await self.fetch()).checked, "sha-256")
        self.is_here(content)

    async def test_a_wrong_digest(self) -> None:
        """What is not what the server says it is does not get its name, and no part of it stays."""
        content = self.file(size=BIG, digest=True)

        def damaged(request: Any) -> Any:
            answer, then = self.host.honest(request)
            return answer[:-1] + bytes([content[-1] ^ 1]), then

        self.host.script = [damaged] * 9
        error, _ = await self.fails()
        self.assertIn("sha-256 differs", str(error))
        self.assertEqual((error.status, self.names(), len(self.host.requests)), (ExitStatus.DATA, [], 2))

    async def test_refusals(self) -> None:
        """A refusal is told, and leaves nothing; one that may pass is waited for."""
        error, _ = await self.fails()
        self.assertEqual((error.status, self.names(), self.seen.said), (ExitStatus.NO_INPUT, [], []))
        content = self.file()
        self.host.script = [saying(head(503, Content_Length=0, Retry_After=1), Then.KEEP)] * 3
        await self.fetch()
        self.is_here(content)

    async def test_giving_up(self) -> None:
        """A server that never gets further is given up, and what came is kept."""
        self.file(size=BIG)
        self.host.script = [self.host.cut(0.5), *[saying(b"", Then.CLOSE)] * 20]
        error, transfer = await self.fails()
        self.assertEqual((error.status, transfer.kept_bytes), (ExitStatus.IO, BIG // 2))
        self.assertEqual(len(self.host.requests), 4)  # and three retries
        self.assertEqual((self.folder / "a.iso.getpart.json").stat().st_size, RECORD_BYTES)

    async def test_nothing_is_kept_of_what_cannot_be_continued(self) -> None:
        """Without a strong tag, or of a small file, no part stays."""
        for tag, size in (("", BIG), ('W/"v1"', BIG), ('"v1"', 1000)):
            self.file(size=size, tag=tag)
            self.host.script = [self.host.cut(0.5)] * 20
            _, transfer = await self.fails()
            self.assertEqual((transfer.kept_bytes, self.names()), (0, []))
            self.host.script.clear()

    async def test_cancelled(self) -> None:
        """Stopped by the user, it leaves a part with its record, and the older file as it was."""
        self.file(size=BIG)
        (self.folder / "a.iso").write_text("older")
        self.host.script = [self.host.cut(0.5, Then.HANG)]
        transfer = self.transfer()
        running = Deferred.fromCoroutine(transfer.run(lambda _: self.folder / "a.iso"))
        while not self.seen.here or self.seen.here[-1] < BIG // 2:
            await self.turn()
        running.cancel()
        with self.assertRaises(CancelledError):
            await running
        self.assertEqual(transfer.kept_bytes, BIG // 2)
        self.assertEqual(self.names(), ["a.iso", "a.iso.getpart", "a.iso.getpart.json"])
        self.assertEqual((self.folder / "a.iso").read_text(), "older")

    async def test_a_full_disk(self) -> None:
        """A disk that takes no more leaves what it took, to go on with, and says so."""
        content = self.file(size=BIG)
        transfer = self.transfer()
        part = transfer._part
        write = part.write

        def filling(offset: int, data: bytes) -> None:
            if offset + len(data) > BIG // 2:
                raise OSError(28, "No space left on device")
            write(offset, data)

        part.write = filling  # type: ignore[method-assign]  # a disk in the hand
        with self.assertRaises(ConfigError) as caught:
            await transfer.run(Path)
        self.assertIn("a.iso.getpart: No space left on device", str(caught.exception))
        self.assertEqual(caught.exception.status, ExitStatus.IO)
        self.assertGreater(transfer.kept_bytes, 0)
        result = await self.fetch()
        self.assertEqual(result.kept_bytes, transfer.kept_bytes)
        self.is_here(content)

    async def test_a_target_that_is_a_folder(self) -> None:
        """Where a folder has the file's name the error says so."""
        self.file()
        (self.folder / "a.iso").mkdir()
        error, _ = await self.fails()
        self.assertIn("Is a directory", str(error))
