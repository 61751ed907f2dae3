"""Making text fit for terminals."""

import itertools
import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.chat.hubcase import person
from twisted_suite.chat import events as e
from twisted_suite.chat.codecs.legacy import LegacyCodec
from twisted_suite.chat.codecs.line import LineCodec
from twisted_suite.chat.codecs.text import FromElsewhere, is_told_by, visible
from twisted_suite.chat.codecs.words import LANGUAGES
from twisted_suite.chat.framing import Framer
from twisted_suite.chat.log import Posted
from twisted_suite.chat.sessions import Deliver


class VisibleTests(SynchronousTestCase):
    def test_plain(self) -> None:
        """Plain text of any script, tabs and joined emoji come through as they are."""
        for text in ("hello", "안녕", "a\tb", "👨‍👩‍👧", "שלום", "x y"):
            self.assertEqual(visible(text), text)

    @settings(deadline=None)
    @given(st.text(st.characters()))
    def test_any_text(self, text: str) -> None:
        """Nothing that a terminal obeys is left, and nothing is lost in number."""
        shown = visible(text)
        self.assertEqual(len(shown), len(text))
        self.assertFalse({c for c in shown if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")} - {"\t"})
        self.assertEqual(visible(shown), shown)


class RoundTripTests(SynchronousTestCase):
    @settings(deadline=None)
    @given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=5), st.data())
    def test_line_clients_read_what_was_said(self, texts: list[str], data: st.DataObject) -> None:
        """Each event is exactly one line for a line client, whatever is in it and however it is cut."""
        events = [e.Said(person("kim"), text) for text in texts]
        for words in LANGUAGES.values():
            stream = b"".join(map(LineCodec(words).encode, events))
            at = data.draw(st.integers(min_value=0, max_value=len(stream)))
            framer = Framer(limit_bytes=1 << 20)
            lines = framer.feed(stream[:at]) + framer.feed(stream[at:])
            self.assertEqual(lines, [f"[kim] {visible(text)}" for text in texts])
            self.assertEqual(b"".join(map(LegacyCodec(words).encode, events)), b"".join(stream.splitlines()))

    @settings(deadline=None)
    @given(
        st.lists(st.sampled_from(["kim", "/quit", "/who", "", " ", "안녕 😀", "GET / HTTP/1.1"]), max_size=6),
        st.lists(st.integers(min_value=0), max_size=8),
        st.booleans(),
    )
    def test_any_chopping(self, texts: list[str], cuts: list[int], named: bool) -> None:
        """However the lines of a peer are cut up, each decoder reads the same commands."""
        stream = "".join(f"{text}\r\n" for text in texts).encode()
        places = sorted({0, len(stream), *(cut % (len(stream) + 1) for cut in cuts)})
        for codec in (LegacyCodec(LANGUAGES["ko"]), LineCodec(LANGUAGES["ko"])):
            framer = Framer()
            frames = [
                frame for start, end in itertools.pairwise(places) for frame in framer.feed(stream[start:end])
            ]
            self.assertEqual(
                [codec.decode(str(frame), named=named) for frame in frames],
                [codec.decode(text, named=named) for text in texts],
            )


class ManyRoomsTests(SynchronousTestCase):
    def test_told_once(self) -> None:
        """Who shares several rooms with somebody hears of a leaving from the first of them only."""
        gone = e.Gone(person("kim"), rooms=("a", "b", "c"))
        self.assertTrue(is_told_by(gone, "b", ("c", "b")))
        self.assertFalse(is_told_by(gone, "c", ("c", "b")))
        self.assertTrue(is_told_by(gone, "z", ("z",)))
        self.assertTrue(is_told_by(e.Left(person("kim")), "c", ("c", "b")))

    def test_other_rooms_are_named(self) -> None:
        """What is heard from a room that one is not talking in has its name before it."""
        codec = LineCodec(LANGUAGES["en"])
        delivery = Deliver("dev", (), (Posted("dev", 1, 0.0, e.Said(person("kim"), "hi")),))
        here = FromElsewhere(codec, ("lobby", "dev"), is_here=True)
        there = FromElsewhere(codec, ("lobby", "dev"), is_here=False)
        self.assertEqual(here.encode_delivery(delivery), b"[kim] hi\n")
        self.assertEqual(there.encode_delivery(delivery), b"#dev [kim] hi\n")
        self.assertNotEqual(here, there)
        self.assertEqual(len({there, FromElsewhere(codec, ("lobby", "dev"), is_here=False)}), 1)
