"""The codec for the lecture's client."""

from twisted.trial.unittest import SynchronousTestCase

from tests.chat.codecs.cases import TextCodecCases
from twisted_suite.chat.codecs.legacy import LegacyCodec


class LegacyCodecTests(TextCodecCases, SynchronousTestCase):
    codec_class = LegacyCodec
    end = ""

    def test_unknown_command(self) -> None:
        """Commands that there are not are ignored, as the lecture's server does."""
        for text in ("/who", "/", "/quit now"):
            self.assertIsNone(self.codec().decode(text, named=True))
