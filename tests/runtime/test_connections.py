"""The owner of connections, with a clock and transports in memory."""

from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionAborted, ConnectionDone, ConnectionLost
from twisted.internet.interfaces import IHalfCloseableProtocol, ISSLTransport
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock
from twisted.internet.testing import EventLoggingObserver, StringTransport
from twisted.logger import formatEvent, globalLogPublisher
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import alsoProvides, implementer

from tests.runtime.loop import Loop, Wired
from twisted_suite.runtime.connection import NEWCOMER_S
from twisted_suite.runtime.connections import NEWCOMER_LOOK_S, Connections
from twisted_suite.runtime.limits import ConnectionLimits


@implementer(IHalfCloseableProtocol)
class Spoken(Protocol):
    """Remembers what it heard; can drain and describe itself."""

    outcome = "heard it"

    def __init__(self) -> None:
        self.heard = b""
        self.half_closed = self.drained = False
        self.lost: Failure | None = None

    def dataReceived(self, data: bytes) -> None:
        self.heard += data

    def readConnectionLost(self) -> None:
        self.half_closed = True

    def writeConnectionLost(self) -> None:
        pass

    def connectionLost(self, reason: Failure | None = None) -> None:
        self.lost = reason

    def drain(self) -> None:
        self.drained = True


class _Encrypted(StringTransport):
    """A transport that begins with a handshake."""

    def __init__(self) -> None:
        super().__init__()
        alsoProvides(self, ISSLTransport)


class Wire:
    """One accepted connection: the outer protocol that Twisted sees, and its transport."""

    def __init__(
        self, connections: Connections, host: str = "192.0.2.1", transport: StringTransport | None = None
    ) -> None:
        self.protocol: Any = connections.buildProtocol(IPv4Address("TCP", host, 4242))
        self.transport = transport or StringTransport()
        self.protocol.makeConnection(self.transport)

    def end(self, error: Exception | None = None) -> None:
        self.protocol.connectionLost(Failure(error or ConnectionDone()))


class OwnerTestCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.log = EventLoggingObserver.createWithCleanup(self, globalLogPublisher)  # type: ignore[arg-type]  # annotated for one of two TestCases

    def owner(self, protocol: Any = Spoken, **limits: Any) -> Connections:
        factory = Factory.forProtocol(protocol)
        factory.noisy = False
        return Connections(factory, "spoken", ConnectionLimits(**limits), self.clock)

    def lines(self) -> list[str]:
        return [formatEvent(event) for event in self.log]


class ConnectionsTests(OwnerTestCase):
    def test_the_protocol_has_its_transport_and_its_data(self) -> None:
        """The application's protocol sees the transport that Twisted made, and every byte, and the end."""
        wire = Wire(self.owner())
        inner = wire.protocol.protocol
        self.assertIs(inner.transport, wire.transport)
        wire.protocol.dataReceived(b"ab")
        wire.protocol.dataReceived(b"c")
        self.assertEqual(inner.heard, b"abc")
        wire.end()
        self.assertTrue(inner.lost.check(ConnectionDone))

    def test_the_transport_sees_what_the_protocol_provides(self) -> None:
        """Half-close, which a transport asks its protocol about, reaches the application's."""
        wire = Wire(self.owner())
        self.assertTrue(IHalfCloseableProtocol.providedBy(wire.protocol))
        wire.protocol.readConnectionLost()
        self.assertTrue(wire.protocol.protocol.half_closed)
        plain = Wire(self.owner(Protocol))
        self.assertFalse(IHalfCloseableProtocol.providedBy(plain.protocol))

    def test_one_line_at_the_end(self) -> None:
        """The end of a connection is one line: service, peer, outcome, bytes, seconds, reason."""
        wire = Wire(self.owner())
        wire.protocol.dataReceived(b"hello")
        self.clock.advance(1.5)
        wire.end()
        self.assertEqual(self.lines(), ["spoken: 192.0.2.1:4242 heard it; 5 bytes in, 0 out, 1.5 s, closed"])

    def test_the_reason_is_the_cause(self) -> None:
        """A connection that broke says how; a protocol without an outcome leaves the word out."""
        wire = Wire(self.owner(Protocol))
        wire.end(ConnectionLost("cut"))
        (line,) = self.lines()
        self.assertIn("192.0.2.1:4242 0 bytes in", line)
        self.assertIn("lost: ", line)
        self.assertIn("cut", line)

    def test_the_line_comes_even_if_the_protocol_fails(self) -> None:
        """A protocol that raises at the end is still counted out, and its failure is still ours to see."""

        class Broken(Protocol):
            def connectionLost(self, reason: Failure | None = None) -> None:
                raise ValueError("broken")

        owner = self.owner(Broken, max_connections=1)
        self.assertRaises(ValueError, Wire(owner).end)
        self.assertEqual(len(owner), 0)
        Wire(owner).protocol.dataReceived(b"the place is free again")
        self.assertEqual(len(self.lines()), 1)

    def test_over_the_limit_no_protocol_is_built(self) -> None:
        """A refused peer is cut off without the application's protocol, and one comes in when one goes."""
        built: list[Protocol] = []

        def build() -> Protocol:
            built.append(Protocol())
            return built[-1]

        owner = self.owner(build, max_connections=1)
        first = Wire(owner)
        refused = Wire(owner)
        self.assertEqual(len(built), 1)
        self.assertTrue(refused.transport.disconnected)
        self.assertFalse(first.transport.disconnected)
        refused.end(ConnectionAborted())
        self.assertEqual(owner.admission.open, 1)
        first.end()
        self.assertFalse(Wire(owner).transport.disconnected)

    def test_refusals_are_logged_but_do_not_flood(self) -> None:
        """A thousand refusals within a second are one line; a later one says how many there were."""
        owner = self.owner(max_per_address=1)
        Wire(owner)
        for _ in range(1000):
            Wire(owner)
        self.assertEqual(
            self.lines(), ["spoken: refused 192.0.2.1:4242: --max-per-ip reached (1 refused so far)"]
        )
        self.clock.advance(1)
        Wire(owner)
        self.assertIn("1001 refused so far", self.lines()[-1])

    def test_a_factory_may_refuse_too(self) -> None:
        """Where the application's factory builds nothing, nothing stays counted."""
        factory = Factory()
        factory.buildProtocol = lambda addr: None  # type: ignore[method-assign]
        owner = Connections(factory, "none", ConnectionLimits(max_connections=1), self.clock)
        for _ in range(3):
            self.assertIsNone(owner.buildProtocol(IPv4Address("TCP", "192.0.2.1", 1)))
        self.assertEqual(owner.admission.refused, {})

    def test_idle_connections_end(self) -> None:
        """Silence for the idle timeout closes; a byte in time does not; what does not go is cut off."""
        owner = self.owner(idle_timeout_s=8)
        owner.doStart()
        silent, busy = Wire(owner), Wire(owner)
        self.clock.pump([2] * 3)
        busy.protocol.dataReceived(b"x")
        self.clock.pump([2] * 2)
        self.assertTrue(silent.transport.disconnecting)
        self.assertFalse(silent.transport.disconnected)
        self.assertFalse(busy.transport.disconnecting)
        self.clock.advance(2)
        self.assertTrue(silent.transport.disconnected)
        silent.end(ConnectionAborted())
        self.assertIn("idle for 8 s", self.lines()[-1])
        busy.end()
        owner.doStop()

    def test_silence_at_the_start_ends(self) -> None:
        """Who says nothing at first is closed, then cut off; one byte in time is enough for good."""
        owner = self.owner(first_byte_timeout_s=8)
        owner.doStart()
        silent, spoke = Wire(owner), Wire(owner)
        spoke.protocol.dataReceived(b"x")
        self.clock.pump([2] * 3)
        self.assertFalse(silent.transport.disconnecting)
        self.clock.advance(2)
        self.assertTrue(silent.transport.disconnecting)
        self.clock.pump([2] * 20)
        self.assertTrue(silent.transport.disconnected)
        self.assertFalse(spoke.transport.disconnecting)
        silent.end(ConnectionAborted())
        self.assertIn("silent for its first 8 s", self.lines()[-1])
        spoke.end()
        owner.doStop()

    def test_a_tls_handshake_has_a_deadline(self) -> None:
        """Under TLS a handshake that is not done in time is cut off; one that is done is left in peace."""
        owner = self.owner(handshake_timeout_s=8)
        owner.doStart()
        slow, done = (Wire(owner, transport=_Encrypted()) for _ in range(2))
        done.protocol.handshakeCompleted()
        plain = Wire(owner)
        self.clock.pump([2] * 3)
        self.assertFalse(slow.transport.disconnected)
        self.clock.pump([2] * 20)
        self.assertEqual([wire.transport.disconnected for wire in (slow, done, plain)], [True, False, False])
        slow.end(ConnectionAborted())
        self.assertIn("handshake not done in 8 s", self.lines()[-1])
        for wire in (done, plain):
            wire.end()
        owner.doStop()

    def test_no_idle_timeout_no_timer(self) -> None:
        """Without an idle timeout there is no timer, and with one it ends with the last connection."""
        owner = self.owner()
        owner.doStart()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        timed = self.owner(idle_timeout_s=8)
        timed.doStart()
        wire = Wire(timed)
        timed.doStop()
        self.assertEqual(len(self.clock.getDelayedCalls()), 1)  # still open, so still watched
        wire.end()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_totals(self) -> None:
        """Bytes are added up over all connections, open and ended; ends are counted by outcome."""
        owner = self.owner()
        gone, here = Wire(owner), Wire(owner)
        gone.protocol.dataReceived(b"12345")
        here.protocol.dataReceived(b"123")
        gone.end()
        Wire(owner).end(ConnectionLost("cut"))
        snapshot = owner.snapshot()
        self.assertEqual((snapshot.bytes_in, snapshot.bytes_out, snapshot.open), (8, 0, 1))
        self.assertEqual(snapshot.ended, {"closed": 1, "lost": 1})
        self.assertEqual(snapshot.seconds[-1], 2)

    def test_attributes_are_the_factorys(self) -> None:
        """What others ask of the application's factory is answered by it."""
        owner = self.owner()
        factory: Any = owner.factory
        factory.greeting = "hi"
        self.assertEqual(owner.greeting, "hi")
        self.assertRaises(AttributeError, getattr, owner, "nothing")


class BufferTests(SynchronousTestCase):
    """What waits for peers, with real transports."""

    def setUp(self) -> None:
        self.loop = Loop()

    def owner(self, **limits: Any) -> Connections:
        factory = Factory.forProtocol(Protocol)
        factory.noisy = False
        return Connections(factory, "buffered", ConnectionLimits(**limits), self.loop)

    def wired(self, owner: Connections) -> Wired:
        wired = Wired(self.loop, owner)
        self.addCleanup(wired.close)
        return wired

    def test_one_may_not_fill_more_than_its_part(self) -> None:
        """More than the limit waiting for one peer ends it at the write; the others go on."""
        owner = self.owner(max_buffered=1000)
        greedy, other = self.wired(owner), self.wired(owner)
        greedy.transport.write(bytes(1000))
        self.assertTrue(greedy.is_open())  # what the socket has taken does not count
        greedy.transport.write(bytes(600))
        greedy.transport.writeSequence([bytes(300), bytes(200)])
        self.assertFalse(greedy.is_open())
        self.assertTrue(other.is_open())
        self.assertEqual(owner.tally.ended, {"buffer": 1})

    def test_all_together(self) -> None:
        """When all together are over their limit, those with most go, until a quarter is free again."""
        owner = self.owner(max_buffered_total=1000)
        small, middle, large = (self.wired(owner) for _ in range(3))
        small.transport.write(bytes(100))
        large.transport.write(bytes(500))
        middle.transport.write(bytes(300))
        middle.transport.write(bytes(101))
        self.assertEqual([wired.is_open() for wired in (small, middle, large)], [True, True, False])
        self.assertEqual(owner.tally.ended, {"buffers": 1})

    def test_the_sum_is_exact(self) -> None:
        """What is written, taken, thrown away and sent past us leaves nothing counted."""
        owner = self.owner()
        reads, aborted, lost = (self.wired(owner) for _ in range(3))
        for wired in (reads, aborted, lost):
            wired.transport.write(bytes(3 << 20))
            wired.transport.writeSequence([bytes(10), bytes(20)])
            self.loop.turn(3)
        self.assertEqual(owner._buffers.waiting, owner.snapshot().buffered_bytes)
        self.assertGreater(owner._buffers.waiting, 3 << 20)
        while reads.received():
            pass
        aborted.transport.abortConnection()
        lost.peer.close()
        self.loop.turn(3)
        self.assertEqual(owner._buffers.waiting, 0)
        aborted.transport.write(b"too late")
        self.assertEqual(owner._buffers.waiting, 0)


class DrainTests(OwnerTestCase):
    def test_nobody_is_open(self) -> None:
        """With no connection open, draining is done at once."""
        self.assertIsNone(self.successResultOf(self.owner().drain(5)))

    def test_protocols_are_asked_and_nobody_comes_in(self) -> None:
        """Every protocol that can is asked to end; it is done when the last has; newcomers are refused."""
        owner = self.owner()
        first, second = Wire(owner), Wire(owner)
        self.clock.advance(NEWCOMER_S)
        drained = owner.drain(5)
        self.assertTrue(first.protocol.protocol.drained and second.protocol.protocol.drained)
        self.assertTrue(Wire(owner).transport.disconnected)
        first.end()
        self.assertNoResult(drained)
        second.end()
        self.assertIsNone(self.successResultOf(drained))
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertTrue(self.lines()[-1].endswith("drained"))

    def test_a_newcomer_is_heard_first(self) -> None:
        """Who has only just come may say what for, or is asked to end when it has not in a second."""
        owner = self.owner()
        speaking, silent, gone = Wire(owner), Wire(owner), Wire(owner)
        drained = owner.drain(5)
        self.clock.advance(NEWCOMER_LOOK_S)
        told = [wire.protocol.protocol for wire in (speaking, silent, gone)]
        self.assertEqual([each.drained for each in told], [False, False, False])
        speaking.protocol.dataReceived(b"for this")
        gone.end()
        self.clock.advance(NEWCOMER_LOOK_S)
        self.assertEqual([each.drained for each in told], [True, False, False])
        self.clock.pump([NEWCOMER_LOOK_S] * int(NEWCOMER_S / NEWCOMER_LOOK_S))
        self.assertEqual([each.drained for each in told], [True, True, False])
        speaking.end()
        silent.end()
        self.successResultOf(drained)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_the_deadline_cuts_off(self) -> None:
        """What has not ended by the drain timeout is aborted; on the way the log says how many are left."""
        owner = self.owner(Protocol)
        wire = Wire(owner)
        drained = owner.drain(12)
        self.clock.pump([5, 5, 1.9])
        self.assertFalse(wire.transport.disconnected or wire.transport.disconnecting)
        self.assertEqual(self.lines()[-2:], ["spoken: 1 connections left"] * 2)
        self.clock.advance(0.1)
        self.assertTrue(wire.transport.disconnected)
        self.assertNoResult(drained)
        wire.end(ConnectionAborted())
        self.assertIsNone(self.successResultOf(drained))
        self.assertIn("drain timeout of 12 s", self.lines()[-1])
        self.assertEqual(self.clock.getDelayedCalls(), [])
