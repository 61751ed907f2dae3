"""A peer on a stream: pacing, and both ends of the connection; over the text port's protocol."""

from twisted.internet.error import ConnectionLost

from tests.chat.test_server import Peer, ServerCase
from twisted_suite.chat.flood import FloodLimits
from twisted_suite.chat.house import HubLimits


class PacingTests(ServerCase):
    def setUp(self) -> None:
        super().setUp()
        self.factory.doStop()
        self.factory = self.chat(limits=HubLimits(flood=FloodLimits(burst=5, rate=2)))
        self.factory.doStart()
        self.kim = self.member("kim")  # which costs one of the burst

    def heard(self, peer: Peer) -> list[str]:
        self.turn()
        return [line.removeprefix("[kim] ") for line in peer.heard.splitlines()]

    def test_slowed(self) -> None:
        """After the burst, messages come through at the rate, in order, and reading stops meanwhile."""
        self.kim.send("".join(f"{number}\n" for number in range(8)))
        self.assertEqual(self.heard(self.kim), list("0123"))
        self.assertEqual(self.kim.wire.producerState, "paused")
        for text in "4567":
            self.clock.advance(0.5)
            self.assertEqual(self.heard(self.kim), [text])
        self.assertEqual(self.kim.wire.producerState, "producing")
        self.kim.send("8\n")
        self.assertEqual(self.heard(self.kim), [])
        self.clock.advance(0.5)
        self.assertEqual(self.heard(self.kim), ["8"])

    def test_said_all(self) -> None:
        """Who has said all while it was slowed leaves after the last of it."""
        lee = self.member("lee")
        self.kim.send("".join(f"{number}\n" for number in range(6)))
        self.kim.protocol.readConnectionLost()
        self.turn()
        self.assertFalse(self.kim.wire.disconnecting)
        self.clock.pump([0.5] * 2)
        self.assertEqual(self.heard(lee), ["0", "1", "2", "3", "4", "5", "[kim]님이 퇴장했습니다."])
        self.assertTrue(self.kim.wire.disconnecting)

    def test_quit_ends_it(self) -> None:
        """Nothing after /quit is kept waiting."""
        self.kim.send("/quit\n" + "x\n" * 100)
        self.turn()
        self.assertTrue(self.kim.wire.disconnecting)

    def test_lost(self) -> None:
        """A slowed peer that is gone leaves no timer and is heard no more."""
        lee = self.member("lee")
        self.kim.send("x\n" * 10)
        self.kim.hang_up(ConnectionLost())
        self.turn()
        self.assertEqual(self.heard(lee), ["x"] * 4 + ["[kim]님이 퇴장했습니다."])

    def test_others_are_not_slowed(self) -> None:
        """One peer's flood slows nobody else."""
        lee = self.member("lee")
        self.kim.send("x\n" * 10)
        lee.send("hi\n")
        self.assertIn("[lee] hi", self.heard(lee))
