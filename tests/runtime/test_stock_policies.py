"""Why limits of our own: what Twisted's `policies` do today, and what ours do in the same place.

Each test first shows the stock one failing. When one of these first halves fails, Twisted has been mended.
"""

from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.testing import StringTransport
from twisted.protocols import policies
from twisted.trial.unittest import SynchronousTestCase

from tests.runtime.loop import Loop, Wired
from twisted_suite.echo.server import Echo
from twisted_suite.runtime.connections import Connections
from twisted_suite.runtime.limits import ConnectionLimits

ADDRESS = IPv4Address("TCP", "192.0.2.1", 4242)


class _Full(Protocol):
    """What the stock limit puts in place of the application's protocol."""


class StockPoliciesTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.loop = Loop()
        self.factory = Factory.forProtocol(Echo)
        self.factory.noisy = False

    def ours(self, **limits: Any) -> Connections:
        return Connections(self.factory, "ours", ConnectionLimits(**limits), self.loop)

    def wired(self, factory: Any) -> Wired:
        wired = Wired(self.loop, factory)
        self.addCleanup(wired.close)
        return wired

    def test_limit_by_peer(self) -> None:
        """LimitConnectionsByPeer fails for every connection; ours lets one in and the second not."""
        stock: Any = policies.LimitConnectionsByPeer(self.factory)
        stock.doStart()
        self.assertRaises(TypeError, stock.buildProtocol, ADDRESS)

        owner = self.ours(max_per_address=1)
        first, second = self.wired(owner), self.wired(owner)
        first.send(b"hello")
        self.assertEqual(first.received(), b"hello")
        self.assertFalse(second.is_open())

    def test_limit_in_all(self) -> None:
        """LimitTotalConnectionsFactory keeps fifty for a limit of one; ours keeps one, and builds one."""
        stock: Any = policies.LimitTotalConnectionsFactory()
        stock.protocol = Echo
        stock.connectionLimit = 1
        stock.overflowProtocol = _Full
        kept = [self.wired(stock) for _ in range(50)]
        self.assertEqual([wired.is_open() for wired in kept], [True] * 50)
        self.assertEqual(stock.connectionCount, 50)

        owner = self.ours(max_connections=1)
        ours = [self.wired(owner) for _ in range(50)]
        self.assertEqual([wired.is_open() for wired in ours], [True] + [False] * 49)
        self.assertEqual(len(owner), 1)

    def test_throttling(self) -> None:
        """ThrottlingFactory makes all wait for one, and takes back the application's pause; ours does not."""
        stock: Any = policies.ThrottlingFactory(self.factory, readLimit=10)
        stock.callLater = self.loop.callLater
        application, greedy = StringTransport(), StringTransport()
        paused, fast = stock.buildProtocol(ADDRESS), stock.buildProtocol(ADDRESS)
        paused.makeConnection(application)
        fast.makeConnection(greedy)
        application.pauseProducing()
        fast.dataReceived(bytes(100))
        self.loop.advance(1)
        self.assertEqual(application.producerState, "paused")
        self.loop.advance(
            9
        )  # throttled until now; in the same step it takes back the application's own pause
        self.assertEqual(application.producerState, "producing")

        owner = self.ours(max_byte_rate=10)
        ours, other = self.wired(owner), self.wired(owner)
        ours.send(bytes(200))
        ours.transport.pauseProducing()
        self.loop.advance(60)
        self.assertNotIn(ours.transport, self.loop.readers)
        self.assertIn(other.transport, self.loop.readers)

    def test_throttling_without_a_producer(self) -> None:
        """ThrottlingFactory raises at its first limit for a protocol without a producer; ours goes on."""
        plain = Factory.forProtocol(Protocol)
        stock: Any = policies.ThrottlingFactory(plain, writeLimit=10)
        stock.callLater = self.loop.callLater
        wired = self.wired(stock)
        wired.protocol.write(bytes(100))
        self.assertRaises(AttributeError, self.loop.advance, 1)
        self.assertEqual(self.loop.getDelayedCalls(), [])  # and is off for good
        stock.checkWriteBandwidthID = None  # or it would raise once more at the end

        ours = self.wired(self.ours(max_byte_rate=10))
        for _ in range(3):
            ours.send(bytes(100))
            self.loop.advance(60)
        self.assertEqual(len(ours.received()), 300)

    def test_idle_peer_that_does_not_read(self) -> None:
        """TimeoutFactory never ends a peer that takes nothing; ours does, though the peer goes on sending."""
        stock: Any = policies.TimeoutFactory(self.factory, 4)
        stock.callLater = self.loop.callLater
        deaf = self.wired(stock)
        self.loop.turn()
        deaf.transport.write(bytes(8 << 20))
        for _ in range(100):
            self.loop.advance(1)
        self.assertTrue(deaf.is_open())

        owner = self.ours(idle_timeout_s=4)
        owner.doStart()
        ours = self.wired(owner)
        ours.transport.unregisterProducer()  # so that it is read from although it takes nothing
        ours.transport.write(bytes(8 << 20))
        for _ in range(12):
            if ours.is_open():
                ours.send(b"x")
            self.loop.advance(1)
        self.assertFalse(ours.is_open())
        self.assertEqual(owner.tally.ended, {"stuck": 1})
        owner.doStop()
