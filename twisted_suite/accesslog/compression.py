"""Packed logs, known by their first bytes and unpacked block by block. Core: it never sees a file.

A packed file may hold several streams one after the other (``cat a.gz b.gz``), with zero padding between.
"""

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from twisted_suite.errors import ProtocolError

# No signature needs more bytes to be told from a line of a log.
SIGNATURE_BYTES = 10
# Of a damaged stream all is lost from the start of the piece that shows the damage: small pieces lose few
# lines (bz2 and zstandard, which check whole blocks, lose the block). They also bound what a bomb can make of
# one piece: gzip a thousand times it, zstandard 8 MB; bz2 and xz give no more than they are asked for.
PIECE_BYTES = 256
MAX_UNPACKED_BYTES = 1 << 18
# Enough for `xz -9` (65 MB); a header that asks for more is refused.
MAX_XZ_MEMORY_BYTES = 1 << 28


class Damaged(ProtocolError):
    """A packed file does not go on as it should; the text says how."""


@dataclass(frozen=True, slots=True)
class Compression:
    """One way of packing."""

    name: str
    start: Callable[[], Any]  # an incremental decompressor, in the manner of the standard library
    bounded: bool  # it gives no more than it is asked for


def _zstandard() -> Any:
    import zstandard  # a tenth of a small run's time, and most logs are not packed with it

    return zstandard.ZstdDecompressor().decompressobj()


PLAIN = "plain"
_GZIP = Compression("gzip", lambda: zlib.decompressobj(wbits=16 + zlib.MAX_WBITS), bounded=False)
_BZIP2 = Compression("bzip2", bz2.BZ2Decompressor, bounded=True)
_XZ = Compression(
    "xz", lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MAX_XZ_MEMORY_BYTES), bounded=True
)
_ZSTANDARD = Compression("zstandard", _zstandard, bounded=False)

_SIGNATURES: tuple[tuple[bytes, Compression], ...] = (
    (b"\x1f\x8b\x08", _GZIP),
    *((b"BZh%d" % level + magic, _BZIP2) for level in range(1, 10) for magic in (b"1AY&SY", b"\x17rE8P\x90")),
    (b"\xfd7zXZ\x00", _XZ),
    (b"\x28\xb5\x2f\xfd", _ZSTANDARD),
    *((bytes([0x50 + n]) + b"\x2a\x4d\x18", _ZSTANDARD) for n in range(16)),  # a skippable frame first
)


def recognise(start: bytes) -> Compression | None:
    """How a file that starts with these `SIGNATURE_BYTES` is packed; None if it is not."""
    return next((kind for signature, kind in _SIGNATURES if start.startswith(signature)), None)


class Unpacker:
    """Unpacks one file as its blocks come."""

    def __init__(self, compression: Compression) -> None:
        self._compression = compression
        self._stream: Any = None  # between two streams there is none

    def feed(self, block: bytes) -> Iterator[bytes]:
        """What `block` holds. Raises `Damaged` after all that could be unpacked before."""
        for start in range(0, len(block), PIECE_BYTES):
            yield from self._unpack(block[start : start + PIECE_BYTES])

    def finish(self) -> None:
        """The file ends here. Raises `Damaged` if it should not."""
        if self._stream is not None:
            raise Damaged(f"the {self._compression.name} data is cut off")

    def _unpack(self, piece: bytes) -> Iterator[bytes]:
        while piece:
            if self._stream is None:
                piece = piece.lstrip(b"\0")
                if not piece:
                    return
                self._stream = self._compression.start()
            yield from self._ask(piece)
            piece = self._stream.unused_data
            if self._stream.eof:
                self._stream = None

    def _ask(self, piece: bytes) -> Iterator[bytes]:
        stream = self._stream
        if not self._compression.bounded:
            yield self._decompress(piece)
            return
        yield self._decompress(piece, MAX_UNPACKED_BYTES)
        while not (stream.eof or stream.needs_input):
            yield self._decompress(b"", MAX_UNPACKED_BYTES)

    def _decompress(self, *arguments: Any) -> bytes:
        """The border where four libraries' words for damage become one."""
        try:
            unpacked: bytes = self._stream.decompress(*arguments)
        except Exception as error:  # zlib.error, OSError, LZMAError, EOFError, ZstdError: no common base
            raise Damaged(f"the {self._compression.name} data is damaged: {error}") from error
        return unpacked
