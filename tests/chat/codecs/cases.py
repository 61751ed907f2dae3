"""The cases that both text codecs share."""

from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.chat import messages as m
from twisted_suite.chat.codecs import Codec
from twisted_suite.chat.codecs.text import TextCodec
from twisted_suite.chat.codecs.words import ENGLISH, KOREAN


class TextCodecCases:
    """Mixed into a test case that says which codec, and how it ends a line."""

    codec_class: type[TextCodec]
    end: str

    @property
    def case(self) -> SynchronousTestCase:
        assert isinstance(self, SynchronousTestCase)
        return self

    def codec(self) -> Codec:
        return self.codec_class(KOREAN)

    def assert_encoded(self, event: m.Event, text: str) -> None:
        self.case.assertEqual(self.codec().encode(event).decode(), text)

    def test_conversation(self) -> None:
        """The conversation reads as the lecture's server writes it."""
        self.assert_encoded(m.Joined("김철수"), "[김철수]님이 입장했습니다." + self.end)
        self.assert_encoded(m.Said("kim", " 안녕  {0} "), "[kim]  안녕  {0} " + self.end)
        self.assert_encoded(m.Left("kim"), "[kim]님이 퇴장했습니다." + self.end)

    def test_prompt(self) -> None:
        """The prompt has no line end, and what comes before it has one."""
        self.assert_encoded(m.NameAsked(), "로그인ID:")
        self.assert_encoded(m.NameTaken(), "이미 등록된 사용자입니다.\n")
        self.assert_encoded(m.NameRefused(m.NameFault.TOO_LONG), "이름이 너무 깁니다.\n")
        self.assert_encoded(m.TriesExhausted(), "로그인 시도가 너무 많습니다.\n")

    def test_notices(self) -> None:
        """What one peer alone is told ends as its conversation does."""
        self.assert_encoded(m.Missed(7), "(메시지 7개를 건너뛰었습니다.)" + self.end)
        self.assert_encoded(m.ServerStopped(), "서버가 종료됩니다." + self.end)
        self.case.assertIn("8192", self.codec().encode(m.MessageRefused(8192)).decode())

    def test_english(self) -> None:
        """In English the same events say the same."""
        codec = self.codec_class(ENGLISH)
        self.case.assertEqual(codec.encode(m.NameAsked()), b"Login ID:")
        self.case.assertEqual(codec.encode(m.NameTaken()), b"That name is taken.\n")
        self.case.assertEqual(codec.encode(m.Joined("kim")).decode(), "[kim] has joined." + self.end)

    def test_escapes(self) -> None:
        """What a terminal would obey is shown instead."""
        text = "\x1b[2J\x07\r\n\x7f\x9b\u202e\u2028\tend\ud800"
        self.assert_encoded(m.Said("kim", text), "[kim] ␛[2J␇␍␊␡\ufffd\ufffd\ufffd\tend\ufffd" + self.end)

    def test_names(self) -> None:
        """While a name is asked for, any text is one."""
        for text in ("kim", " kim ", "", "/who"):
            self.case.assertEqual(self.codec().decode(text, named=False), m.Join(text))

    def test_texts(self) -> None:
        """In the room a text is said as it is, space and all; one of nothing but space is nothing."""
        for text in ("hello", "  안녕 ", " /quit", "GET / HTTP/1.1"):
            self.case.assertEqual(self.codec().decode(text, named=True), m.Say(text))
        for text in ("", " ", "\t"):
            self.case.assertIsNone(self.codec().decode(text, named=True))

    def test_quit(self) -> None:
        """/quit ends the conversation, before it has begun too; more than that is no quit."""
        for named in (False, True):
            self.case.assertEqual(self.codec().decode("/quit", named=named), m.Quit())
            self.case.assertEqual(self.codec().decode("/quit \r", named=named), m.Quit())
        self.case.assertNotEqual(self.codec().decode("/quit now", named=True), m.Quit())

    def test_http(self) -> None:
        """A browser that is made to speak here gets no name to say its headers under."""
        for text in ("GET / HTTP/1.1", "POST /x?y HTTP/1.0", "PRI * HTTP/2.0"):
            self.case.assertEqual(self.codec().decode(text, named=False), m.Quit())
