"""A folder as one zip or tar: its length is known at once, and any part can be sent by itself. Core.

Nothing is compressed, so that a file's bytes leave by ``sendfile`` and a broken download is resumed by range.
An archive is laid out as pieces: bytes that are known, spans of members, and, in a zip, a few bytes that hold
CRC-32s. Those are known only once the member has been read: `Sums` says which it needs, and is asked for its
bytes when they are there. So a download begins at once, however large its first member is.

Formats: POSIX.1-2001 pax interchange for tar; APPNOTE.TXT 6.3.10 for zip (stored, data descriptors, zip64
where a size or an offset needs it, names in UTF-8).
"""

import struct
import tarfile
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import accumulate

_ZIP32 = 0xFFFFFFFF
_ZIP16 = 0xFFFF
# APPNOTE 4.4.4: bit 3, the CRC follows the data; bit 11, the name is UTF-8.
_FLAGS = 1 << 3 | 1 << 11
_UNIX = 3 << 8  # version made by: the upper half of the external attributes is st_mode
_PLAIN, _ZIP64 = 20, 45  # version needed to extract
_DIRECTORY_MODE, _FILE_MODE = 0o040755, 0o100644
_EARLIEST, _LATEST = datetime(1980, 1, 1, tzinfo=UTC), datetime(2107, 12, 31, 23, 59, 58, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Member:
    """One file or folder in the archive. Folders have no bytes."""

    name: str  # relative, with /; a folder's ends with one
    size: int = 0  # bytes
    mtime_s: int = 0  # since 1970, UTC

    @property
    def is_folder(self) -> bool:
        return self.name.endswith("/")


@dataclass(frozen=True, slots=True)
class Content:
    """Bytes of a member."""

    member: int  # its index
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Sums:
    """Bytes that depend on the CRC-32 of some members."""

    members: range  # their indices
    length: int
    render: Callable[[Mapping[int, int]], bytes]  # CRC-32 by index -> the bytes, whole
    start: int = 0  # of the part of them that is meant

    def data(self, crcs: Mapping[int, int]) -> bytes:
        """The bytes, once the sums of `members` are in `crcs`."""
        return self.render(crcs)[self.start : self.start + self.length]


Piece = bytes | Content | Sums


def _length(piece: Piece) -> int:
    return len(piece) if isinstance(piece, bytes) else piece.length


class Archive:
    """Pieces in order; the whole, or any part of it."""

    def __init__(self, pieces: Iterable[Piece]) -> None:
        self._pieces = [piece for piece in pieces if _length(piece)]
        self._ends = list(accumulate(map(_length, self._pieces)))

    @property
    def length(self) -> int:
        """Of the whole, in bytes."""
        return self._ends[-1] if self._ends else 0

    def part(self, start: int, stop: int) -> Iterator[Piece]:
        """The pieces of the bytes from `start` to before `stop`."""
        for index in range(bisect_right(self._ends, start), len(self._pieces)):
            piece, end = self._pieces[index], self._ends[index]
            begin = end - _length(piece)
            if begin >= stop:
                return
            yield _cut(piece, max(start - begin, 0), min(stop, end) - begin)


def _cut(piece: Piece, start: int, stop: int) -> Piece:
    if isinstance(piece, bytes):
        return piece[start:stop]
    if isinstance(piece, Content):
        return replace(piece, offset=piece.offset + start, length=stop - start)
    return replace(piece, start=piece.start + start, length=stop - start)


def tar(members: Sequence[Member]) -> Archive:
    """`members` as a tar. Long and non-ASCII names are pax records, as every tar since 2001 reads them."""
    return Archive(_tar_pieces(members))


def _tar_pieces(members: Sequence[Member]) -> Iterator[Piece]:
    written = 0
    for index, member in enumerate(members):
        info = tarfile.TarInfo(member.name)
        info.type = tarfile.DIRTYPE if member.is_folder else tarfile.REGTYPE
        info.mode = (_DIRECTORY_MODE if member.is_folder else _FILE_MODE) & 0o777
        info.size, info.mtime = member.size, member.mtime_s
        header = info.tobuf(tarfile.PAX_FORMAT, "utf-8")
        padding = bytes(-member.size % tarfile.BLOCKSIZE)
        yield header
        yield Content(index, 0, member.size)
        yield padding
        written += len(header) + member.size + len(padding)
    end = bytes(2 * tarfile.BLOCKSIZE)
    yield end
    yield bytes(-(written + len(end)) % tarfile.RECORDSIZE)


def zip_(members: Sequence[Member]) -> Archive:
    """`members` as a zip."""
    return Archive(_zip_pieces(members))


@dataclass(frozen=True, slots=True)
class _Entry:
    """A member and where in the zip its local header is."""

    index: int
    member: Member
    offset: int

    @property
    def name(self) -> bytes:
        return self.member.name.encode("utf-8", "surrogateescape")

    @property
    def has_large_size(self) -> bool:
        return self.member.size >= _ZIP32

    @property
    def version(self) -> int:
        return _ZIP64 if self.has_large_size or self.offset >= _ZIP32 else _PLAIN

    def local_header(self) -> bytes:
        """APPNOTE 4.3.7. The sizes are there although bit 3 allows zeros: readers of a stream need them."""
        size = self.member.size
        extra = struct.pack("<HHQQ", 1, 16, size, size) if self.has_large_size else b""
        return (
            struct.pack(
                "<4sHHHHHLLLHH",
                b"PK\3\4",
                _ZIP64 if self.has_large_size else _PLAIN,
                _FLAGS,
                0,
                *_dos_time(self.member.mtime_s),
                0,
                min(size, _ZIP32),
                min(size, _ZIP32),
                len(self.name),
                len(extra),
            )
            + self.name
            + extra
        )

    def descriptor(self, crcs: Mapping[int, int]) -> bytes:
        """APPNOTE 4.3.9."""
        sizes = "QQ" if self.has_large_size else "LL"
        size = self.member.size
        return struct.pack(f"<4sL{sizes}", b"PK\7\10", crcs[self.index], size, size)

    def central_header(self, crcs: Mapping[int, int]) -> bytes:
        """APPNOTE 4.3.12, with the zip64 fields of 4.5.3 that are needed."""
        size = self.member.size
        large = [size, size] if self.has_large_size else []
        large += [self.offset] if self.offset >= _ZIP32 else []
        extra = struct.pack(f"<HH{len(large)}Q", 1, 8 * len(large), *large) if large else b""
        mode = _DIRECTORY_MODE if self.member.is_folder else _FILE_MODE
        return (
            struct.pack(
                "<4sHHHHHHLLLHHHHHLL",
                b"PK\1\2",
                _UNIX | self.version,
                self.version,
                _FLAGS,
                0,
                *_dos_time(self.member.mtime_s),
                crcs[self.index],
                min(size, _ZIP32),
                min(size, _ZIP32),
                len(self.name),
                len(extra),
                0,
                0,
                0,
                mode << 16 | (0x10 if self.member.is_folder else 0),
                min(self.offset, _ZIP32),
            )
            + self.name
            + extra
        )


def _zip_pieces(members: Sequence[Member]) -> Iterator[Piece]:
    entries = []
    offset = directory_length = 0
    for index, member in enumerate(members):
        entry = _Entry(index, member, offset)
        header = entry.local_header()
        descriptor = Sums(range(index, index + 1), len(entry.descriptor({index: 0})), entry.descriptor)
        yield header
        yield Content(index, 0, member.size)
        yield descriptor
        entries.append(entry)
        offset += len(header) + member.size + descriptor.length
        directory_length += len(entry.central_header({index: 0}))

    def directory(crcs: Mapping[int, int]) -> bytes:
        return b"".join([entry.central_header(crcs) for entry in entries])

    yield Sums(range(len(entries)), directory_length, directory)
    yield _end_of_directory(len(entries), directory_length, offset)


def _end_of_directory(count: int, length: int, offset: int) -> bytes:
    """APPNOTE 4.3.16, after 4.3.14 and 4.3.15 where its fields are too narrow."""
    end = struct.pack(
        "<4sHHHHLLH",
        b"PK\5\6",
        0,
        0,
        min(count, _ZIP16),
        min(count, _ZIP16),
        min(length, _ZIP32),
        min(offset, _ZIP32),
        0,
    )
    if count < _ZIP16 and length < _ZIP32 and offset < _ZIP32:
        return end
    record = struct.pack(
        "<4sQHHLLQQQQ", b"PK\6\6", 44, _UNIX | _ZIP64, _ZIP64, 0, 0, count, count, length, offset
    )
    return record + struct.pack("<4sLQL", b"PK\6\7", 0, offset + length, 1) + end


def _dos_time(mtime_s: int) -> tuple[int, int]:
    """APPNOTE 4.4.6: two seconds fine, from 1980 on. In UTC, since a zip says no zone."""
    earliest, latest = int(_EARLIEST.timestamp()), int(_LATEST.timestamp())
    at = datetime.fromtimestamp(min(max(mtime_s, earliest), latest), UTC)
    return at.hour << 11 | at.minute << 5 | at.second // 2, (at.year - 1980) << 9 | at.month << 5 | at.day
