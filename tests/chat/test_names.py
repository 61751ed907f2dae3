"""Names: what is acceptable, and what is the same."""

import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.chat.names import (
    MAX_NAME_GRAPHEMES,
    MAX_ROOM_GRAPHEMES,
    Name,
    NameFault,
    read_name,
    read_room_name,
)


def key(text: str) -> str:
    name = read_name(text)
    assert isinstance(name, Name), name
    return name.key


class AcceptableTests(SynchronousTestCase):
    def test_shown_as_given(self) -> None:
        """Names of any script are shown as they were given, but for the space around them."""
        for text in ("kim", "김철수", "Kim Chul-su", "Ωμέγα", "😀", "❤\N{VARIATION SELECTOR-16}"):
            name = read_name(f" {text}\t")
            self.assertEqual(name.shown if isinstance(name, Name) else name, text)

    def test_empty(self) -> None:
        """Nothing, space, or an emoji style with no emoji is no name."""
        for text in ("", "   ", "\t\r\n", "\N{VARIATION SELECTOR-16}"):
            self.assertIs(read_name(text), NameFault.EMPTY, repr(text))

    def test_length(self) -> None:
        """The longest name is taken; one character more is too long."""
        self.assertIsInstance(read_name("가" * MAX_NAME_GRAPHEMES), Name)
        self.assertIs(read_name("가" * (MAX_NAME_GRAPHEMES + 1)), NameFault.TOO_LONG)

    def test_length_is_what_people_count(self) -> None:
        """A letter with its marks is one; a pile of marks is bounded all the same."""
        self.assertIsInstance(read_name("e\u0323\u0301" * (MAX_NAME_GRAPHEMES * 2 // 3)), Name)
        self.assertIsInstance(read_name("👍🏽" * (MAX_NAME_GRAPHEMES // 2)), Name)
        self.assertIs(read_name("e" + "\u0301" * 200), NameFault.TOO_LONG)

    def test_decomposed_hangul_counts_as_composed(self) -> None:
        """A name from a system that sends jamo is as long as it looks."""
        text = unicodedata.normalize("NFD", "김" * MAX_NAME_GRAPHEMES)
        name = read_name(text)
        self.assertEqual(name.shown if isinstance(name, Name) else name, "김" * MAX_NAME_GRAPHEMES)

    def test_hidden(self) -> None:
        """What a terminal obeys, or nobody sees, has no place in a name."""
        terminal = ["\x1b[31m", "\0", "\n", "\x7f", "\x9b", "\u202e", "\u2066", "\u2028"]
        unseen = [
            "\u200b",
            "\u200d",
            "\ufeff",
            "\u3164",
            "\u115f",
            "\u2800",
            "\U000e0100",
            "\u034f",
            "\ufe00",
        ]
        unreadable = ["\ufffd", "\ue000", "\ud800"]
        for part in terminal + unseen + unreadable:
            self.assertIs(read_name(f"k{part}im"), NameFault.HIDDEN, ascii(part))

    def test_brackets(self) -> None:
        """Brackets, fullwidth ones too, could forge the start of a line."""
        for text in ("[kim]", "a] hello [b", "［kim］"):
            self.assertIs(read_name(text), NameFault.BRACKET, text)

    def test_slash(self) -> None:
        """A name that looks like a command is none; a slash further on is fine."""
        self.assertIs(read_name("/quit"), NameFault.SLASH)
        self.assertIs(read_name("／quit"), NameFault.SLASH)
        self.assertIsInstance(read_name("kim/home"), Name)


class SameTests(SynchronousTestCase):
    def test_same(self) -> None:
        """Names that differ in case, width, composition, space or emoji style have one key."""
        for one, other in (
            ("Kim", "kIM"),
            ("STRASSE", "straße"),
            ("ｋｉｍ", "kim"),
            (unicodedata.normalize("NFD", "김철수"), "김철수"),
            ("kim  lee", "kim lee"),
            ("kim\N{NO-BREAK SPACE}lee", "kim lee"),
            ("❤\N{VARIATION SELECTOR-16}", "❤"),
            ("①", "1"),
        ):
            self.assertEqual(key(one), key(other))

    def test_different(self) -> None:
        """Different names have different keys."""
        self.assertNotEqual(key("kim"), key("kin"))
        self.assertNotEqual(key("김"), key("킴"))

    @settings(deadline=None, max_examples=200)
    @given(st.text(max_size=MAX_NAME_GRAPHEMES + 4))
    def test_any_text(self, text: str) -> None:
        """Whatever comes in, an accepted name is bounded, forges nothing, and reads as itself again."""
        name = read_name(text)
        if isinstance(name, NameFault):
            return
        self.assertLessEqual(len(name.shown.encode()), MAX_NAME_GRAPHEMES * 4)
        self.assertFalse(set("[]\r\n\x1b") & set(name.shown))
        self.assertEqual(read_name(name.shown), name)


class LookalikeTests(SynchronousTestCase):
    def lookalike(self, text: str) -> str:
        name = read_name(text)
        assert isinstance(name, Name), name
        return name.lookalike

    def test_alike(self) -> None:
        """Names that read alike share what they look like, though they are not the same."""
        for one, other in (("paypal", "раураl"), ("modern", "modem"), ("b0b", "BOB"), ("kim1", "kiml")):
            self.assertEqual(self.lookalike(one), self.lookalike(other), (one, other))
            self.assertNotEqual(key(one), key(other))

    def test_unlike(self) -> None:
        """Names that read differently do not."""
        names = ["kim", "lee", "김철수", "김철스", "bot1", "bot2", "anna", "hanna", "user10", "user01"]
        self.assertEqual(len(set(map(self.lookalike, names))), len(names))

    @settings(deadline=None)
    @given(st.text(max_size=20))
    def test_any_name(self, text: str) -> None:
        """Whatever case a name is written in, it looks like itself."""
        name = read_name(text)
        if isinstance(name, Name):
            upper = read_name(text.upper())
            if isinstance(upper, Name) and upper.key == name.key:
                self.assertEqual(upper.lookalike, name.lookalike)


class RoomNameTests(SynchronousTestCase):
    def test_rooms(self) -> None:
        """Rooms are named as people are, without blanks and commas, and may be a little longer."""
        self.assertIsInstance(read_room_name("개발"), Name)
        self.assertIsInstance(read_room_name("a" * MAX_ROOM_GRAPHEMES), Name)
        self.assertIs(read_room_name("a" * (MAX_ROOM_GRAPHEMES + 1)), NameFault.TOO_LONG)
        for text in ("a b", "a,b", "a\N{NO-BREAK SPACE}b", "a，b"):
            self.assertIs(read_room_name(text), NameFault.SEPARATOR, text)
        self.assertIs(read_room_name(""), NameFault.EMPTY)
