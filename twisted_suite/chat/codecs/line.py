"""How nc, telnet and scripts are spoken to: every message is a line. Core.

::

    -> /qiut LF
    <- /qiut: 없는 명령입니다. 나가려면 /quit LF
"""

from typing import ClassVar

from twisted_suite.chat.codecs.text import TextCodec
from twisted_suite.chat.messages import Mistype


class LineCodec(TextCodec):
    """For peers that have sent a line end."""

    line_end: ClassVar[str] = "\n"

    def mistyped(self, word: str) -> Mistype:
        return Mistype(word)
