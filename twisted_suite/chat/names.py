"""Which names are acceptable, and which two are the same. Core: called by the hub.

A name stands between brackets at the start of a line, on terminals that obey escape sequences and write
from right to left when told to. So it holds nothing invisible, no bracket and no line end; and two names
that differ only in case, width, composition or an emoji's style are one. Two that only read alike
(Unicode TR39: ``rn`` for ``m``, ``0`` for ``O``) may not be present at once, see `Name.lookalike`.
"""

import unicodedata
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache, lru_cache

import regex  # type: ignore[import-untyped]
from confusable_homoglyphs import confusables  # type: ignore[import-untyped]

# Long enough for full names in any script, short enough to leave a line to the message. Counted as people
# count: a letter and its marks are one, and so is a family of emoji.
MAX_NAME_GRAPHEMES = 32
MAX_ROOM_GRAPHEMES = 48
# A grapheme may be piled as high as one likes; this is four bytes for each, as much as most emoji take.
MAX_BYTES_PER_GRAPHEME = 4

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


class NameFault(Enum):
    """Why a name is not acceptable."""

    EMPTY = auto()
    TOO_LONG = auto()
    HIDDEN = auto()  # holds what a terminal would obey, or what cannot be seen or read
    BRACKET = auto()  # could forge the start of a line: [name]
    SLASH = auto()  # looks like a command
    SEPARATOR = auto()  # a room's name with a blank or a comma: lists of rooms could not be written


@dataclass(frozen=True, slots=True)
class Name:
    """An acceptable name: as it is shown, and the key under which it is unique."""

    shown: str
    key: str

    @property
    def lookalike(self) -> str:
        """The same for all names that read like this one; no name of its own."""
        return self.key.translate(_prototypes())


def read_name(text: str) -> Name | NameFault:
    """`text` as the name of a person, or what is wrong with it."""
    shown = unicodedata.normalize("NFC", text.strip())
    key = _key(shown)
    fault = _fault(shown, key, MAX_NAME_GRAPHEMES)
    return Name(shown, key) if fault is None else fault


@lru_cache(maxsize=4096)
def read_room_name(text: str) -> Name | NameFault:
    """`text` as the name of a room, without the ``#`` that most front ends put before it."""
    shown = unicodedata.normalize("NFC", text.strip())
    key = _key(shown)
    fault = _fault(shown, key, MAX_ROOM_GRAPHEMES)
    if fault is None and any(mark in key for mark in " ,"):
        fault = NameFault.SEPARATOR
    return Name(shown, key) if fault is None else fault


def _key(shown: str) -> str:
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", shown).casefold())
    return " ".join(folded.translate(EMOJI_STYLES).split())


def _fault(shown: str, key: str, max_graphemes: int) -> NameFault | None:
    if not key:
        return NameFault.EMPTY
    if _is_long(shown, max_graphemes):
        return NameFault.TOO_LONG
    if any(map(_is_hidden, shown)):
        return NameFault.HIDDEN
    if key.startswith("/"):
        return NameFault.SLASH
    if "[" in key or "]" in key:  # the key, so that fullwidth brackets count too
        return NameFault.BRACKET
    return None


def _is_long(shown: str, max_graphemes: int) -> bool:
    if len(shown.encode("utf-8", "replace")) > max_graphemes * MAX_BYTES_PER_GRAPHEME:
        return True
    return len(shown) > max_graphemes and len(regex.findall(r"\X", shown)) > max_graphemes


def _is_hidden(character: str) -> bool:
    if ord(character) in EMOJI_STYLES:
        return False
    return (
        character in HIDDEN_CHARACTERS
        or unicodedata.category(character) in HIDDEN_CATEGORIES
        or "VARIATION SELECTOR" in unicodedata.name(character, "")
    )


@cache
def _prototypes() -> dict[int, str]:
    """TR39's prototype of each character, for ``str.translate`` of a key, which is in lower case.

    The library lists pairs in both directions. The prototype is the side that has more partners.
    """
    partners = {
        character: [other["c"] for other in others]
        for character, others in confusables.confusables_data.items()
    }
    prototypes = {}
    for character, others in partners.items():
        if len(character) == 1 and len(others) == 1:
            (other,) = others
            if (len(partners.get(other, ())), character) > (1, other):
                prototypes[ord(character)] = other.casefold()
    return prototypes
