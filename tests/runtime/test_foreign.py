"""Other people's plugins with our limits: Twisted's own ``web``, and services of the older kind."""

import socket
from typing import Any

from twisted.application.internet import TCPServer, UDPServer
from twisted.application.service import MultiService
from twisted.internet import reactor as global_reactor
from twisted.internet.defer import Deferred
from twisted.internet.protocol import DatagramProtocol, Factory
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import SynchronousTestCase, TestCase

from twisted_suite.echo.server import Echo
from twisted_suite.runtime.foreign import LIMIT_NAMES, Limited, LimitOptions, split
from twisted_suite.runtime.metrics import owners_below

reactor: Any = global_reactor


class SplitTests(SynchronousTestCase):
    def test_whose_words(self) -> None:
        """Ours are the limits that the plugin does not have itself; what stands behind -- is no option."""
        words = ["--max-per-ip=1", "--path=/srv", "--idle-timeout=2", "--", "--max-per-ip=3"]
        self.assertEqual(
            split(words, {"idle-timeout"}),
            (["--max-per-ip=1"], ["--path=/srv", "--idle-timeout=2", "--", "--max-per-ip=3"]),
        )

    def test_the_names(self) -> None:
        """All limits, and nothing that is the whole program's."""
        self.assertIn("max-buffered-total", LIMIT_NAMES)
        self.assertIn("drain-timeout", LIMIT_NAMES)
        self.assertEqual(LIMIT_NAMES & {"workers", "metrics", "log-size"}, set())


def talk(port: int) -> bytes:
    """Say hello, and hear what comes."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        try:
            client.sendall(b"hello")
            return client.recv(100)
        except ConnectionError:
            return b""


class LimitedTests(TestCase):
    def limited(self, *services: Any, **limits: str) -> Limited:
        parent = MultiService()
        for service in services:
            service.setServiceParent(parent)
        options = LimitOptions()
        options.parse([f"--{name.replace('_', '-')}={value}" for name, value in limits.items()])
        tree: Any = parent
        limited = Limited("theirs", tree, options, reactor)
        limited.startService()
        self.addCleanup(lambda: limited.stopService() if limited.running else None)
        return limited

    async def test_a_service_of_the_older_kind(self) -> None:
        """A TCPServer gets an owner, which limits, counts and drains; one for all ports of a factory."""
        factory = Factory.forProtocol(Echo)
        factory.noisy = False
        first: Any = TCPServer(0, factory, interface="127.0.0.1")
        second: Any = TCPServer(0, factory, interface="127.0.0.1")
        limited = self.limited(first, second, max_per_ip="1", drain_timeout="5")
        ports = [service._port.getHost().port for service in (first, second)]
        (owner,) = owners_below([limited])
        self.assertEqual(owner.service_name, "theirs")
        self.assertEqual(limited.addresses(), [f"127.0.0.1:{port}" for port in ports])
        with socket.create_connection(("127.0.0.1", ports[0]), timeout=10) as client:
            client.sendall(b"hello")
            self.assertEqual(await deferToThread(client.recv, 5), b"hello")
            self.assertEqual(await deferToThread(talk, ports[1]), b"")  # one from this address is enough
            stopped: Deferred[Any] = limited.stopService()
            self.assertEqual(await deferToThread(client.recv, 5), b"")
        await stopped
        self.assertEqual(owner.snapshot().ended, {"drained": 1})
        self.assertEqual(owner.snapshot().refused, {"max-per-ip": 1})

    async def test_datagrams_are_left_alone(self) -> None:
        """What has no connections has no owner."""
        datagrams = DatagramProtocol()
        datagrams.noisy = False
        limited = self.limited(UDPServer(0, datagrams, interface="127.0.0.1"))
        self.assertEqual(list(owners_below([limited])), [])
        await limited.stopService()
