"""A TCP relay that lets so many bytes through and then holds still: to stop who reads at a known place."""

from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.internet.protocol import Factory, Protocol


class Relay(Factory[Protocol]):
    """Passes everything on to a port of this machine; `allow` says how many bytes come back."""

    noisy = False

    def __init__(self, reactor: Any, port: int) -> None:
        self._reactor = reactor
        self._port = port
        self._ends: set[Protocol] = set()
        self._left: int | None = None
        self._held: list[_Back] = []
        self.is_holding = False  # all that was allowed has passed
        self._listening: Any = None

    def listen(self) -> int:
        """Begin; returns its own port."""
        self._listening = self._reactor.listenTCP(0, self, interface="127.0.0.1")
        port: int = self._listening.getHost().port
        return port

    def allow(self, length: int | None) -> None:
        """So many bytes may come back from now on, None for all."""
        self._left = length
        self.is_holding = False
        held, self._held = self._held, []
        for end in held:
            end.go_on()

    async def close(self) -> None:
        """The end of it and of all its connections."""
        await self._listening.stopListening()
        for end in tuple(self._ends):
            end.transport.abortConnection()  # type: ignore[union-attr]

    def buildProtocol(self, addr: Any) -> Protocol:
        return _Front(self)

    def take(self, data: bytes) -> bytes:
        """What of `data` may pass."""
        if self._left is None:
            return data
        passing = data[: self._left]
        self._left -= len(passing)
        self.is_holding = not self._left
        return passing

    def hold(self, end: "_Back") -> None:
        """It goes on when more is allowed."""
        self._held.append(end)

    def connect(self, protocol: Protocol) -> "Deferred[Any]":
        """A connection to the server."""
        endpoint = TCP4ClientEndpoint(self._reactor, "127.0.0.1", self._port)
        return connectProtocol(endpoint, protocol)

    def met(self, end: Protocol) -> None:
        self._ends.add(end)

    def lost(self, end: Protocol) -> None:
        self._ends.discard(end)


class _End(Protocol):
    """One side of a connection; each reads only as fast as the other takes it."""

    transport: Any
    other: "_End | None" = None

    def __init__(self, relay: Relay) -> None:
        self.relay = relay

    def connectionMade(self) -> None:
        self.relay.met(self)

    def connectionLost(self, reason: Any = None) -> None:
        self.relay.lost(self)
        if self.other is not None:
            self.other.transport.loseConnection()

    def join(self, other: "_End") -> None:
        """What comes here goes there."""
        self.other = other
        if other.transport.connected:
            other.transport.registerProducer(self.transport, True)


class _Front(_End):
    """The client's side."""

    def connectionMade(self) -> None:
        super().connectionMade()
        self.transport.pauseProducing()
        self.relay.connect(_Back(self.relay)).addCallbacks(
            self._connected, lambda _: self.transport.abortConnection()
        )

    def _connected(self, back: "_Back") -> None:
        if not self.transport.connected:
            back.transport.abortConnection()
            return
        back.join(self)
        self.join(back)
        self.transport.resumeProducing()

    def dataReceived(self, data: bytes) -> None:
        assert self.other is not None
        self.other.transport.write(data)


class _Back(_End):
    """The server's side."""

    _rest = b""  # of what came, for when more may pass

    def dataReceived(self, data: bytes) -> None:
        assert self.other is not None
        data = self._rest + data
        passing = self.relay.take(data)
        self._rest = data[len(passing) :]
        self.other.transport.write(passing)
        if self._rest:
            # Held by us, and so resumed by nobody else.
            self.other.transport.unregisterProducer()
            self.transport.pauseProducing()
            self.relay.hold(self)

    def go_on(self) -> None:
        if self.transport.connected and self.other is not None:
            self.join(self.other)
            self.transport.resumeProducing()
            self.dataReceived(b"")
