"""Archives, read back by the standard library's own readers."""

import io
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.files.archive import Archive, Content, Member, Piece, Sums, tar, zip_

Made = Callable[[Sequence[Member]], Archive]
# What a reader has to cope with: Korean, spaces, a name that does not fit tar's old header, no bytes at all.
CONTENTS = {"읽어 보세요.txt": "안녕\n".encode(), "sub/" + "n" * 150: b"x" * 1000, "sub/empty": b""}
MEMBERS = (
    Member("sub/", mtime_s=1_700_000_000),
    *(Member(name, len(data), 1_700_000_000) for name, data in CONTENTS.items()),
)


def rendered(pieces: Iterable[Piece], data: Sequence[bytes]) -> bytes:
    """The bytes of `pieces`, as a sender makes them."""
    crcs = {index: zlib.crc32(content) for index, content in enumerate(data)}
    out = b""
    for piece in pieces:
        match piece:
            case Content(member, offset, length):
                out += data[member][offset : offset + length]
            case Sums():
                out += piece.data(crcs)
            case _:
                out += piece
    return out


DATA = [CONTENTS.get(member.name, b"") for member in MEMBERS]


def whole(make: Made) -> bytes:
    archive = make(MEMBERS)
    return rendered(archive.part(0, archive.length), DATA)


class ReadBackTests(SynchronousTestCase):
    def test_zip(self) -> None:
        """A zip holds every member with its bytes, time and kind, and every CRC is right."""
        with zipfile.ZipFile(io.BytesIO(whole(zip_))) as read:
            self.assertIsNone(read.testzip())
            self.assertEqual(read.namelist(), [member.name for member in MEMBERS])
            for name, data in CONTENTS.items():
                self.assertEqual(read.read(name), data)
                self.assertEqual(read.getinfo(name).date_time, (2023, 11, 14, 22, 13, 20))
                self.assertEqual(read.getinfo(name).external_attr >> 16, 0o100644)
            self.assertTrue(read.getinfo("sub/").is_dir())

    def test_tar(self) -> None:
        """So does a tar, which ends on a whole record."""
        made = whole(tar)
        self.assertEqual(len(made) % tarfile.RECORDSIZE, 0)
        with tarfile.open(fileobj=io.BytesIO(made)) as read:
            self.assertEqual([info.name for info in read], [member.name.rstrip("/") for member in MEMBERS])
            self.assertTrue(read.getmember("sub").isdir())
            for name, data in CONTENTS.items():
                file = read.extractfile(name)
                assert file is not None
                self.assertEqual(file.read(), data)
                self.assertEqual(read.getmember(name).mtime, 1_700_000_000)

    def test_nothing(self) -> None:
        """An empty folder is an archive of nothing, which readers accept."""
        for make in (zip_, tar):
            archive = make([])
            made = io.BytesIO(rendered(archive.part(0, archive.length), []))
            if make is zip_:
                self.assertEqual(zipfile.ZipFile(made).namelist(), [])
            else:
                with tarfile.open(fileobj=made) as read:
                    self.assertEqual(read.getnames(), [])

    def test_times_that_a_zip_cannot_say(self) -> None:
        """A zip knows the years 1980 to 2107; others become the nearest."""
        for mtime_s, year in ((0, 1980), (1 << 40, 2107)):
            archive = zip_([Member("a", 0, mtime_s)])
            made = rendered(archive.part(0, archive.length), [b""])
            self.assertEqual(zipfile.ZipFile(io.BytesIO(made)).infolist()[0].date_time[0], year)


class LargeTests(SynchronousTestCase):
    """Sizes that no test can write: the layout is checked by reading all but the contents."""

    def directory(self, members: Sequence[Member]) -> list[zipfile.ZipInfo]:
        archive = zip_(members)
        file = _Sparse(archive, len(members))
        with zipfile.ZipFile(file) as read:
            return read.infolist()

    def test_large_member(self) -> None:
        """A member of 4 GiB or more has its size in zip64 fields, as has what follows its offset."""
        large, small = self.directory([Member("large", 5 << 30), Member("small", 7)])
        self.assertEqual((large.file_size, small.file_size), (5 << 30, 7))
        self.assertGreater(small.header_offset, 5 << 30)

    def test_sizes_at_the_edge(self) -> None:
        """The last size that fits the plain fields, and the first that does not."""
        for size in ((1 << 32) - 2, (1 << 32) - 1, 1 << 32):
            (info,) = self.directory([Member("edge", size)])
            self.assertEqual((info.file_size, info.compress_size), (size, size))

    def test_many_members(self) -> None:
        """More members than 16 bits count."""
        self.assertEqual(len(self.directory([Member(f"{n}") for n in range(70_000)])), 70_000)


class _Sparse(io.RawIOBase):
    """An archive as a file whose members read as zeros, and whose CRCs are 0."""

    def __init__(self, archive: Archive, members: int) -> None:
        self._archive, self._at = archive, 0
        self._crcs = dict.fromkeys(range(members), 0)

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._archive.length}[whence]
        self._at = base + offset
        return self._at

    def read(self, size: int = -1) -> bytes:
        stop = self._archive.length if size < 0 else min(self._at + size, self._archive.length)
        out = b"".join(
            bytes(piece.length)
            if isinstance(piece, Content)
            else piece.data(self._crcs)
            if isinstance(piece, Sums)
            else piece
            for piece in self._archive.part(self._at, stop)
        )
        self._at += len(out)
        return out


class PartTests(SynchronousTestCase):
    @given(st.sampled_from([zip_, tar]), st.integers(0, 20_000), st.integers(0, 20_000))
    @settings(max_examples=300, deadline=None)
    def test_every_part_is_a_part_of_the_whole(self, make: Made, start: int, length: int) -> None:
        """Any range of the pieces gives those bytes of the whole: a download resumed anywhere fits."""
        archive = make(MEMBERS)
        stop = min(start + length, archive.length)
        part = rendered(archive.part(start, stop), DATA)
        self.assertEqual(part, whole(make)[start:stop])

    def test_a_part_asks_only_for_the_sums_that_it_holds(self) -> None:
        """The beginning of a zip needs the CRC of no later member: it can be sent before those are read."""
        archive = zip_(MEMBERS)
        needed = {
            index
            for piece in archive.part(0, archive.length // 2)
            if isinstance(piece, Sums)
            for index in piece.members
        }
        self.assertEqual(needed, {0, 1})
