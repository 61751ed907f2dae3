"""Words for people: which language, and text from a peer made safe to show. Core."""

from collections.abc import Mapping
from typing import Literal

Language = Literal["en", "ko"]
LANGUAGES: tuple[Language, ...] = ("en", "ko")


def language(environ: Mapping[str, str]) -> Language:
    """The language that the user's environment asks for, by POSIX precedence; English where we lack it."""
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := environ.get(variable):
            return "ko" if value.lower().startswith("ko") else "en"
    return "en"


def printable(text: str | bytes) -> str:
    """`text` with everything that a terminal or a log would not show as itself written as an escape.

    Line ends, terminal escapes, text direction marks and bytes that are not UTF-8 cannot forge a line of a
    log or move a cursor after this.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8", "backslashreplace")
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
