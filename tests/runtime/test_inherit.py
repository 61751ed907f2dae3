"""Sockets that one tree of services holds and another accepts from, in one process."""

import os
import socket
from typing import Any

from twisted.application import strports
from twisted.application.internet import UDPServer
from twisted.application.service import MultiService
from twisted.internet import reactor as global_reactor
from twisted.internet.protocol import DatagramProtocol, Factory, Protocol
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from twisted_suite.runtime.balance import ABSENT, Balance
from twisted_suite.runtime.inherit import ACCEPTS_PER_WAKEUP, Share, adopt, hold, identity, listening_below

reactor: Any = global_reactor


class _Greeting(Protocol):
    def connectionMade(self) -> None:
        assert self.transport is not None
        self.transport.write(b"hi")
        self.transport.loseConnection()


class _Answer(DatagramProtocol):
    noisy = False

    def datagramReceived(self, datagram: bytes, addr: Any) -> None:
        assert self.transport is not None
        self.transport.write(datagram, addr)


def tree(*endpoints: str, udp: bool = False) -> Any:
    """A tree of services as a plugin makes it."""
    root = MultiService()
    inner = MultiService()
    inner.setServiceParent(root)
    factory = Factory.forProtocol(_Greeting)
    factory.noisy = False
    for endpoint in endpoints:
        strports.service(endpoint, factory, reactor=reactor).setServiceParent(inner)
    if udp:
        server: Any = UDPServer(0, _Answer(), interface="127.0.0.1", reactor=reactor)
        server.setServiceParent(root)
    return root


class _Later:
    """A reactor that keeps what it is to call later."""

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor
        self.calls: list[Any] = []

    def callLater(self, delay_s: float, call: Any) -> None:
        self.calls.append(call)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reactor, name)


class InheritTests(TestCase):
    def held(self, root: Any) -> list[Any]:
        ports = [hold(service, reactor) for service in listening_below(root)]
        for port in ports:
            self.addCleanup(port.stopListening)
        return ports

    def adopted(self, root: Any, ports: list[Any]) -> None:
        adopt(root, [os.dup(port.fileno()) for port in ports], reactor)
        root.startService()

    def greeted(self, address: Any) -> bytes:
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        with socket.socket(family) as client:
            client.settimeout(10)
            client.connect(address)
            return client.recv(10)

    async def test_what_is_held_is_accepted_by_others(self) -> None:
        """Connections wait while only the holder listens, and are served by each tree that adopts."""
        path = os.path.relpath(self.mktemp())
        endpoints = ("tcp:0:interface=127.0.0.1", f"unix:{path}")
        ports = self.held(tree(*endpoints))
        host = ports[0].getHost()
        waiting = socket.create_connection((host.host, host.port), timeout=10)
        self.addCleanup(waiting.close)
        first, second = tree(*endpoints), tree(*endpoints)
        self.adopted(first, ports)
        self.assertEqual(await deferToThread(waiting.recv, 10), b"hi")
        self.adopted(second, ports)
        await first.stopService()  # which ends neither the socket nor the path for the other
        for address in ((host.host, host.port), path):
            self.assertEqual(await deferToThread(self.greeted, address), b"hi")
        await second.stopService()
        self.assertTrue(os.path.exists(path))

    async def test_a_burst_is_shared(self) -> None:
        """An adopted port takes few connections at a wake-up, however many come."""
        ports = self.held(tree("tcp:0:interface=127.0.0.1"))
        root = tree("tcp:0:interface=127.0.0.1")
        self.adopted(root, ports)
        (service,) = listening_below(root)
        port = service._waitingForPort.result
        port.numberAccepts = 100  # as Twisted sets it after a full turn
        self.assertEqual(port.numberAccepts, ACCEPTS_PER_WAKEUP)
        await root.stopService()

    async def test_who_has_more_than_its_share(self) -> None:
        """Leaves a newcomer to the others for a moment, then takes it if nobody has."""
        ports = self.held(tree("tcp:0:interface=127.0.0.1"))
        host = ports[0].getHost()
        counts = [0, 0]
        own = [9]
        root = tree("tcp:0:interface=127.0.0.1")
        adopt(root, [os.dup(ports[0].fileno())], reactor, Share(Balance(counts, 1), lambda: own[0]))
        root.startService()
        (service,) = listening_below(root)
        adopted = service._waitingForPort.result
        clock = adopted.reactor = _Later(reactor)
        with socket.create_connection((host.host, host.port), timeout=10) as client:
            while not clock.calls:
                await deferLater(reactor, 0.001)
            self.assertEqual((counts, adopted in reactor.getReaders()), ([0, 9], False))
            clock.calls.pop()()
            self.assertEqual(await deferToThread(client.recv, 10), b"hi")
        own[0], adopted.reactor = 0, reactor
        self.assertEqual(await deferToThread(self.greeted, (host.host, host.port)), b"hi")
        self.assertEqual(clock.calls, [])
        await root.stopService()
        self.assertEqual(counts, [0, ABSENT])

    async def test_datagrams(self) -> None:
        """UDP sockets are handed over too."""
        ports = self.held(tree(udp=True))
        root = tree(udp=True)
        self.adopted(root, ports)

        def ask() -> bytes:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                client.settimeout(10)
                client.sendto(b"hi", ("127.0.0.1", ports[0].getHost().port))
                return client.recv(10)

        self.assertEqual(await deferToThread(ask), b"hi")
        await root.stopService()

    async def test_as_many_sockets_as_services(self) -> None:
        """A tree that listens at more than was handed over is a defect, not a guess."""
        self.assertRaises(ValueError, adopt, tree("tcp:0", "tcp:0"), [99], reactor)

    async def test_identity(self) -> None:
        """Two trees want the same socket when their endpoints say the same, and only then."""

        def identities(*endpoints: str, udp: bool = False) -> list[Any]:
            return [identity(service) for service in listening_below(tree(*endpoints, udp=udp))]

        self.assertEqual(identities("tcp6:1", udp=True), identities("tcp6:1", udp=True))
        endpoints = ("tcp:1", "tcp:2", "tcp6:1", "tcp:1:interface=127.0.0.1", "unix:1", "haproxy:tcp:1")
        self.assertEqual(len({identities(each)[0] for each in endpoints}), len(endpoints))
