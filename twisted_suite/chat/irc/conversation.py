"""One IRC connection: what its lines ask for, and what it is answered. Core: used by the IRC server.

::

    -> [@label=x] COMMAND params        `received`, one line at a time
    <- lines, by `write`                what a command with a label causes comes together, and says so

A command is a function of `requests` and its neighbours, by its name. It asks the hub (`ask`), whose replies
come back by `told` and whose room events come by `deliver`, in order, before `ask` returns or later. It reads
the house, but changes nothing there.
"""

from collections.abc import Callable
from dataclasses import dataclass

from twisted_suite.chat import commands as c
from twisted_suite.chat.house import House
from twisted_suite.chat.irc.caps import Cap, Capabilities
from twisted_suite.chat.irc.nicks import nick_of
from twisted_suite.chat.irc.wire import Fault, Frame, Line, with_tags, write_line
from twisted_suite.chat.sessions import Session


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What the server says of itself."""

    name: str
    version: str
    created_at: float
    motd: tuple[str, ...] = ()
    caps: Cap = ~Cap.SASL


@dataclass(frozen=True, slots=True)
class Hooks:
    """What a conversation needs of the world."""

    ask: Callable[[c.Command], None]  # of the hub
    catch_up: Callable[[], None]  # have the hub send what waits
    write: Callable[[bytes], None]
    check_login: Callable[[str, str], None]  # answered by `sasl.succeeded` or `sasl.failed`
    now: Callable[[], float]  # the time of the command, in seconds since 1970


Handler = Callable[["Conversation", Line], None]


class Conversation:
    """The state of one connection, and its output."""

    def __init__(self, facts: ServerFacts, house: House, session: Session, hooks: Hooks) -> None:
        self.facts = facts
        self.house = house
        self.session = session
        self.hooks = hooks
        self.caps = Capabilities(facts.caps)
        self.nick = ""  # asked for; the session has the one that was given
        self.user = ""
        self.realname = ""
        self.modes: set[str] = set()
        self.sasl = ""  # what has come of an answer, in base64
        self.sasl_begun = False
        self.command = ""  # the one that is being done
        self._collected: list[bytes] | None = (
            None  # the answer to a command with a label, as far as it is known
        )
        self._batches = 0

    @property
    def is_registered(self) -> bool:
        return self.session.is_named

    @property
    def shown_nick(self) -> str:
        """What the client is called in what it is told."""
        return nick_of(self.session.person.name) if self.is_registered else self.nick or "*"

    # --- what comes in ------------------------------------------------------------------------------------

    def received(self, frame: Frame, find: Callable[[str], Handler | None]) -> None:
        """Do what a line asks for; `find` knows the commands."""
        if isinstance(frame, Fault):
            self._refuse(frame)
            return
        label = frame.tags.get("label", "")
        if not label or Cap.LABELED_RESPONSE not in self.caps.enabled:
            self._do(frame, find)
            return
        self.hooks.catch_up()  # what was said before is no part of the answer
        self._collected = []
        self._do(frame, find)
        self.hooks.catch_up()
        lines, self._collected = self._collected, None
        self.hooks.write(self._labelled(lines, label))

    def _do(self, line: Line, find: Callable[[str], Handler | None]) -> None:
        self.command = line.command
        handler = find(line.command) if line.command else None
        if handler is not None:
            handler(self, line)
        elif line.command and not self.is_registered:
            self.numeric("451", "You have not registered")
        elif line.command:
            self.numeric("421", line.command, "Unknown command")

    def _refuse(self, fault: Fault) -> None:
        if fault is Fault.TOO_LONG:
            self.numeric("417", "Input line was too long")
        else:  # https://ircv3.net/specs/extensions/utf8-only
            self.send("FAIL", "*", "INVALID_UTF8", "Message rejected: only UTF-8 is spoken here")

    def _labelled(self, lines: list[bytes], label: str) -> bytes:
        """https://ircv3.net/specs/extensions/labeled-response"""
        if not lines:
            return write_line(self.facts.name, "ACK", tags={"label": label})
        if len(lines) == 1 or _is_batch(lines):
            return with_tags(lines[0], {"label": label}) + b"".join(lines[1:])
        reference = self.next_batch()
        opened = write_line(
            self.facts.name, "BATCH", f"+{reference}", "labeled-response", tags={"label": label}
        )
        inner = [
            line if b"batch=" in line.split(b" ")[0] else with_tags(line, {"batch": reference})
            for line in lines
        ]
        return opened + b"".join(inner) + write_line(self.facts.name, "BATCH", f"-{reference}")

    # --- what goes out ------------------------------------------------------------------------------------

    def next_batch(self) -> str:
        self._batches += 1
        return str(self._batches)

    def write(self, data: bytes) -> None:
        """Whole lines, in their place."""
        if self._collected is None:
            self.hooks.write(data)
        else:
            self._collected += data.splitlines(keepends=True)

    def send(self, command: str, *params: str) -> None:
        """A message of the server, after what was said before."""
        self.hooks.catch_up()
        self.write(write_line(self.facts.name, command, *params))

    def numeric(self, number: str, *params: str) -> None:
        self.send(number, self.shown_nick, *params)

    def need_params(self) -> None:
        self.numeric("461", self.command, "Not enough parameters")

    def fail(self, code: str, *context: str, text: str) -> None:
        """https://ircv3.net/specs/extensions/standard-replies"""
        self.send("FAIL", self.command, code, *context, text)


def _is_batch(lines: list[bytes]) -> bool:
    """Whether `lines` are one batch, from its first to its last."""
    opening, closing = lines[0].split(), lines[-1].split()
    if b"BATCH" not in opening[:2] or b"BATCH" not in closing[:2]:
        return False
    return opening[2][:1] == b"+" and closing[2] == b"-" + opening[2][1:]
