"""Sockets that one process listens at and others accept from. Adapter.

The parent binds every socket of a tree of services and reads from none (`hold`). A child makes the same tree,
from the same command line, and has each of its services adopt the socket that it was handed (`adopt`), in the
same order. So endpoints of every kind work: TCP, TLS, Unix sockets, systemd's, PROXY, UDP, other plugins'.
"""

import os
import socket
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from twisted.application.internet import StreamServerEndpointService, _AbstractServer
from twisted.internet import endpoints, tcp, unix
from twisted.internet.endpoints import AdoptedStreamServerEndpoint
from twisted.internet.protocol import DatagramProtocol, Factory
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.python.failure import Failure

from twisted_suite.runtime.balance import WAIT_S, Balance
from twisted_suite.runtime.inherited import InheritedEndpoint

# Connections that a worker accepts at one wake-up: few, so that a burst is shared by all of them.
ACCEPTS_PER_WAKEUP = 2


def listening_below(services: Iterable[Any]) -> Iterator[Any]:
    """Every service in the tree that listens, in the order of the tree."""
    for service in services:
        if isinstance(service, StreamServerEndpointService | _AbstractServer):
            yield service
        elif isinstance(service, Iterable):
            yield from listening_below(service)


def hold(service: Any, reactor: Any, *, own: bool = False) -> Any:
    """Bind what `service` would listen at, accept nothing; returns the port.

    With `own`, more sockets can be bound to a TCP address (``SO_REUSEPORT``), one for each worker.
    """
    _listen_through(service, _HoldingReactor(reactor, own=own))
    service.privilegedStartService()
    if isinstance(service, StreamServerEndpointService):
        waiting: Any = service._waitingForPort  # which has fired: binding does not wait
        return waiting.result
    return service._port


@dataclass(frozen=True)
class Share:
    """What an adopted port asks before it accepts."""

    balance: Balance
    open_connections: Callable[[], int]  # in this process


def adopt(
    services: Iterable[Any], descriptors: Iterable[int], reactor: Any, share: Share | None = None
) -> None:
    """Have the listening services of a tree that is not started adopt `descriptors` when they start."""
    for service, descriptor in zip(listening_below(services), descriptors, strict=True):
        _listen_through(service, _AdoptingReactor(reactor, descriptor, share))


def identity(service: Any) -> tuple[Any, ...]:
    """What `service` listens at, as something to compare: a reload keeps a socket that is still wanted."""
    if isinstance(service, StreamServerEndpointService):
        return _words(service.endpoint)
    return (type(service).__name__, service.args[0])


def _words(endpoint: Any) -> tuple[Any, ...]:
    words: list[Any] = [type(endpoint).__name__]
    for name, value in sorted(vars(endpoint).items()):
        if isinstance(value, str | bytes | int):
            words.append((name, value))
        elif name in _INNER:
            words.append(_words(value))
    return tuple(words)


# Where endpoints that wrap another one keep it.
_INNER = ("_wrappedEndpoint", "_endpoint", "endpoint")


def reactor_of(endpoint: Any) -> tuple[Any, str]:
    """The endpoint inside all that wrap it, and the name of its attribute that holds the reactor."""
    while (
        inner := next((vars(endpoint)[name] for name in _INNER if name in vars(endpoint)), None)
    ) is not None:
        endpoint = inner
    return endpoint, "reactor" if "reactor" in vars(endpoint) else "_reactor"


def _listen_through(service: Any, reactor: Any) -> None:
    """Have `service` ask `reactor` to listen, when it comes to that."""
    if not isinstance(service, StreamServerEndpointService):
        service.reactor = reactor
        return
    endpoint, name = reactor_of(service.endpoint)
    setattr(endpoint, name, reactor)
    if isinstance(endpoint, AdoptedStreamServerEndpoint) and isinstance(reactor, _AdoptingReactor):
        # systemd's: it closes the descriptor that it knows of, whose number is something else's in a child.
        endpoint.fileno = os.open(os.devnull, os.O_RDONLY)
    elif isinstance(endpoint, InheritedEndpoint) and isinstance(reactor, _AdoptingReactor):
        endpoint.fileno = os.dup(reactor.descriptor)  # it looks at what it is to accept from


def systemd_environment() -> dict[str, str]:
    """What systemd told this process of its sockets, for a child: Twisted takes it out of the environment."""
    told = endpoints._SystemdParser._sddaemon
    if not told._descriptors:
        return {}
    return {"LISTEN_FDS": str(len(told._descriptors)), "LISTEN_FDNAMES": ":".join(told._names)}


class Through:
    """A reactor that listens in its own way, and is the real one for everything else."""

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reactor, name)


class _HoldingReactor(Through):
    """Binds and listens, so that the kernel takes connections in, and accepts none of them."""

    def __init__(self, reactor: Any, *, own: bool = False) -> None:
        super().__init__(reactor)
        self._own = own

    def _hold(self, port: Any) -> Any:
        port.stopReading()
        port._shouldShutdown = False  # closing ours must not end the socket that workers accept from
        return port

    def listenTCP(self, port: Any, factory: Any, backlog: int = 50, interface: str = "") -> Any:
        if self._own:
            port = tcp.makeBinding(interface, port, reuseAddress=True, reusePort=True)
        return self._hold(self._reactor.listenTCP(port, quiet_factory(), backlog, interface))

    def listenSSL(
        self, port: int, factory: Any, contextFactory: Any, backlog: int = 50, interface: str = ""
    ) -> Any:
        return self.listenTCP(port, factory, backlog, interface)

    def listenUNIX(self, address: Any, factory: Any, *options: Any, **named: Any) -> Any:
        return self._hold(self._reactor.listenUNIX(address, quiet_factory(), *options, **named))

    def adoptStreamPort(self, fileDescriptor: int, addressFamily: int, factory: Any) -> Any:
        return self._hold(self._reactor.adoptStreamPort(fileDescriptor, addressFamily, quiet_factory()))

    def listenUDP(self, port: int, protocol: Any, *options: Any, **named: Any) -> Any:
        return self._hold(self._reactor.listenUDP(port, _QuietDatagrams(), *options, **named))


class _AdoptingReactor(Through):
    """Listens at a socket that was handed over, whatever it is asked to listen at."""

    def __init__(self, reactor: Any, descriptor: int, share: Share | None = None) -> None:
        super().__init__(reactor)
        self.descriptor = descriptor
        self._share = share

    def _adopt(self, factory: Any) -> Any:
        port = self._reactor.adoptStreamPort(self.descriptor, self._family(), factory)
        os.close(self.descriptor)  # the port has one of its own
        port.__class__ = _ADOPTED[type(port)]
        port._shouldShutdown = False  # the others go on accepting; Twisted sees to that for TCP only
        port.share = self._share
        return port

    def _family(self) -> int:
        with socket.socket(fileno=os.dup(self.descriptor)) as adopted:
            return adopted.family

    def listenTCP(self, port: int, factory: Any, backlog: int = 50, interface: str = "") -> Any:
        return self._adopt(factory)

    def listenSSL(
        self, port: int, factory: Any, contextFactory: Any, backlog: int = 50, interface: str = ""
    ) -> Any:
        return self._adopt(TLSMemoryBIOFactory(contextFactory, False, factory))

    def listenUNIX(self, address: Any, factory: Any, *options: Any, **named: Any) -> Any:
        return self._adopt(factory)

    def adoptStreamPort(self, fileDescriptor: int, addressFamily: int, factory: Any) -> Any:
        return self._adopt(factory)

    def listenUDP(self, port: int, protocol: Any, interface: str = "", maxPacketSize: int = 8192) -> Any:
        adopted = self._reactor.adoptDatagramPort(self.descriptor, self._family(), protocol, maxPacketSize)
        os.close(self.descriptor)
        return adopted


class _Shared(tcp.Port):
    """Mixed into the class of an adopted port, whose socket other processes accept from too."""

    # Twisted accepts a hundred at once and more as they come: one worker would take a whole burst.
    numberAccepts = property(lambda self: ACCEPTS_PER_WAKEUP, lambda self, value: None)
    share: Share | None = None
    reactor: Any

    def doRead(self) -> None:
        """A connection waits: take it, or leave it to a worker that has fewer."""
        share = self.share
        if share is not None and share.balance.should_wait(share.open_connections()):
            self.stopReading()
            self.reactor.callLater(WAIT_S, self._look_again)
        else:
            self._accept()

    def _look_again(self) -> None:
        """Nobody else has taken it, or this is another one: now it is taken without a question."""
        if self.connected and not self.disconnecting:
            self._accept()
            self.startReading()

    def _accept(self) -> None:
        super().doRead()

    def connectionLost(self, reason: Failure) -> None:
        if self.share is not None:
            self.share.balance.leave()
        tcp.Port.connectionLost(self, reason)  # unix.Port would remove the path, which is the parent's


class _SharedPort(_Shared, tcp.Port):
    pass


class _SharedUnixPort(_Shared, unix.Port):
    pass


_ADOPTED: dict[type, type] = {tcp.Port: _SharedPort, unix.Port: _SharedUnixPort}


def quiet_factory() -> Factory[Any]:
    """For a port that accepts nothing, and says nothing of it."""
    factory: Factory[Any] = Factory()
    factory.noisy = False
    return factory


class _QuietDatagrams(DatagramProtocol):
    noisy = False
