"""A small event loop in the test's hand: real sockets and Twisted's own transports, time by hand."""

import select
import socket
from typing import Any

from twisted.internet import tcp
from twisted.internet.address import IPv4Address
from twisted.internet.main import CONNECTION_DONE
from twisted.internet.task import Clock
from twisted.python.failure import Failure


class Loop(Clock):
    """What a transport needs of a reactor. Nothing happens but in `turn` and `advance`."""

    def __init__(self) -> None:
        super().__init__()
        self.readers: set[Any] = set()
        self.writers: set[Any] = set()
        self.addReader, self.removeReader = self.readers.add, self.readers.discard
        self.addWriter, self.removeWriter = self.writers.add, self.writers.discard

    def turn(self, times: int = 1) -> None:
        """Let everything read and write that is ready now."""
        for _ in range(times):
            self.advance(0)
            readable, writable, _ = select.select(self.readers, self.writers, [], 0)
            for one, method in [*((r, r.doRead) for r in readable), *((w, w.doWrite) for w in writable)]:
                if one in self.readers | self.writers:
                    lost = method()
                    if lost is not None:
                        self._lose(one, lost)

    def _lose(self, one: Any, why: BaseException) -> None:
        self.readers.discard(one)
        if why is CONNECTION_DONE and one not in self.writers:
            one.readConnectionLost(Failure(why))
        else:
            self.writers.discard(one)
            one.connectionLost(Failure(why))


class Wired:
    """One accepted TCP connection: the transport that Twisted made of it, and the peer's socket."""

    def __init__(self, loop: Loop, factory: Any, host: str = "192.0.2.1") -> None:
        self.loop = loop
        accepted, self.peer = socket.socketpair()
        accepted.setblocking(False)
        self.peer.setblocking(False)
        self.protocol: Any = factory.buildProtocol(IPv4Address("TCP", host, 4242))
        port: Any = None
        self.transport: Any = tcp.Server(accepted, self.protocol, (host, 4242), port, 0, loop)  # type: ignore[arg-type]  # what it needs of a reactor
        self.protocol.makeConnection(self.transport)

    def send(self, data: bytes) -> None:
        """The peer sends, and the loop turns."""
        self.peer.sendall(data)
        self.loop.turn()

    def received(self) -> bytes:
        """What has come back to the peer by now."""
        self.loop.turn(2)
        try:
            return self.peer.recv(1 << 20)
        except BlockingIOError:
            return b""

    def is_open(self) -> bool:
        """Whether the server's end still stands."""
        self.loop.turn()
        return bool(self.transport.connected)

    def close(self) -> None:
        """The end, whatever came of it."""
        self.peer.close()
        if self.transport.connected:
            self.transport.abortConnection()
        self.loop.turn()
