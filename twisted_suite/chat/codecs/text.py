"""What the lecture's clients and terminals have in common. Core: the base of the `legacy` and `line` codecs.

::

    <- 로그인ID:                       no line end, ever
    -> name
    <- 이미 등록된 사용자입니다. LF      or another reason, and the prompt again
    <- [name]님이 입장했습니다.          to all; from here on a line end only on a line connection
    -> text
    <- [name] text                    to all
    -> /quit
    <- [name]님이 퇴장했습니다.          to the others

Text is shown on terminals: what they would obey is replaced on its way out, and only there.
"""

import re
from abc import ABC, abstractmethod
from typing import ClassVar

from twisted_suite.chat import messages as m
from twisted_suite.chat.codecs.words import Words

# A browser made to send a form here must not become a member who says its headers (cross-protocol request).
HTTP_REQUEST = re.compile(r"[A-Z]+ \S+ HTTP/\d(\.\d)?")

# C0 (but for the tab), DEL and C1 controls, line and paragraph separators, bidi overrides, lone surrogates.
UNSAFE = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
CONTROL_PICTURES = 0x2400  # U+241B is a picture of ESC
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

# What is followed by the prompt, or by nothing, ends its line in any dialect, as the lecture's server does.
LINE_ENDS: dict[type[m.Event], str] = {
    m.NameAsked: "",
    m.NameTaken: "\n",
    m.NameRefused: "\n",
    m.TriesExhausted: "\n",
}
# Of a mistyped command, what goes into the hint.
MAX_WORD_CHARS = 20


def visible(text: str) -> str:
    """`text` with a picture or a mark in place of every character that a terminal would obey."""
    return UNSAFE.sub(_picture, text)


def _picture(match: re.Match[str]) -> str:
    code = ord(match.group())
    return (
        chr(CONTROL_PICTURES + code)
        if code < 0x20
        else "\N{SYMBOL FOR DELETE}"
        if code == 0x7F
        else REPLACEMENT
    )


class TextCodec(ABC):
    """Messages as lines of text in one language; `line_end` ends those of the conversation."""

    line_end: ClassVar[str]

    def __init__(self, words: Words) -> None:
        self._words = words

    def decode(self, text: str, *, named: bool) -> m.Command | None:
        """A message is text unless its first character is a slash; an empty one is nothing."""
        if text.startswith("/") and text.strip() == "/quit":
            return m.Quit()
        if not named:
            return m.Quit() if HTTP_REQUEST.fullmatch(text) else m.Join(text)
        if text.startswith("/"):
            return self.mistyped(text.split(maxsplit=1)[0][:MAX_WORD_CHARS])
        return m.Say(text) if text.strip() else None

    def encode(self, event: m.Event) -> bytes:
        line_end = LINE_ENDS.get(type(event), self.line_end)
        return (visible(self._words.line(event)) + line_end).encode()

    @abstractmethod
    def mistyped(self, word: str) -> m.Command | None:
        """What comes of a command that there is not."""
