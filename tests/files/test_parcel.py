"""Archives of a real folder, piece by piece."""

import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, execute
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.files import parcel
from twisted_suite.files.archive import Archive, zip_
from twisted_suite.files.contents import items
from twisted_suite.files.folder import Folder
from twisted_suite.files.parcel import ArchiveBody, Checksums
from twisted_suite.files.plan import FileSpan
from twisted_suite.files.producer import Truncated


class ParcelTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.root = Path(self.mktemp())
        self.root.mkdir()
        (self.root / "a.bin").write_bytes(os.urandom(3_000_000))
        (self.root / "b.txt").write_text("b")
        (self.root / "empty").touch()
        self.folder = Folder(str(self.root))
        self.jobs: list[str] = []
        self.checksums = Checksums(self.in_thread)

    def in_thread(self, work: Callable[..., Any], *arguments: Any) -> "Deferred[Any]":
        self.jobs.append(work.__name__)
        return execute(work, *arguments)

    def body(self) -> tuple[ArchiveBody, Archive]:
        found = items(self.folder, (), "top")
        archive = zip_([item.member for item in found])
        return ArchiveBody(archive, found, self.folder, self.checksums, self.in_thread), archive

    def sending(self, body: ArchiveBody, start: int, stop: int) -> "Deferred[bytes]":
        """What a connection does with it; descriptors are used while they are held."""

        async def collect() -> bytes:
            out = b""
            async for piece in body.pieces(start, stop):
                if isinstance(piece, FileSpan):
                    out += os.pread(piece.fd, piece.length, piece.offset)
                else:
                    self.assertLessEqual(len(piece), parcel.PIECE_BYTES)
                    out += piece
            return out

        return Deferred.fromCoroutine(collect())

    def sent(self, body: ArchiveBody, start: int, stop: int) -> bytes:
        return self.successResultOf(self.sending(body, start, stop))

    def test_whole(self) -> None:
        """The archive reads back, with right sums, and nothing stays open."""
        before = len(os.listdir("/dev/fd"))
        body, archive = self.body()
        with zipfile.ZipFile(io.BytesIO(self.sent(body, 0, archive.length))) as read:
            self.assertIsNone(read.testzip())
            self.assertEqual(read.read("top/a.bin"), (self.root / "a.bin").read_bytes())
        self.assertEqual(len(os.listdir("/dev/fd")), before)

    def test_parts(self) -> None:
        """Any two parts make the whole, also where the second is made anew."""
        body, archive = self.body()
        whole = self.sent(body, 0, archive.length)
        for cut in (1, 1000, archive.length - 100, archive.length - 1):
            again, _ = self.body()
            self.assertEqual(self.sent(body, 0, cut) + self.sent(again, cut, archive.length), whole)

    def test_sums_are_kept(self) -> None:
        """A file is summed once for all archives of it; the bounded memory forgets the oldest."""
        body, archive = self.body()
        self.sent(body, 0, archive.length)
        self.assertEqual(self.jobs.count("_crc"), 2)  # that of no bytes is known
        self.sent(self.body()[0], 0, archive.length)
        self.assertEqual(self.jobs.count("_crc"), 2)
        self.patch(parcel, "MAX_SUMS", 2)
        (self.root / "b.txt").write_text("c")
        self.sent(self.body()[0], 0, archive.length)
        self.assertGreater(self.jobs.count("_crc"), 2)
        self.assertLessEqual(len(self.checksums), 2)

    def test_a_changed_member_ends_it(self) -> None:
        """A file that has been replaced, has grown or has gone since is not sent in the other's place."""

        def write(path: Path) -> None:
            path.write_text("longer")

        def touch(path: Path) -> None:
            os.utime(path, ns=(1, 1))

        for change in (write, touch, Path.unlink):
            (self.root / "b.txt").write_text("b")
            body, archive = self.body()
            change(self.root / "b.txt")
            self.failureResultOf(self.sending(body, 0, archive.length), Truncated)

    def test_a_folder_in_place_of_a_file(self) -> None:
        """Nor is a folder."""
        body, archive = self.body()
        (self.root / "b.txt").unlink()
        (self.root / "b.txt").mkdir()
        self.failureResultOf(self.sending(body, 0, archive.length), Truncated)
