"""How nc, telnet and scripts are spoken to: every message is a line, and some are commands. Core.

::

    -> /join dev LF                   and /part /who /rooms /nick /msg /me /topic /history /away /help /quit
    <- [kim]님이 입장했습니다. LF
    <- #dev: 3명. LF
    -> /qiut LF
    <- /qiut: 없는 명령입니다. 무엇이 있는지는 /help LF

A room that a peer is in and does not talk in is heard with its name before each line: ``#lobby [kim] hello``.
"""

from collections.abc import Callable
from typing import ClassVar

from twisted_suite.chat import commands as c
from twisted_suite.chat.codecs.text import TextCodec
from twisted_suite.chat.events import Kind

# Of a mistyped command, what goes into the hint.
MAX_WORD_CHARS = 20
# What /history shows when it does not say how much.
DEFAULT_HISTORY = 20


class LineCodec(TextCodec):
    """For peers that have sent a line end."""

    line_end: ClassVar[str] = "\n"

    def command(self, text: str) -> c.Command:
        word, _, rest = text.partition(" ")
        parse = COMMANDS.get(word.strip().lower())
        command = parse(rest.strip()) if parse is not None else None
        return command or c.Mistype(text.split(maxsplit=1)[0][:MAX_WORD_CHARS])


def _room(text: str) -> str | None:
    return text.removeprefix("#") or None


def _join(rest: str) -> c.Command | None:
    room, _, key = rest.partition(" ")
    return c.Join(room.removeprefix("#"), key.strip()) if room.removeprefix("#") else None


def _message(rest: str) -> c.Command | None:
    """A name with blanks in it is written as it is shown: ``/msg [kim lee] hello``."""
    if rest.startswith("["):
        name, _, text = rest[1:].partition("]")
        text = text.strip()
    else:
        name, _, text = rest.partition(" ")
    if not text.strip():
        return None
    return c.Say(text, name[1:]) if name.startswith("#") else c.Tell(name, text)


def _history(rest: str) -> c.Command | None:
    if rest and not (rest.isascii() and rest.isdecimal()):
        return None
    return c.Recount(int(rest[:6]) if rest else DEFAULT_HISTORY)


# By word; None from one is a mistake.
COMMANDS: dict[str, Callable[[str], c.Command | None]] = {
    "/join": _join,
    "/part": lambda rest: c.Part(_room(rest)),
    "/who": lambda rest: c.AskMembers(_room(rest)),
    "/rooms": lambda rest: c.AskRooms(),
    "/nick": lambda rest: c.Rename(rest) if rest else None,
    "/msg": _message,
    "/me": lambda rest: c.Say(rest, kind=Kind.EMOTE) if rest else None,
    "/topic": lambda rest: c.SetTopic(rest) if rest else c.AskTopic(),
    "/history": _history,
    "/away": lambda rest: c.SetAway(rest or None),
    "/help": lambda rest: c.AskHelp(),
}
