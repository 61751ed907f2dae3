"""One connection of a check, over loopback."""

from typing import Any

from twisted.internet.protocol import Protocol

from tests.check.servers import Answering, ServerTestCase
from twisted_suite.check.peer import Peer
from twisted_suite.errors import ConfigError


class Recorder(Protocol):
    """Keeps what came, and can hang up."""

    made: "list[Recorder]"

    def connectionMade(self) -> None:
        self.pieces: list[bytes] = []
        self.reason: Any = None
        self.made.append(self)

    def dataReceived(self, data: bytes) -> None:
        self.pieces.append(data)

    def connectionLost(self, reason: Any = None) -> None:
        self.reason = reason


class PeerTests(ServerTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.made: list[Recorder] = []
        kind = type("Recorder", (Recorder,), {"made": self.made})
        self.recorder = self.target(kind)

    async def test_pieces_are_packets(self) -> None:
        """What is sent in pieces comes in pieces."""
        async with self.recorder.peer() as peer:
            await peer.send_in_pieces(b"abc")
            await peer.until(lambda: self.made and len(self.made[0].pieces) >= 3)
            self.assertEqual(self.made[0].pieces, [b"a", b"b", b"c"])

    async def test_what_never_comes(self) -> None:
        """Waiting has an end, and says so."""
        async with self.recorder.peer() as peer:
            self.assertFalse(await peer.until(lambda: peer.received))
            self.assertFalse(await peer.ends(0.1))
            self.assertFalse(await peer.receives(b"x"))
            self.assertFalse(peer.is_cut_off())

    async def test_what_comes(self) -> None:
        """What the server sends is there, and so is its end."""
        target = self.target(lambda: Answering(lambda data: None, greeting=b"hello"))
        async with target.peer() as peer:
            self.assertTrue(await peer.receives(b"hello"))
            peer.send(b"x")
            self.assertTrue(await peer.ends())

    async def test_a_reset_is_seen_without_reading(self) -> None:
        """A peer that reads nothing still knows when it is cut off."""
        async with self.recorder.peer() as peer:
            await peer.until(lambda: self.made)
            peer.read_nothing()
            transport: Any = self.made[0].transport
            transport.abortConnection()
            self.assertTrue(await peer.until(peer.is_cut_off))

    async def test_breaking_off(self) -> None:
        """The server sees a connection that is lost, not one that is done."""
        async with self.recorder.peer() as peer:
            await peer.until(lambda: self.made)
            peer.break_off()
            waiting = Peer(peer._reactor, 1.0)
            self.assertTrue(await waiting.until(lambda: self.made[0].reason is not None))
        self.assertIn("non-clean", str(self.made[0].reason.value))

    async def test_pushing(self) -> None:
        """All that may be sent is sent to a server that takes it."""
        async with self.recorder.peer() as peer:
            taken = await peer.push(1 << 20)
            self.assertEqual(taken, 1 << 20)
            await peer.until(lambda: sum(map(len, self.made[0].pieces)) == taken)
            self.assertEqual(sum(map(len, self.made[0].pieces)), taken)

    async def test_nobody_there(self) -> None:
        """Where nobody answers, it is one line."""
        self.recorder.endpoint = "tcp:127.0.0.1:1"
        with self.assertRaises(ConfigError):
            async with self.recorder.peer():
                pass
