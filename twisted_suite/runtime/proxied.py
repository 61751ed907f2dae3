"""Listening behind a proxy that says whom it speaks for, by the PROXY protocol (see `proxy`). Adapter.

::

    proxied:tcp\\:9009:from=10.0.0.0/8,127.0.0.1        around any other endpoint; also without the \
    proxied:ssl:443:privateKey=key.pem:from=10.0.0.1   the header comes before TLS does

Unlike Twisted's ``haproxy:``, the header may come in pieces, within a deadline, and from proxies only that
are named. It is read below TLS and below everything that counts connections: factories, limits and logs see
the client from the first moment.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import (
    IAddress,
    IListeningPort,
    ILoggingContext,
    IProtocolFactory,
    IReactorTime,
    IStreamServerEndpoint,
)
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import LoopingCall
from twisted.logger import Logger
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.python.failure import Failure
from zope.interface import implementer

from twisted_suite.errors import ProtocolError
from twisted_suite.runtime.connection import peer_name
from twisted_suite.runtime.connections import REFUSAL_LOG_INTERVAL_S, Connections, Turned
from twisted_suite.runtime.inherit import Through, reactor_of
from twisted_suite.runtime.limits import SWEEPS_PER_TIMEOUT, Refusal
from twisted_suite.runtime.proxy import AllowedProxies, End, HeaderReader
from twisted_suite.runtime.transport import meter

HEADER_TIMEOUT_S = 10.0
# Headers that are awaited at once. Proxies send them at once: more are an attack, or a proxy that sends none.
MAX_WAITING = 4096


class _HeaderProtocol(Protocol):
    """A connection of which the header is still to come. Then it gives its transport away."""

    def __init__(self, gate: "Gate", peer: IAddress) -> None:
        self._gate = gate
        self.peer = peer
        self._reader = HeaderReader()
        self.started = 0.0

    def connectionMade(self) -> None:
        self.started = self._gate.waits(self)

    def dataReceived(self, data: bytes) -> None:
        try:
            header = self._reader.receive(data)
        except ProtocolError as error:
            self.refuse(str(error))
            return
        if header is not None:
            self._gate.waiting.discard(self)
            client = _address(header.client) or self.peer
            server = _address(header.server)
            self._hand_over(client, (client, server) if server is not None else None)

    def _hand_over(self, client: IAddress, presented: tuple[IAddress, IAddress] | None) -> None:
        """From here on the transport is the application's, as if it had just been accepted."""
        transport: Any = self.transport
        metered = meter(transport)
        if metered is None:
            self.refuse("not a socket of a kind that can be handed over")
            return
        metered.presented = presented
        metered.bytes_in = 0
        protocol = self._gate.factory.buildProtocol(client)
        if protocol is None:
            transport.abortConnection()
            return
        transport.protocol = protocol
        transport.logstr = f"{transport._getLogPrefix(protocol)},{getattr(client, 'host', 'unix')}"
        protocol.makeConnection(transport)
        if self._reader.rest and not metered.disconnected:
            metered._dataReceived(self._reader.rest)

    def refuse(self, reason: str) -> None:
        """Cut it off, and log why, but not for each of a flood."""
        self._gate.log_refusal(self.peer, reason)
        self.transport.abortConnection()  # type: ignore[union-attr]  # connected

    def connectionLost(self, reason: Failure | None = None) -> None:
        self._gate.waiting.discard(self)


def _address(end: End | None) -> IAddress | None:
    if end is None:
        return None
    kind = IPv6Address if ":" in end.host else IPv4Address
    return kind("TCP", end.host, end.port)


@implementer(IProtocolFactory, ILoggingContext)
class Gate(Factory):
    """Stands before `factory`, at the socket itself: nobody comes through without a header."""

    noisy = False
    log = Logger()

    def __init__(
        self, factory: IProtocolFactory, allowed: AllowedProxies, timeout_s: float, clock: IReactorTime
    ) -> None:
        self.factory = factory
        self.waiting: set[_HeaderProtocol] = set()
        self.refused = 0
        self._allowed = allowed
        self._timeout_s = timeout_s
        self._clock = clock
        self._logged_at = -REFUSAL_LOG_INTERVAL_S
        self._owner = _owner_behind(factory)
        self._sweep = LoopingCall(self._check_times)
        self._sweep.clock = clock

    def logPrefix(self) -> str:
        inner = self.factory
        name = inner.logPrefix() if ILoggingContext.providedBy(inner) else type(inner).__name__
        return f"{name} (PROXY)"

    def startFactory(self) -> None:
        self.factory.doStart()

    def stopFactory(self) -> None:
        self.factory.doStop()
        for one in tuple(self.waiting):
            one.refuse("the service stops")
        if self._sweep.running:
            self._sweep.stop()

    def buildProtocol(self, addr: IAddress | None) -> Any:
        assert addr is not None
        if not self._allowed.allow(getattr(addr, "host", None)):
            self.log_refusal(addr, "not one of the proxies of from=")
            return Turned()
        if len(self.waiting) >= MAX_WAITING:
            self.log_refusal(addr, f"{MAX_WAITING} headers are awaited already")
            return Turned()
        return _HeaderProtocol(self, addr)

    def waits(self, one: _HeaderProtocol) -> float:
        """A connection has come, its header not; returns the time now, in seconds."""
        self.waiting.add(one)
        if not self._sweep.running:
            self._sweep.start(self._timeout_s / SWEEPS_PER_TIMEOUT, now=False)
        return self._clock.seconds()

    def _check_times(self) -> None:
        if not self.waiting:
            self._sweep.stop()
        late = self._clock.seconds() - self._timeout_s
        for one in tuple(self.waiting):
            if one.started <= late:
                one.refuse(f"no PROXY header within {self._timeout_s:g} s")

    def log_refusal(self, peer: IAddress, reason: str) -> None:
        """One line a second at most."""
        self.refused += 1
        owner = self._owner
        if owner is not None:
            owner.admission.refused[Refusal.PROXY] += 1
        now = self._clock.seconds()
        if now - self._logged_at >= REFUSAL_LOG_INTERVAL_S:
            self._logged_at = now
            self.log.warn(
                "refused {peer}: {reason} ({total} refused so far)",
                peer=peer_name(peer),
                reason=reason,
                total=self.refused,
            )


def _owner_behind(factory: Any) -> Connections | None:
    """The owner of connections that `factory` is, or that stands behind its TLS."""
    while factory is not None and not isinstance(factory, Connections):
        factory = getattr(factory, "wrappedFactory", None)
    return factory


@implementer(IStreamServerEndpoint)
class ProxiedEndpoint:
    """Listens at another endpoint, with a `Gate` at the very socket, below TLS."""

    def __init__(
        self, endpoint: Any, proxies: str, timeout_s: float = HEADER_TIMEOUT_S, clock: Any = None
    ) -> None:
        """Raises `ValueError` for a bad word among `proxies`."""
        self._wrappedEndpoint = endpoint  # the name by which others find it: Twisted's own wrapper has it too
        self.proxies = proxies
        self._allowed = AllowedProxies.parse(proxies)
        self._timeout_s = timeout_s
        self._clock = clock

    def listen(self, protocolFactory: IProtocolFactory) -> "Deferred[IListeningPort]":
        with self._gated():
            listening: Deferred[IListeningPort] = self._wrappedEndpoint.listen(protocolFactory)
        return listening

    @contextmanager
    def _gated(self) -> Iterator[None]:
        """While this lasts, the innermost endpoint asks a reactor to listen that puts a `Gate` in between."""
        innermost, name = reactor_of(self._wrappedEndpoint)
        reactor = getattr(innermost, name)

        def gate(factory: IProtocolFactory) -> Gate:
            return Gate(factory, self._allowed, self._timeout_s, self._clock or reactor)

        setattr(innermost, name, _GatingReactor(reactor, gate))
        try:
            yield
        finally:
            setattr(innermost, name, reactor)


class _GatingReactor(Through):
    """A reactor that listens with a gate before each factory."""

    def __init__(self, reactor: Any, gate: Any) -> None:
        super().__init__(reactor)
        self._gate = gate

    def listenTCP(self, port: int, factory: Any, *options: Any, **named: Any) -> Any:
        return self._reactor.listenTCP(port, self._gate(factory), *options, **named)

    def listenSSL(self, port: int, factory: Any, contextFactory: Any, *options: Any, **named: Any) -> Any:
        encrypted = TLSMemoryBIOFactory(contextFactory, False, factory)
        return self._reactor.listenTCP(port, self._gate(encrypted), *options, **named)

    def listenUNIX(self, address: Any, factory: Any, *options: Any, **named: Any) -> Any:
        return self._reactor.listenUNIX(address, self._gate(factory), *options, **named)

    def adoptStreamPort(self, fileDescriptor: int, addressFamily: int, factory: Any) -> Any:
        return self._reactor.adoptStreamPort(fileDescriptor, addressFamily, self._gate(factory))
