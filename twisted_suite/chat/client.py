"""A chat client for a terminal or a pipe, used by ``twisted-suite chat``. Adapter.

It joins three things: a connection, a terminal, and the `Dialogue` that decides what to show and what to send
(and explains how one client suits both our server and the lecture's).

Backpressure: a server that does not read stops the reading of what is typed; a terminal that takes nothing
stops the reading of the server.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from twisted.internet import stdio
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import connectProtocol
from twisted.internet.error import ConnectError, DNSLookupError
from twisted.internet.interfaces import (
    IDelayedCall,
    IHalfCloseableProtocol,
    IProtocol,
    IPushProducer,
    IReactorTime,
    IStreamClientEndpoint,
)
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from twisted_suite.chat.dialogue import Dialogue, Phase
from twisted_suite.errors import ConfigError, ExitStatus
from twisted_suite.runtime.transport import IStreamTransport

# A server closes right after /quit; one that has died does not.
GOODBYE_S = 5.0
# Messages that wait to be sent, above which no more are read.
MAX_WAITING = 1000


@dataclass(frozen=True, slots=True)
class ClientWords:
    """The client's own words in one language."""

    cannot_connect: str
    hung_up: str


CLIENT_WORDS: Mapping[str, ClientWords] = {
    "en": ClientWords("cannot connect to {where}: {reason}", "The server has closed the connection."),
    "ko": ClientWords("{where}에 연결할 수 없습니다: {reason}", "서버가 연결을 끊었습니다."),
}

# Connects a protocol to where the user types and reads, and returns the transport.
OpenTerminal = Callable[[IProtocol], Any]


async def converse(
    reactor: Any,
    endpoint: IStreamClientEndpoint,
    *,
    where: str,
    name: str | None = None,
    lang: str = "en",
    open_terminal: OpenTerminal | None = None,
) -> ExitStatus:
    """Chat at `endpoint`, called `where` in messages, until the user or the server ends it.

    Returns OK after a goodbye, DATA when the input ended before a name was accepted, IO when the server hung
    up. Raises `ConfigError` when there is no connection.
    """
    words = CLIENT_WORDS[lang]
    conversation = _Conversation(reactor, Dialogue(name), words)
    try:
        await connectProtocol(endpoint, conversation.line)
    except (ConnectError, DNSLookupError) as error:
        message = words.cannot_connect.format(where=where, reason=_reason(error))
        raise ConfigError(message, ExitStatus.UNAVAILABLE) from error
    if open_terminal is None:
        stdio.StandardIO(conversation.terminal, reactor=reactor)
    else:
        open_terminal(conversation.terminal)
    return await conversation.ended


def _reason(error: Exception) -> str:
    number = getattr(error, "osError", None)
    return os.strerror(number) if isinstance(number, int) and number > 0 else str(error).rstrip(".")


class _Conversation:
    """What the two protocols below have in common; it does what the dialogue decides."""

    def __init__(self, clock: IReactorTime, dialogue: Dialogue, words: ClientWords) -> None:
        self.dialogue = dialogue
        self.line = _Line(self)
        self.terminal = _Terminal(self)
        self.ended: Deferred[ExitStatus] = Deferred()
        self._clock = clock
        self._words = words
        self._timers: dict[Callable[[], None], IDelayedCall] = {}

    def heard(self, data: bytes) -> None:
        self.terminal.show(self.dialogue.received(data))
        self._set_timer(self._silence, self.dialogue.quiet_s)
        self.go_on()

    def go_on(self) -> None:
        """Send what can be sent now, and see what there is to wait for."""
        dialogue = self.dialogue
        while self._may_send() and (message := dialogue.next_message()) is not None:
            self.line.transport.write(message)
            self._set_timer(self._send_next, dialogue.gap_s or None)
        if dialogue.is_over:
            self.line.hang_up()
        elif not dialogue.waits_for_server:
            self._set_timer(self._hang_up, None)
        elif self._hang_up not in self._timers:
            self._set_timer(self._hang_up, GOODBYE_S)
        self.terminal.read_on(dialogue.waiting <= MAX_WAITING)

    def server_gone(self) -> None:
        for call in tuple(self._timers):
            self._set_timer(call, None)
        self.terminal.show(self.dialogue.silence())
        if self.dialogue.phase is Phase.ASKED:
            self.terminal.show("\n")  # the question's line
        if self._status() is ExitStatus.IO:
            self.terminal.show(f"{self._words.hung_up}\n")
        self.terminal.close()

    def terminal_gone(self) -> None:
        self.line.hang_up()
        if not self.line.is_up and not self.ended.called:
            self.ended.callback(self._status())

    def _status(self) -> ExitStatus:
        if self.dialogue.is_over:
            return ExitStatus.DATA if self.dialogue.was_refused else ExitStatus.OK
        return ExitStatus.OK if self.dialogue.has_said_goodbye else ExitStatus.IO

    def _may_send(self) -> bool:
        return self.line.is_up and not self.line.is_full and self._send_next not in self._timers

    def _send_next(self) -> None:
        self._set_timer(self._send_next, None)
        self.go_on()

    def _silence(self) -> None:
        self._set_timer(self._silence, None)
        self.terminal.show(self.dialogue.silence())
        self.go_on()

    def _hang_up(self) -> None:
        self.line.transport.abortConnection()

    def _set_timer(self, call: Callable[[], None], delay_s: float | None) -> None:
        """Call `call` after `delay_s` and not earlier, or not at all."""
        timer = self._timers.pop(call, None)
        if timer is not None and timer.active():
            timer.cancel()
        if delay_s is not None:
            self._timers[call] = self._clock.callLater(delay_s, call)


@implementer(IPushProducer)
class _Line(Protocol):
    """The connection to the server."""

    transport: IStreamTransport

    def __init__(self, conversation: _Conversation) -> None:
        self._conversation = conversation
        self.is_up = False
        self.is_full = False

    def connectionMade(self) -> None:
        self.is_up = True
        self.transport.registerProducer(self, True)

    def dataReceived(self, data: bytes) -> None:
        self._conversation.heard(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.is_up = False
        self._conversation.server_gone()

    def hang_up(self) -> None:
        if self.is_up:
            self.transport.unregisterProducer()
            self.transport.loseConnection()

    def pauseProducing(self) -> None:
        self.is_full = True

    def resumeProducing(self) -> None:
        self.is_full = False
        self._conversation.go_on()

    def stopProducing(self) -> None:
        """The transport is gone; `connectionLost` says so too."""


@implementer(IHalfCloseableProtocol)
class _Terminal(Protocol):
    """Where the user types and reads."""

    transport: IStreamTransport

    def __init__(self, conversation: _Conversation) -> None:
        self._conversation = conversation
        self._is_up = False
        self._is_reading = True

    def connectionMade(self) -> None:
        self._is_up = True
        self.transport.registerProducer(self._conversation.line.transport, True)

    def dataReceived(self, data: bytes) -> None:
        self._conversation.dialogue.typed(data)
        self._conversation.go_on()

    def readConnectionLost(self) -> None:
        """The user has typed all."""
        self._conversation.dialogue.typed_all()
        self._conversation.go_on()

    def writeConnectionLost(self) -> None:
        """Nobody reads what comes."""
        self.connectionLost()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._is_up = False
        self._conversation.terminal_gone()

    def show(self, text: str) -> None:
        if text and self._is_up:
            self.transport.write(text.encode())

    def read_on(self, wanted: bool) -> None:
        if wanted is self._is_reading or not self._is_up:
            return
        self._is_reading = wanted
        if wanted:
            self.transport.resumeProducing()
        else:
            self.transport.pauseProducing()

    def close(self) -> None:
        if self._is_up:
            self.transport.unregisterProducer()
            self.transport.loseConnection()
        else:
            self._conversation.terminal_gone()
