"""Which names are acceptable, and which two are the same. Core: called by the hub.

A name stands between brackets at the start of a line, on terminals that obey escape sequences and write
from right to left when told to. So it holds nothing invisible, no bracket and no line end; and two names
that differ only in case, width, composition or an emoji's style are one.
"""

import unicodedata
from dataclasses import dataclass

from twisted_suite.chat.messages import NameFault

# Long enough for full names in any script, short enough to leave a line to the message.
MAX_NAME_CHARS = 32

# Controls, formats (bidi, zero-width), surrogates, private use, unassigned, line and paragraph separators.
HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Letters, marks and symbols that show as nothing at all, and the mark that stands for undecodable bytes.
HIDDEN_CHARACTERS = frozenset(
    "\N{COMBINING GRAPHEME JOINER}"
    "\N{HANGUL CHOSEONG FILLER}\N{HANGUL JUNGSEONG FILLER}\N{HANGUL FILLER}\N{HALFWIDTH HANGUL FILLER}"
    "\N{KHMER VOWEL INHERENT AQ}\N{KHMER VOWEL INHERENT AA}"
    "\N{BRAILLE PATTERN BLANK}\N{REPLACEMENT CHARACTER}"
)
# They choose the plain or the coloured form of the character before them: phones send them unasked.
EMOJI_STYLES = {0xFE0E: None, 0xFE0F: None}


@dataclass(frozen=True, slots=True)
class Name:
    """An acceptable name: as it is shown, and the key under which it is unique."""

    shown: str
    key: str


def read_name(text: str) -> Name | NameFault:
    """`text` as a name, or what is wrong with it."""
    shown = unicodedata.normalize("NFC", text.strip())
    key = _key(shown)
    fault = _fault(shown, key)
    return Name(shown, key) if fault is None else fault


def _key(shown: str) -> str:
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", shown).casefold())
    return " ".join(folded.translate(EMOJI_STYLES).split())


def _fault(shown: str, key: str) -> NameFault | None:
    if not key:
        return NameFault.EMPTY
    if len(shown) > MAX_NAME_CHARS:
        return NameFault.TOO_LONG
    if any(map(_is_hidden, shown)):
        return NameFault.HIDDEN
    if key.startswith("/"):
        return NameFault.SLASH
    if "[" in key or "]" in key:  # the key, so that fullwidth brackets count too
        return NameFault.BRACKET
    return None


def _is_hidden(character: str) -> bool:
    if ord(character) in EMOJI_STYLES:
        return False
    return (
        character in HIDDEN_CHARACTERS
        or unicodedata.category(character) in HIDDEN_CATEGORIES
        or "VARIATION SELECTOR" in unicodedata.name(character, "")
    )
