"""IRC's names for people and rooms, and back. Core.

A name may hold what IRC's grammar cannot: blanks, ``!``, ``@``, ``,`` and more. They are written as their
fullwidth forms (a blank as a no-break space), which name folding takes for the same: so whoever is called
``kim lee`` on another front end can be written to, kicked and banned from IRC.
"""

from twisted_suite.chat.events import Person
from twisted_suite.chat.names import MAX_NAME_GRAPHEMES, Name, read_name

# What may stand nowhere in a nick, and what may not begin one.
_ANYWHERE = "!@,*?. "
_AT_START = "#:$&+~%@!-0123456789"
_FULLWIDTH = {ord(mark): 0xFEE0 + ord(mark) for mark in _ANYWHERE if mark != " "} | {ord(" "): 0xA0}
MAX_NICK = MAX_NAME_GRAPHEMES
MAX_USER = 20


def nick_of(name: str) -> str:
    """`name` as IRC can write it."""
    nick = name.translate(_FULLWIDTH)
    if nick.startswith(tuple("#:$&+~%")):
        return chr(0xFEE0 + ord(nick[0])) + nick[1:]
    return nick


def is_nick(text: str) -> bool:
    """Whether a client may call itself so: what IRC allows, and our names too."""
    if not text or text[0] in _AT_START or any(mark in text for mark in _ANYWHERE):
        return False
    return isinstance(read_name(text), Name)


def source_of(person: Person) -> str:
    return f"{nick_of(person.name)}!{person.user or 'user'}@{person.host or 'host'}"


def room_of(channel: str) -> str | None:
    """The room that `channel` names; None when it names no channel."""
    return channel[1:] if channel.startswith("#") and len(channel) > 1 else None


def channel_of(room: str) -> str:
    return f"#{room}"


def user_of(text: str) -> str:
    """A client's user name, marked as not proved, without what would break a source."""
    kept = "".join(mark for mark in text if mark.isalnum() or mark in "-_.")
    return f"~{kept[:MAX_USER] or 'user'}"
