"""How the lecture's client is spoken to: one write is one message, nothing ends it. Core.

Its server ignores commands other than ``/quit``, without a word.
"""

from typing import ClassVar

from twisted_suite.chat.codecs.text import TextCodec


class LegacyCodec(TextCodec):
    """For peers that have never sent a line end."""

    line_end: ClassVar[str] = ""

    def command(self, text: str) -> None:
        return None
