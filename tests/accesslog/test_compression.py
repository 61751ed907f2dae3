"""Packed logs, known by their first bytes and unpacked block by block."""

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable

import zstandard
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.accesslog.compression import (
    MAX_UNPACKED_BYTES,
    SIGNATURE_BYTES,
    Damaged,
    Unpacker,
    recognise,
)

TEXT = b"".join(b"line %d of a log, %d\n" % (number, number * number) for number in range(2_000))
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda text: gzip.compress(text, mtime=0),
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstandard": zstandard.ZstdCompressor().compress,
}


def unpacker(packed: bytes) -> Unpacker:
    """The one for a file that starts so."""
    compression = recognise(packed[:SIGNATURE_BYTES])
    assert compression is not None
    return Unpacker(compression)


def unpacked(*blocks: bytes) -> bytes:
    """What these blocks hold."""
    found = unpacker(b"".join(blocks))
    text = b"".join(part for block in blocks for part in found.feed(block))
    found.finish()
    return text


def salvaged(packed: bytes) -> tuple[bytes, str]:
    """What a damaged file still gives, and what is said of it."""
    found, parts = unpacker(packed), []
    try:
        for part in found.feed(packed):
            parts.append(part)
        found.finish()
    except Damaged as damaged:
        return b"".join(parts), str(damaged)
    raise AssertionError("not seen to be damaged")


class RecogniseTests(SynchronousTestCase):
    def test_by_content(self) -> None:
        """A file is known by its first bytes, empty streams too."""
        for name, pack in PACKERS.items():
            for text in (TEXT, b""):
                compression = recognise(pack(text)[:SIGNATURE_BYTES])
                assert compression is not None
                self.assertEqual(compression.name, name)

    def test_logs_are_plain(self) -> None:
        """What is no packed file is read as it is."""
        for start in (b"", b"192.0.2.1 ", b"BZh9 - - [", b"\x1f", b"\xef\xbb\xbf1.2.3", b"(\xb5", b"PLAIN"):
            self.assertIsNone(recognise(start), start)


class UnpackerTests(SynchronousTestCase):
    def test_whole_and_in_pieces(self) -> None:
        """A packed file gives its text, however it is cut."""
        for pack in PACKERS.values():
            packed = pack(TEXT)
            self.assertEqual(unpacked(packed), TEXT)
            self.assertEqual(unpacked(*(packed[at : at + 1] for at in range(len(packed)))), TEXT)

    def test_streams_in_a_row(self) -> None:
        """Several streams one after the other are one file, with padding between and behind."""
        for pack in PACKERS.values():
            self.assertEqual(unpacked(pack(b"one\n") + pack(b"") + pack(TEXT)), b"one\n" + TEXT)
            self.assertEqual(unpacked(pack(b"one\n") + bytes(8) + pack(b"two\n") + bytes(512)), b"one\ntwo\n")

    def test_skippable_frame(self) -> None:
        """A zstandard file may start with a frame that holds no text."""
        frame = b"\x50\x2a\x4d\x18" + (4).to_bytes(4, "little") + b"meta"
        self.assertEqual(unpacked(frame + PACKERS["zstandard"](TEXT)), TEXT)

    def test_cut_off(self) -> None:
        """A file that is cut off gives what came before, then says so."""
        for name, pack in PACKERS.items():
            packed = pack(TEXT)
            text, word = salvaged(packed[: len(packed) // 2])
            self.assertTrue(TEXT.startswith(text))
            self.assertEqual(word, f"the {name} data is cut off")
        text, _ = salvaged(gzip.compress(TEXT)[:-1])
        self.assertEqual(text, TEXT)

    def test_damaged(self) -> None:
        """A file that is damaged gives what came before, but for a little, then says how."""
        for name, pack in PACKERS.items():
            whole = pack(TEXT)
            text, word = salvaged(whole + b"this is no further stream")
            self.assertEqual(text, TEXT)
            self.assertTrue(word.startswith(f"the {name} data is damaged: "), word)
        packed = gzip.compress(TEXT)
        middle = len(packed) // 2
        before = zlib.decompressobj(31).decompress(packed[:middle])
        text, _ = salvaged(packed[:middle] + b"\xff" * 1_000)
        self.assertGreaterEqual(len(text), len(before) - 5_000)
        self.assertTrue(text.startswith(before[:-5_000]))

    def test_wrong_sum(self) -> None:
        """A file whose check sum is wrong gives all of its text, then says so."""
        packed = bytearray(gzip.compress(TEXT))
        packed[-8] ^= 1
        text, word = salvaged(bytes(packed))
        self.assertTrue(TEXT.startswith(text))
        self.assertGreater(len(text), len(TEXT) - 5_000)
        self.assertIn("incorrect data check", word)

    def test_bombs(self) -> None:
        """However much a file unpacks to, it comes in parts of a bounded size."""
        zeros = bytes(3_000_000)
        for name in ("bzip2", "xz"):
            packed = PACKERS[name](zeros)
            sizes = [len(part) for part in unpacker(packed).feed(packed)]
            self.assertEqual(sum(sizes), len(zeros))
            self.assertLessEqual(max(sizes), MAX_UNPACKED_BYTES)
        packed = PACKERS["gzip"](zeros)
        self.assertLessEqual(max(len(part) for part in unpacker(packed).feed(packed)), 300_000)
        packed = PACKERS["zstandard"](zeros) * 10
        self.assertLessEqual(max(len(part) for part in unpacker(packed).feed(packed)), 8 << 20)

    def test_greedy_header(self) -> None:
        """A header that asks for more memory than is given is damage."""
        packed = bytearray(lzma.compress(b"x" * 100, preset=0))
        packed[16] = 38  # the dictionary of the first block: 2 GB
        packed[20:24] = zlib.crc32(packed[12:20]).to_bytes(4, "little")
        text, word = salvaged(bytes(packed))
        self.assertEqual(text, b"")
        self.assertIn("Memory usage limit", word)
