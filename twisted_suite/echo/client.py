"""The other end of echo: sends, waits until as much has come back, shows it. Adapter.

It goes in lock-step, which keeps memory bounded and works with any echo server, the lecture's too. It leaves
with ``/quit``: the lecture's second server, left without it, spins for ever and serves nobody else.
"""

from typing import Any

from twisted.internet import defer
from twisted.internet.defer import Deferred
from twisted.internet.protocol import Protocol
from twisted.python.failure import Failure

from twisted_suite.echo.server import QUIT
from twisted_suite.errors import ConfigError, ExitStatus
from twisted_suite.runtime.connecting import connect
from twisted_suite.runtime.console import Console
from twisted_suite.runtime.text import Language
from twisted_suite.runtime.transport import IStreamTransport

# How long a server may take to answer our leaving, by closing or by an echo, before we just go.
GOODBYE_S = 2.0

_PROMPT = {"en": "message: ", "ko": "메시지 입력: "}
_REPLY = {"en": "received from the echo server [%s]\n", "ko": "에코 서버로부터 받은 데이터 [%s]\n"}


class EchoClient(Protocol):
    """One exchange at a time over one connection."""

    transport: IStreamTransport

    def __init__(self) -> None:
        self._received = b""
        self._wanted = 0
        self._reply: Deferred[bytes] | None = None
        self.connected_ = False

    def connectionMade(self) -> None:
        self.connected_ = True

    async def exchange(self, data: bytes) -> bytes:
        """Send `data` and return as many bytes; fewer when the server closed before."""
        if not self.connected_:
            return b""
        self._received, self._wanted = b"", len(data)
        self._reply = Deferred()
        self.transport.write(data)
        return await self._reply

    async def leave(self, clock: Any) -> None:
        """Say ``/quit`` and hang up once the server has answered it in its way."""
        if self.connected_:
            self._received, self._wanted = b"", len(b"/quit")
            self._reply = Deferred()
            self._reply.addTimeout(GOODBYE_S, clock)
            self.transport.write(b"/quit")
            try:
                await self._reply
            except defer.TimeoutError:
                self._reply = None
            self.transport.loseConnection()

    def dataReceived(self, data: bytes) -> None:
        self._received += data
        if len(self._received) >= self._wanted:
            self._answer()

    def connectionLost(self, reason: Failure | None = None) -> None:
        self.connected_ = False
        self._answer()

    def _answer(self) -> None:
        reply, self._reply = self._reply, None
        if reply is not None:
            reply.callback(self._received)


async def echo_messages(reactor: Any, endpoint: str, messages: tuple[str, ...]) -> bytes:
    """Send each message in turn; returns what came back, a line each."""
    client = await connect(reactor, endpoint, EchoClient())
    replies = [_whole(message.encode(), await client.exchange(message.encode())) for message in messages]
    await client.leave(reactor)
    return b"".join(reply + b"\n" for reply in replies)


async def echo_console(reactor: Any, endpoint: str, console: Console, lang: Language | None) -> None:
    """Echo standard input: in a terminal, with `lang`, line by line with prompts; else byte for byte."""
    client = await connect(reactor, endpoint, EchoClient())
    try:
        while data := await _next(console, lang):
            if data in QUIT:
                break
            reply = _whole(data, await client.exchange(data))
            console.write(
                reply if lang is None else (_REPLY[lang] % reply.decode("utf-8", "replace")).encode()
            )
        await client.leave(reactor)
    finally:
        await console.close()


async def _next(console: Console, lang: Language | None) -> bytes:
    """What to send next; nothing at the end of the input."""
    if lang is None:
        return await console.read()
    while True:
        console.write(_PROMPT[lang].encode())
        line = await console.read_line()
        if not line or line.strip():  # an empty message would wait for an empty reply
            return line.removesuffix(b"\n")


def _whole(sent: bytes, reply: bytes) -> bytes:
    if len(reply) < len(sent):
        raise ConfigError(
            f"the server closed the connection after {len(reply)} of {len(sent)} bytes", ExitStatus.IO
        )
    return reply
