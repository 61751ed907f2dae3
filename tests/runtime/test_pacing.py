"""Rates of single connections: real transports, time by hand."""

from typing import Any

from twisted.internet.protocol import Factory, Protocol
from twisted.trial.unittest import SynchronousTestCase

from tests.runtime.loop import Loop, Wired
from twisted_suite.runtime.connections import Connections
from twisted_suite.runtime.limits import ConnectionLimits


class _Listening(Protocol):
    """Remembers what it heard."""

    def __init__(self) -> None:
        self.heard = b""

    def dataReceived(self, data: bytes) -> None:
        self.heard += data


class PacingTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.loop = Loop()

    def wired(self, **limits: Any) -> Wired:
        factory = Factory.forProtocol(_Listening)
        factory.noisy = False
        self.owner = Connections(factory, "paced", ConnectionLimits(**limits), self.loop)
        wired = Wired(self.loop, self.owner)
        self.addCleanup(wired.close)
        return wired

    def heard(self, wired: Wired) -> bytes:
        self.loop.turn()
        heard: bytes = wired.protocol.protocol.heard
        return heard

    def test_bytes_wait_and_none_is_lost(self) -> None:
        """Over its rate a peer is not read from until the debt is paid; then all it sent arrives."""
        wired = self.wired(max_byte_rate=100)
        wired.send(bytes(1000))  # the burst
        wired.send(b"a" * 200)  # two seconds too much
        wired.send(b"b")
        self.assertEqual(len(self.heard(wired)), 1200)
        self.assertEqual(self.owner.snapshot().held, 1)
        self.loop.advance(1.9)
        self.assertNotIn(b"b", self.heard(wired))
        self.loop.advance(0.11)
        self.assertTrue(self.heard(wired).endswith(b"b"))

    def test_a_steady_peer_is_never_held(self) -> None:
        """Who keeps to the rate is read from at once, for ever."""
        wired = self.wired(max_byte_rate=100)
        for _ in range(100):
            wired.send(bytes(100))
            self.assertFalse(wired.transport.held)
            self.loop.advance(1)
        self.assertEqual(len(self.heard(wired)), 10_000)

    def test_messages_are_lines_or_pieces(self) -> None:
        """A thousand lines in one piece count as a thousand; a piece without a line end counts as one."""
        wired = self.wired(max_message_rate=10)
        for _ in range(99):
            wired.send(b"hello")
        self.assertFalse(wired.transport.held)
        wired.send(b"x\n" * 11)
        self.assertTrue(wired.transport.held)
        self.loop.advance(1.01)
        self.assertFalse(wired.transport.held)

    def test_the_applications_own_pausing_is_respected(self) -> None:
        """What the application paused stays paused after a hold; what it resumed stays held until then."""
        wired = self.wired(max_byte_rate=100)
        wired.send(bytes(1100))
        wired.transport.pauseProducing()
        wired.peer.sendall(b"b")
        self.loop.advance(2)
        self.assertNotIn(b"b", self.heard(wired))  # the hold is over, the application's pause is not
        wired.transport.resumeProducing()
        self.assertIn(b"b", self.heard(wired))
        wired.send(bytes(1200))
        wired.transport.pauseProducing()
        wired.transport.resumeProducing()
        wired.send(b"c")
        self.assertNotIn(b"c", self.heard(wired))  # it would read again, but is held
        self.loop.advance(60)
        self.assertIn(b"c", self.heard(wired))

    def test_others_are_not_held(self) -> None:
        """Each connection has a rate of its own."""
        fast = self.wired(max_byte_rate=100)
        other = Wired(self.loop, self.owner)
        self.addCleanup(other.close)
        fast.send(bytes(5000))
        other.send(b"hello")
        self.assertTrue(fast.transport.held)
        self.assertEqual(self.heard(other), b"hello")

    def test_one_timer_for_all(self) -> None:
        """However many are held, there is one timer; and none when all have gone."""
        first = self.wired(max_byte_rate=100)
        others = [Wired(self.loop, self.owner) for _ in range(20)]
        for number, wired in enumerate([first, *others]):
            wired.send(bytes(1100 + number))
        self.assertEqual(sum(wired.transport.held for wired in [first, *others]), 21)
        self.assertEqual(len(self.loop.getDelayedCalls()), 1)
        for wired in [first, *others]:
            wired.close()
        self.assertEqual(self.loop.getDelayedCalls(), [])

    def test_a_peer_that_goes_while_it_is_held(self) -> None:
        """The end of a hold of a connection that has ended means nothing."""
        wired = self.wired(max_byte_rate=100)
        stays = Wired(self.loop, self.owner)
        self.addCleanup(stays.close)
        wired.send(bytes(1100))
        wired.transport.abortConnection()
        self.loop.advance(5)
        self.assertFalse(wired.is_open())
        self.assertNotIn(wired.transport, self.loop.readers)

    def test_being_held_is_not_being_idle(self) -> None:
        """A peer that we do not read from is not ended for its silence."""
        wired = self.wired(max_byte_rate=1, idle_timeout_s=4)
        self.owner.doStart()
        wired.send(bytes(30))  # 20 s too much
        for _ in range(19):
            self.loop.advance(1)
        self.assertTrue(wired.is_open())
        wired.close()
        self.owner.doStop()
