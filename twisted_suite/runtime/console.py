"""Standard input and output of a client, in a terminal or in a pipe, without blocking the loop. Adapter."""

from collections import deque
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.internet.protocol import Protocol
from twisted.internet.stdio import StandardIO
from twisted.python.failure import Failure
from zope.interface import implementer


@implementer(IHalfCloseableProtocol)
class Console(Protocol):
    """Reads when asked, and no further ahead than one chunk, so that a long input stays where it is."""

    def __init__(self) -> None:
        self._chunks: deque[bytes] = deque()
        self._ended = False
        self._waiting: Deferred[bytes] | None = None
        self._closed: Deferred[None] = Deferred()

    @classmethod
    def attach(cls, reactor: Any) -> "Console":
        """The console of this process."""
        console = cls()
        StandardIO(console, reactor=reactor)
        return console

    def connectionMade(self) -> None:
        stdio: Any = self.transport  # a StandardIO: producer and consumer
        stdio.pauseProducing()
        self._stdio = stdio

    def write(self, data: bytes) -> None:
        """Print `data`. What waits to be printed is bounded by the caller, who reads before he prints."""
        self._stdio.write(data)

    async def read(self) -> bytes:
        """The next chunk of input, empty at its end."""
        if self._chunks:
            return self._chunks.popleft()
        if self._ended:
            return b""
        waiting = self._waiting = Deferred()
        self._stdio.resumeProducing()
        return await waiting

    async def read_line(self) -> bytes:
        """The next line of input with its end, empty at the end of the input."""
        line = b""
        while b"\n" not in line and (data := await self.read()):
            line += data
        line, newline, rest = line.partition(b"\n")
        if rest:
            self._chunks.appendleft(rest)
        return line + newline

    async def close(self) -> None:
        """Let go of the terminal, when all is printed."""
        self._stdio.loseConnection()
        await self._closed

    def dataReceived(self, data: bytes) -> None:
        self._stdio.pauseProducing()
        self._give(data)

    def readConnectionLost(self) -> None:
        """The end of the input; the output goes on (`IHalfCloseableProtocol`)."""
        self._ended = True
        self._give(b"")

    def writeConnectionLost(self) -> None:
        """Whoever reads our output has gone."""
        self._stdio.loseConnection()

    def connectionLost(self, reason: Failure | None = None) -> None:
        self._ended = True
        self._give(b"")
        self._closed.callback(None)

    def _give(self, data: bytes) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.callback(data)
        elif data:
            self._chunks.append(data)
