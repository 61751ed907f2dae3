"""IRC's lines: whatever comes in, however it is cut, and whatever goes out."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.chat.irc.wire import (
    MAX_CLIENT_TAG_BYTES,
    MAX_LINE_BYTES,
    MAX_WAITING_BYTES,
    Fault,
    Line,
    LineFramer,
    cut,
    pieces,
    read_line,
    with_tags,
    write_line,
    write_tags,
)

words = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0 "), min_size=1, max_size=20
)


class ReadTests(SynchronousTestCase):
    def test_lines(self) -> None:
        """Tags, a source, parameters and a last one that may hold blanks."""
        for text, line in (
            ("PING", Line("PING")),
            ("privmsg #a hi", Line("PRIVMSG", ("#a", "hi"))),
            ("PRIVMSG #a :hi there", Line("PRIVMSG", ("#a", "hi there"))),
            ("PRIVMSG #a ::-)", Line("PRIVMSG", ("#a", ":-)"))),
            ("PRIVMSG #a :", Line("PRIVMSG", ("#a", ""))),
            ("  USER   a  b ", Line("USER", ("a", "b"))),
            (":kim PRIVMSG #a :x y", Line("PRIVMSG", ("#a", "x y"))),
            ("@label=1;+x;a=b\\sc PING x", Line("PING", ("x",), {"label": "1", "+x": "", "a": "b c"})),
            ("@a=\\:\\s\\r\\n\\\\\\x\\ PING", Line("PING", (), {"a": "; \r\n\\x"})),
            (":kim", Line("")),
        ):
            self.assertEqual(read_line(text.encode()), line, text)

    def test_too_long(self) -> None:
        """A line has its limit, and so have its tags."""
        fits = b"A" * (MAX_LINE_BYTES - 2)
        self.assertIsInstance(read_line(fits), Line)
        self.assertIs(read_line(fits + b"A"), Fault.TOO_LONG)
        tags = b"@" + b"a" * (MAX_CLIENT_TAG_BYTES - 2)
        self.assertIsInstance(read_line(tags + b" PING"), Line)
        self.assertIs(read_line(tags + b"a PING"), Fault.TOO_LONG)

    def test_not_utf8(self) -> None:
        """Only UTF-8 is spoken."""
        self.assertIs(read_line(b"PRIVMSG #a :\xff"), Fault.NOT_UTF8)

    @settings(deadline=None)
    @given(st.binary(max_size=80))
    def test_anything(self, data: bytes) -> None:
        """Any bytes are a line or a fault."""
        self.assertIsInstance(read_line(data), Line | Fault)


class FramerTests(SynchronousTestCase):
    def test_line_ends(self) -> None:
        """A line ends with LF or CR LF; empty ones are nothing."""
        frames = LineFramer().feed(b"A\r\nB\n\r\n  \nC")
        self.assertEqual(frames, [Line("A"), Line("B")])

    def test_endless(self) -> None:
        """Of a line without end nothing is kept, it is told of once, and what comes after it is read."""
        framer = LineFramer()
        frames = [frame for _ in range(30) for frame in framer.feed(b"A" * 1000)]
        self.assertEqual(frames, [Fault.TOO_LONG])
        self.assertLessEqual(len(framer._rest), MAX_WAITING_BYTES)
        self.assertEqual(framer.feed(b"A\r\nPING\r\n"), [Line("PING")])

    @settings(deadline=None)
    @given(
        st.lists(st.sampled_from(["PING x", "@a=b C :d e", "", "안녕 :하세요"])),
        st.lists(st.integers(0, 200)),
    )
    def test_any_chopping(self, lines: list[str], cuts: list[int]) -> None:
        """However it is cut up, the same lines are read."""
        stream = "".join(f"{line}\r\n" for line in lines).encode()
        places = sorted({0, len(stream), *(place % (len(stream) + 1) for place in cuts)})
        framer = LineFramer()
        frames = [f for start, end in itertools.pairwise(places) for f in framer.feed(stream[start:end])]
        self.assertEqual(frames, LineFramer().feed(stream))


class WriteTests(SynchronousTestCase):
    def test_lines(self) -> None:
        """The last parameter has a colon when it needs one; line ends in it are blanks."""
        self.assertEqual(write_line("s", "PING", "a"), b":s PING a\r\n")
        self.assertEqual(write_line("", "ERROR", "a b"), b"ERROR :a b\r\n")
        self.assertEqual(write_line("s", "X", "", tags={"a": "b;", "c": ""}), b"@a=b\\:;c :s X :\r\n")
        self.assertEqual(write_line("s", "X", "a\r\nQUIT"), b":s X :a  QUIT\r\n")

    def test_bounded(self) -> None:
        """No line is longer than it may be, and none ends with half a character."""
        line = write_line("s", "PRIVMSG", "#a", "가" * 400)
        self.assertLessEqual(len(line), MAX_LINE_BYTES)
        self.assertGreater(len(line), MAX_LINE_BYTES - 4)
        line.decode()

    def test_with_tags(self) -> None:
        """More tags can be put on a line that is written."""
        self.assertEqual(with_tags(b":s X\r\n", {"a": "1"}), b"@a=1 :s X\r\n")
        self.assertEqual(with_tags(b"@b :s X\r\n", {"a": "1"}), b"@a=1;b :s X\r\n")
        self.assertEqual(with_tags(b"@b :s X\r\n", {}), b"@b :s X\r\n")

    @settings(deadline=None)
    @given(words, st.lists(words, max_size=3), st.text(st.characters(exclude_categories=["Cs"]), max_size=50))
    def test_round_trip(self, source: str, middle: list[str], last: str) -> None:
        """What is written is read again, whatever the last parameter is."""
        middle = [word for word in middle if not word.startswith(":")]
        written = write_line(source, "CMD", *middle, last)
        read = read_line(written[:-2])
        if not any(mark in last for mark in "\r\n"):
            self.assertEqual(read, Line("CMD", (*middle, last)))

    @settings(deadline=None)
    @given(st.dictionaries(st.from_regex("[a-z]{1,5}", fullmatch=True), st.text(max_size=10)))
    def test_tags_round_trip(self, tags: dict[str, str]) -> None:
        """So are tags."""
        tags = {key: value.encode("utf-8", "ignore").decode() for key, value in tags.items()}
        read = read_line(f"{write_tags(tags)}X".encode())
        self.assertEqual(read, Line("X", (), tags))

    @settings(deadline=None)
    @given(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60),
        st.integers(4, 20),
    )
    def test_pieces(self, text: str, size: int) -> None:
        """A text in pieces is the text, but for its line ends, and each piece fits."""
        found = list(pieces(text, size))
        self.assertEqual("".join(found), text.replace("\r", "").replace("\n", ""))
        self.assertTrue(all(0 < len(piece.encode()) <= size for piece in found))

    def test_cut(self) -> None:
        """What fits is left alone."""
        self.assertEqual(cut(b"abc", 3), b"abc")
        self.assertEqual(cut("a가".encode(), 3), b"a")
