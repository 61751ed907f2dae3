"""An archive of a folder on its way: files by the kernel, sums by a thread. Adapter over `archive`."""

import os
import zlib
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from twisted.internet.defer import Deferred

from twisted_suite.errors import Refused
from twisted_suite.files.archive import Archive, Content, Sums
from twisted_suite.files.contents import Item, Version
from twisted_suite.files.folder import Folder, OpenFile
from twisted_suite.files.plan import FileSpan, Piece
from twisted_suite.files.producer import Truncated

# Handed on at once of what is not a file: the directory of a zip with many members is megabytes.
PIECE_BYTES = 64 * 1024
# Read at once to be summed.
READ_BYTES = 1 << 20
# Sums of versions of files, so that a resumed download need not read all that went before.
MAX_SUMS = 200_000

InThread = Callable[..., "Deferred[Any]"]


class Checksums:
    """CRC-32 by version of a file; the oldest go first."""

    def __init__(self, in_thread: InThread) -> None:
        self._in_thread = in_thread
        self._known: dict[Version, int] = {}

    def __len__(self) -> int:
        return len(self._known)

    async def of(self, folder: Folder, item: Item) -> int:
        """The CRC-32 of a member. Raises `Truncated` where the file is not what it was."""
        version = item.version
        if version is None or not item.member.size:
            return 0
        known = self._known.get(version)
        if known is None:
            known = await self._in_thread(_crc, folder, item)
            if len(self._known) >= MAX_SUMS:
                del self._known[next(iter(self._known))]
            self._known[version] = known
        return known


def _crc(folder: Folder, item: Item) -> int:
    file = reopened(folder, item)
    try:
        crc = offset = 0
        buffer = memoryview(bytearray(min(READ_BYTES, file.size)))
        while offset < file.size:
            read = os.preadv(file.fd, [buffer[: file.size - offset]], offset)
            if not read:
                raise Truncated(f"{item.member.name} became shorter while it was read")
            crc = zlib.crc32(buffer[:read], crc)
            offset += read
        return crc
    finally:
        file.close()


def reopened(folder: Folder, item: Item) -> OpenFile:
    """The file that was listed. Raises `Truncated` where there is another, or none, in its place."""
    try:
        opened = folder.find(item.steps)
    except Refused as error:
        raise Truncated(f"{item.member.name}: {error}") from error
    if isinstance(opened, OpenFile) and Version.of(opened) == item.version:
        return opened
    opened.close()
    raise Truncated(f"{item.member.name} has changed since the archive was laid out")


class ArchiveBody:
    """The bytes of an archive, any part of them; a member that changes meanwhile ends it."""

    def __init__(
        self,
        archive: Archive,
        items: Sequence[Item],
        folder: Folder,
        checksums: Checksums,
        in_thread: InThread,
    ) -> None:
        self._archive = archive
        self._items = items
        self._folder = folder
        self._checksums = checksums
        self._in_thread = in_thread

    @property
    def length(self) -> int:
        return self._archive.length

    async def pieces(self, start: int, stop: int) -> AsyncIterator[Piece]:
        for piece in self._archive.part(start, stop):
            if isinstance(piece, Content):
                file: OpenFile = await self._in_thread(reopened, self._folder, self._items[piece.member])
                try:
                    yield FileSpan(file.fd, piece.offset, piece.length)
                finally:
                    file.close()
                continue
            data = await self._summed(piece) if isinstance(piece, Sums) else piece
            for at in range(0, len(data), PIECE_BYTES):
                yield data[at : at + PIECE_BYTES]

    async def _summed(self, piece: Sums) -> bytes:
        crcs = {index: await self._checksums.of(self._folder, self._items[index]) for index in piece.members}
        return piece.data(crcs)

    def close(self) -> None:
        """Nothing is held between pieces."""
