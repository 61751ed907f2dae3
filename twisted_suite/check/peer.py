"""One connection of a check: sends, waits, does not read, closes half or breaks off. Adapter."""

import select
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IHalfCloseableProtocol, IPullProducer
from twisted.internet.protocol import Protocol
from twisted.internet.task import deferLater
from twisted.python.failure import Failure
from zope.interface import implementer

from twisted_suite.runtime.connecting import connect
from twisted_suite.runtime.transport import lowest

PIECE_BYTES = 1 << 16
# What a server may take from a peer that reads nothing, before it is said to keep it in memory: far more than
# the buffers of the two kernels.
MAX_UNREAD_BYTES = 64 << 20
# A server that has taken nothing for so long has stopped reading.
STALLED_S = 1.0
LOOK_S = 0.05
# Between the pieces of what comes in pieces: long enough that each is a packet of its own.
PIECE_GAP_S = 0.02
# A little receive buffer, so that little is on its way.
SMALL_BUFFER_BYTES = 1 << 14


@implementer(IHalfCloseableProtocol)
class Peer(Protocol):
    """What has come, and whether the server has ended."""

    def __init__(self, reactor: Any, patience_s: float) -> None:
        self.received = bytearray()
        self.ended = False  # by FIN or otherwise: nothing more will come
        self.lost: str | None = None  # how, when it was otherwise
        self._reactor = reactor
        self._patience_s = patience_s

    def dataReceived(self, data: bytes) -> None:
        self.received += data

    def readConnectionLost(self) -> None:
        self.ended = True

    def writeConnectionLost(self) -> None:
        """We have closed our half."""

    def connectionLost(self, reason: Failure | None = None) -> None:
        if not self.ended and reason is not None:
            self.lost = reason.getErrorMessage()
        self.ended = True

    def seconds(self) -> float:
        """The time of the loop."""
        now: float = self._reactor.seconds()
        return now

    async def until(self, condition: Callable[[], object], patience_s: float | None = None) -> bool:
        """Look until `condition` holds, and return True; False when it does not in time."""
        give_up_at = self.seconds() + (self._patience_s if patience_s is None else patience_s)
        while not condition():
            if self.seconds() >= give_up_at:
                return False
            await self.pause(LOOK_S)
        return True

    async def receives(self, expected: bytes) -> bool:
        """Whether all that has come is in the end `expected`, or more."""
        await self.until(lambda: len(self.received) >= len(expected) or self.ended)
        return bytes(self.received) == expected

    async def ends(self, patience_s: float | None = None) -> bool:
        """Whether the server ends its half, or the connection, in time."""
        return await self.until(lambda: self.ended, patience_s)

    async def pause(self, seconds: float) -> None:
        """Do nothing for a while."""
        waited: Deferred[None] = deferLater(self._reactor, seconds, lambda: None)
        await waited

    def send(self, data: bytes) -> None:
        """Send this at once."""
        transport: Any = self.transport
        transport.write(data)

    async def send_in_pieces(self, data: bytes, piece_bytes: int = 1) -> None:
        """Send it in pieces, each a packet of its own."""
        transport: Any = self.transport
        if hasattr(transport, "setTcpNoDelay"):
            transport.setTcpNoDelay(True)
        for start in range(0, len(data), piece_bytes):
            self.send(data[start : start + piece_bytes])
            await self.pause(PIECE_GAP_S)

    def close_half(self) -> None:
        """Say that nothing more will be sent; still listen."""
        transport: Any = self.transport
        transport.loseWriteConnection()

    def send_and_close_half(self, data: bytes) -> None:
        """Send a little and say that it is all, in one packet where the system can do that.

        So a server finds both at once; one that looks at the end first forgets its answer.
        """
        if self._socket().family != socket.AF_UNIX and hasattr(socket, "TCP_CORK"):
            self._socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
        self.send(data)
        self.close_half()

    def read_nothing(self) -> None:
        """Take nothing from now on, with as small a buffer as the system allows."""
        self._socket().setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER_BYTES)
        transport: Any = self.transport
        transport.pauseProducing()

    def read_again(self) -> None:
        """Take all that comes."""
        transport: Any = self.transport
        transport.resumeProducing()

    async def push(self, most: int = MAX_UNREAD_BYTES) -> int:
        """Send until the server takes no more, at most about `most` bytes; returns how much it took."""
        transport: Any = self.transport
        pump = _Pump(transport, most)
        transport.registerProducer(pump, False)
        seen, quiet_s = -1, 0.0
        while pump.sent < most and not self.ended and quiet_s < STALLED_S:
            quiet_s = quiet_s + LOOK_S if pump.sent == seen else 0.0
            seen = pump.sent
            await self.pause(LOOK_S)
        pump.stopProducing()
        return pump.sent

    def is_cut_off(self) -> bool:
        """Whether the server has reset the connection, also while we read nothing."""
        if self.ended:
            return True
        poll = select.poll()
        poll.register(self._socket().fileno(), 0)
        return any(events & (select.POLLERR | select.POLLHUP) for _, events in poll.poll(0))

    def break_off(self) -> None:
        """Reset the connection, with whatever is on its way."""
        self._socket().setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport: Any = self.transport
        transport.abortConnection()

    def _socket(self) -> socket.socket:
        transport: Any = self.transport
        below: Any = lowest(transport)
        own: socket.socket = below.socket
        return own


@implementer(IPullProducer)
class _Pump:
    """Writes a piece whenever the last one has left."""

    def __init__(self, transport: Any, most: int) -> None:
        self.sent = 0
        self._transport = transport
        self._most = most
        self._running = True
        self._piece = bytes(range(256)) * (PIECE_BYTES // 256)

    def resumeProducing(self) -> None:
        if not self._running:
            return
        if self.sent >= self._most:
            self.stopProducing()
            return
        self.sent += len(self._piece)
        self._transport.write(self._piece)

    def stopProducing(self) -> None:
        if self._running:
            self._running = False
            self._transport.unregisterProducer()


class Target:
    """The server that is checked."""

    def __init__(self, reactor: Any, endpoint: str, *, patience_s: float, timeout_s: float | None) -> None:
        self.reactor = reactor
        self.endpoint = endpoint
        self.patience_s = patience_s
        self.timeout_s = timeout_s  # after which it says that it ends a peer that does not read

    @asynccontextmanager
    async def peer(self) -> AsyncIterator[Peer]:
        """A new connection, which is broken off afterwards. Raises `ConfigError` where nobody answers."""
        peer = await connect(self.reactor, self.endpoint, Peer(self.reactor, self.patience_s))
        try:
            yield peer
        finally:
            if peer.transport is not None and not peer.lost:
                transport: Any = peer.transport
                transport.abortConnection()
                await peer.pause(0)

    async def is_cut_off_in_time(self, peer: Peer) -> bool:
        """Whether a peer that reads nothing is reset in about the time that the server claims."""
        assert self.timeout_s is not None
        return await peer.until(peer.is_cut_off, self.timeout_s * 2 + self.patience_s)
