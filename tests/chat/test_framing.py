"""Framing: three kinds of speakers, and every way to cut their bytes."""

import itertools
from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.chat.commands import Overrun
from twisted_suite.chat.framing import (
    CONTINUED_QUIET_S,
    HALF_CHARACTER_QUIET_S,
    KEY_BY_KEY_QUIET_S,
    MAX_MESSAGE_BYTES,
    SEGMENT_BYTES,
    UNDECIDED_QUIET_S,
    Dialect,
    Frame,
    Framer,
)

LIMIT = 40
line_ends = st.sampled_from([b"\n", b"\r\n", b"\r\0"])
texts = st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]), max_size=16)
lines = st.lists(st.tuples(texts, line_ends), max_size=8)


def feed(framer: Framer, parts: Iterable[bytes]) -> list[Frame]:
    return [frame for part in parts for frame in framer.feed(part)]


def chop(data: bytes, cuts: list[int]) -> list[bytes]:
    places = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(places)]


def one_by_one(data: bytes) -> list[bytes]:
    return [data[at : at + 1] for at in range(len(data))]


class LineSpeakerTests(SynchronousTestCase):
    def test_line_ends(self) -> None:
        """LF, CR LF and CR NUL end a line; a CR alone does not."""
        self.assertEqual(Framer().feed(b"a\nb\r\nc\r\0d\re\n"), ["a", "b", "c", "d\re"])

    def test_no_quiet_time(self) -> None:
        """From its first line end on, only a line end ends a message."""
        framer = Framer()
        self.assertEqual(framer.feed(b"kim\nhel"), ["kim"])
        self.assertIs(framer.dialect, Dialect.LINE)
        self.assertIsNone(framer.quiet_s)
        self.assertEqual(framer.feed(b"lo\n"), ["hello"])

    def test_paste(self) -> None:
        """A thousand lines at once are a thousand messages in order."""
        said = [f"{number}번째 줄" for number in range(1000)]
        self.assertEqual(Framer().feed("".join(f"{text}\n" for text in said).encode()), said)

    def test_telnet_commands(self) -> None:
        """Telnet's negotiation is no message and asks for no quiet time."""
        framer = Framer()
        self.assertEqual(framer.feed(b"\xff\xfd\x03\xff\xfb\x18"), [])
        self.assertIsNone(framer.quiet_s)
        self.assertEqual(framer.feed(b"ki\xff\xfb\x1fm\r\n"), ["kim"])

    def test_end_of_stream(self) -> None:
        """What came before the end is a message, line end or not; nothing is none."""
        framer = Framer()
        self.assertEqual(framer.feed(b"kim\nhel"), ["kim"])
        self.assertEqual(framer.silence(), ["hel"])
        self.assertEqual(framer.silence(), [])

    def test_not_utf8(self) -> None:
        """Bytes that are no UTF-8 become marks, and the line after them is whole."""
        self.assertEqual(Framer().feed(b"k\xc3(m\n\xfe\xf8\nlee\n"), ["k\ufffd(m", "\ufffd\ufffd", "lee"])

    @settings(deadline=None)
    @given(lines, st.lists(st.integers(min_value=0), max_size=10))
    def test_any_chopping(self, said: list[tuple[str, bytes]], cuts: list[int]) -> None:
        """However a line speaker's bytes are cut up, the messages are the same, over-long ones too."""
        data = b"".join(text.encode() + end for text, end in said)
        expected: list[Frame] = [text if len(text.encode()) <= LIMIT else Overrun(LIMIT) for text, _ in said]
        for parts in ([data], chop(data, cuts), one_by_one(data)):
            framer = Framer(LIMIT)
            self.assertEqual(feed(framer, parts), expected)
            self.assertEqual(framer.silence(), [])

    @settings(deadline=None)
    @given(st.binary(max_size=200), st.lists(st.integers(min_value=0), max_size=10))
    def test_any_bytes_after_a_line(self, data: bytes, cuts: list[int]) -> None:
        """Whatever a line speaker sends, its messages do not depend on the cuts."""
        whole, chopped, single = Framer(LIMIT), Framer(LIMIT), Framer(LIMIT)
        data = b"kim\n" + data
        frames = whole.feed(data) + whole.silence()
        self.assertEqual(feed(chopped, chop(data, cuts)) + chopped.silence(), frames)
        self.assertEqual(feed(single, one_by_one(data)) + single.silence(), frames)


class ChunkSpeakerTests(SynchronousTestCase):
    def chunk_speaker(self) -> Framer:
        framer = Framer()
        framer.feed(b"kim")
        self.assertEqual(framer.silence(), ["kim"])
        self.assertIs(framer.dialect, Dialect.CHUNK)
        return framer

    def test_first_chunk_waits(self) -> None:
        """The first chunk is a message after a quiet time, as a line end might still come."""
        framer = Framer()
        self.assertEqual(framer.feed("김철수".encode()), [])
        self.assertEqual(framer.quiet_s, UNDECIDED_QUIET_S)
        self.assertEqual(framer.silence(), ["김철수"])
        self.assertIsNone(framer.quiet_s)

    def test_later_chunks_do_not(self) -> None:
        """Of a known chunk speaker, one short chunk is one message at once."""
        framer = self.chunk_speaker()
        self.assertEqual(framer.feed("안녕".encode()), ["안녕"])
        self.assertEqual(framer.feed(b"hello"), ["hello"])
        self.assertIsNone(framer.quiet_s)

    def test_name_byte_by_byte(self) -> None:
        """A name that comes byte by byte is one name, with a line end or without."""
        for name in ("kim", "김철수"):
            framer = Framer()
            for byte in one_by_one(name.encode()):
                self.assertEqual(framer.feed(byte), [])
                self.assertIn(framer.quiet_s, (KEY_BY_KEY_QUIET_S, HALF_CHARACTER_QUIET_S))
            self.assertEqual(framer.silence(), [name])
            framer = Framer()
            self.assertEqual(feed(framer, one_by_one(f"{name}\r\n".encode())), [name])

    def test_message_byte_by_byte(self) -> None:
        """A known chunk speaker's message that comes byte by byte is one message."""
        framer = self.chunk_speaker()
        self.assertEqual(feed(framer, one_by_one(b"hello")), [])
        self.assertEqual(framer.quiet_s, UNDECIDED_QUIET_S)
        self.assertEqual(framer.silence(), ["hello"])

    def test_message_in_pieces(self) -> None:
        """What follows a lone character or half of one is waited out too."""
        framer = self.chunk_speaker()
        self.assertEqual(feed(framer, [b"h", b"el", b"lo"]), [])
        self.assertEqual(framer.quiet_s, CONTINUED_QUIET_S)
        self.assertEqual(framer.silence(), ["hello"])

    def test_half_character(self) -> None:
        """A character cut in two is put together, wherever the cut is."""
        data = "a가😀é".encode()
        for at in range(1, len(data)):
            framer = self.chunk_speaker()
            frames = framer.feed(data[:at]) + framer.feed(data[at:])
            self.assertEqual("".join(map(str, frames + framer.silence())), "a가😀é")

    def test_half_character_waits_longer(self) -> None:
        """Half a character asks for more time, and is a mark if nothing comes."""
        for framer in (Framer(), self.chunk_speaker()):
            self.assertEqual(framer.feed(b"ab\xea\xb0"), [])
            self.assertEqual(framer.quiet_s, HALF_CHARACTER_QUIET_S)
            self.assertEqual(framer.silence(), ["ab\ufffd"])

    def test_several_segments(self) -> None:
        """A long message that comes in segments is one message."""
        framer = self.chunk_speaker()
        self.assertEqual(framer.feed(b"x" * SEGMENT_BYTES), [])
        self.assertEqual(framer.quiet_s, CONTINUED_QUIET_S)
        self.assertEqual(framer.feed(b"yy"), [])
        self.assertEqual(framer.silence(), ["x" * SEGMENT_BYTES + "yy"])

    def test_becomes_line_speaker(self) -> None:
        """A chunk speaker's first line end makes it a line speaker for good."""
        framer = self.chunk_speaker()
        self.assertEqual(framer.feed(b"hello\nwor"), ["hello"])
        self.assertIs(framer.dialect, Dialect.LINE)
        self.assertEqual(framer.feed(b"ld\n"), ["world"])

    def test_carriage_return(self) -> None:
        """A CR may be half a line end; if nothing follows it is no part of the message."""
        framer = self.chunk_speaker()
        self.assertEqual(framer.feed(b"hello\r"), [])
        self.assertEqual(framer.silence(), ["hello"])
        self.assertEqual(framer.feed(b"hello\r") + framer.feed(b"\n"), ["hello"])
        self.assertIs(framer.dialect, Dialect.LINE)


class LimitTests(SynchronousTestCase):
    def test_longest(self) -> None:
        """A message of exactly the limit is whole, even with its line end cut in two."""
        longest = "x" * MAX_MESSAGE_BYTES
        framer = Framer()
        self.assertEqual(framer.feed(f"{longest}\r".encode()) + framer.feed(b"\n"), [longest])

    def test_too_long_line(self) -> None:
        """A line over the limit is reported once, costs no memory, and the next line is whole."""
        framer = Framer()
        frames = [frame for _ in range(100) for frame in framer.feed(b"x" * 1000)]
        self.assertEqual(frames, [Overrun(MAX_MESSAGE_BYTES)])
        self.assertLessEqual(len(framer._rest), 1)
        self.assertEqual(framer.feed(b"tail\nnext\n"), ["next"])

    def test_too_long_line_at_once(self) -> None:
        """A line over the limit that comes with its end is reported in its place."""
        self.assertEqual(Framer(3).feed(b"kim\nhello\nlee\n"), ["kim", Overrun(3), "lee"])

    def test_too_long_chunk(self) -> None:
        """A chunk over the limit ends with a quiet time; the next one is whole."""
        framer = Framer(LIMIT)
        self.assertEqual(framer.feed(b"x" * 100), [Overrun(LIMIT)])
        self.assertEqual(framer.quiet_s, UNDECIDED_QUIET_S)
        self.assertEqual(framer.feed(b"tail"), [])
        self.assertEqual(framer.silence(), [])
        self.assertIsNone(framer.quiet_s)
        self.assertEqual(framer.feed(b"next"), ["next"])

    def test_quiet_after_part_of_a_too_long_line(self) -> None:
        """A line speaker's over-long line that ends with the stream is no message."""
        framer = Framer(LIMIT)
        self.assertEqual(framer.feed(b"kim\n" + b"x" * 100), ["kim", Overrun(LIMIT)])
        self.assertEqual(framer.silence(), [])
