"""The cases that both text codecs share."""

from twisted.trial.unittest import SynchronousTestCase

from tests.chat.hubcase import person
from twisted_suite.chat import commands as c
from twisted_suite.chat import events as e
from twisted_suite.chat import replies as r
from twisted_suite.chat.codecs.text import TextCodec
from twisted_suite.chat.codecs.words import LANGUAGES
from twisted_suite.chat.log import Posted
from twisted_suite.chat.names import NameFault
from twisted_suite.chat.sessions import Deliver


class TextCodecCases:
    """Mixed into a test case that says which codec, and how it ends a line."""

    codec_class: type[TextCodec]
    end: str

    @property
    def case(self) -> SynchronousTestCase:
        assert isinstance(self, SynchronousTestCase)
        return self

    def codec(self) -> TextCodec:
        return self.codec_class(LANGUAGES["ko"])

    def assert_encoded(self, event: e.Talk | r.Reply, text: str) -> None:
        self.case.assertEqual(self.codec().encode(event).decode(), text)

    def test_conversation(self) -> None:
        """The conversation reads as the lecture's server writes it."""
        self.assert_encoded(e.Joined(person("김철수")), "[김철수]님이 입장했습니다." + self.end)
        self.assert_encoded(e.Said(person("kim"), " 안녕  {0} "), "[kim]  안녕  {0} " + self.end)
        self.assert_encoded(e.Left(person("kim")), "[kim]님이 퇴장했습니다." + self.end)

    def test_prompt(self) -> None:
        """The prompt has no line end, and what comes before it has one."""
        self.assert_encoded(r.NameAsked(), "로그인ID:")
        self.assert_encoded(r.NameTaken(), "이미 등록된 사용자입니다.\n")
        self.assert_encoded(r.NameRefused(NameFault.TOO_LONG), "이름이 너무 깁니다.\n")
        self.assert_encoded(r.TriesExhausted(), "로그인 시도가 너무 많습니다.\n")

    def test_notices(self) -> None:
        """What one peer alone is told ends as its conversation does."""
        self.assert_encoded(r.Missed(7), "(메시지 7개를 건너뛰었습니다.)" + self.end)
        self.assert_encoded(r.ServerStopped(), "서버가 종료됩니다." + self.end)
        self.case.assertIn("8192", self.codec().encode(r.MessageRefused(8192)).decode())

    def test_english(self) -> None:
        """In English the same events say the same."""
        codec = self.codec_class(LANGUAGES["en"])
        self.case.assertEqual(codec.encode(r.NameAsked()), b"Login ID:")
        self.case.assertEqual(codec.encode(r.NameTaken()), b"That name is taken.\n")
        self.case.assertEqual(codec.encode(e.Joined(person("kim"))).decode(), "[kim] has joined." + self.end)

    def test_escapes(self) -> None:
        """What a terminal would obey is shown instead."""
        text = "\x1b[2J\x07\r\n\x7f\x9b\u202e\u2028\tend\ud800"
        self.assert_encoded(
            e.Said(person("kim"), text), "[kim] ␛[2J␇␍␊␡\ufffd\ufffd\ufffd\tend\ufffd" + self.end
        )

    def test_names(self) -> None:
        """While a name is asked for, any text is one."""
        for text in ("kim", " kim ", "", "/who"):
            self.case.assertEqual(self.codec().decode(text, named=False), c.Login(text))

    def test_texts(self) -> None:
        """In the room a text is said as it is, space and all; one of nothing but space is nothing."""
        for text in ("hello", "  안녕 ", " /quit", "GET / HTTP/1.1"):
            self.case.assertEqual(self.codec().decode(text, named=True), c.Say(text))
        for text in ("", " ", "\t"):
            self.case.assertIsNone(self.codec().decode(text, named=True))

    def test_quit(self) -> None:
        """/quit ends the conversation, before it has begun too; more than that is no quit."""
        for named in (False, True):
            self.case.assertEqual(self.codec().decode("/quit", named=named), c.Quit())
            self.case.assertEqual(self.codec().decode("/quit \r", named=named), c.Quit())
        self.case.assertNotEqual(self.codec().decode("/quit now", named=True), c.Quit())

    def test_http(self) -> None:
        """A browser that is made to speak here gets no name to say its headers under."""
        for text in ("GET / HTTP/1.1", "POST /x?y HTTP/1.0", "PRI * HTTP/2.0"):
            self.case.assertEqual(self.codec().decode(text, named=False), c.Quit())

    def test_tls(self) -> None:
        """Nor does a client that speaks TLS to a port without it."""
        for hello in (b"\x16\x03\x01\x02\x00\x01\x00", b"\x16\x03\x03\x00\x7a"):
            text = hello.decode("utf-8", "replace")
            self.case.assertEqual(self.codec().decode(text, named=False), c.Quit())

    def test_what_need_not_be_said(self) -> None:
        """Logging in, entering the first room and saying goodbye add nothing to the lecture's lines."""
        for event in (r.LoggedIn(person("kim")), r.Entered("lobby", "e", 1, 2), r.Goodbye("bye")):
            self.assert_encoded(event, "")

    def test_delivery(self) -> None:
        """A delivery is the lines of its events, after a word on what was lost."""
        events: tuple[e.Talk, ...] = (e.Joined(person("kim")), e.Gone(person("lee")))
        posted = tuple(Posted("lobby", number, 0.0, event) for number, event in enumerate(events, 8))
        lines = ["(메시지 7개를 건너뛰었습니다.)", "[kim]님이 입장했습니다.", "[lee]님이 퇴장했습니다."]
        encoded = self.codec().encode_delivery(Deliver("lobby", (), posted, lost=7)).decode()
        self.case.assertEqual(encoded, "".join(line + self.end for line in lines))

    def test_nothing_else_looks_said(self) -> None:
        """No line but one of `Said` reads as if somebody had said it, whatever is in the event."""
        kim = person("kim")
        events: list[e.Talk | r.Reply] = [
            e.Said(kim, "x", e.Kind.EMOTE), e.Said(kim, "x", e.Kind.NOTICE), e.Renamed(kim, "lee"),
            e.TopicSet(kim, "[lee] x"), e.Kicked(kim, "lee", "[x] y"), e.ModesSet(kim, ()),
            r.Told(kim, "lee", "[x] y", e.Kind.MESSAGE, 1, 0.0), r.IsAway("kim", "[x] y"),
            r.TopicShown("dev", "[x] y"), r.AwaySet(kim, "[x] y"),
        ]  # fmt: skip
        for event in events:
            self.case.assertNotRegex(self.codec().encode(event).decode(), r"(?m)^\[[^]]*\] ")
