"""The codec for nc and telnet."""

from twisted.trial.unittest import SynchronousTestCase

from tests.chat.codecs.cases import TextCodecCases
from twisted_suite.chat import messages as m
from twisted_suite.chat.codecs.line import LineCodec


class LineCodecTests(TextCodecCases, SynchronousTestCase):
    codec_class = LineCodec
    end = "\n"

    def test_unknown_command(self) -> None:
        """A command that there is not gets a hint of one line that names it."""
        self.assertEqual(self.codec().decode("/who is there", named=True), m.Mistype("/who"))
        self.assert_encoded(m.NotUnderstood("/who"), "/who: 없는 명령입니다. 나가려면 /quit\n")

    def test_long_unknown_command(self) -> None:
        """Of a long one, the beginning is enough."""
        self.assertEqual(self.codec().decode("/" + "x" * 5000, named=True), m.Mistype("/" + "x" * 19))
