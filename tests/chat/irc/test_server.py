"""The IRC port's adapter."""

from tests.chat.irc.case import IrcCase
from twisted_suite.runtime.connection import Described, Drainable


class ServerTests(IrcCase):
    def test_interfaces(self) -> None:
        """The protocol is what the owner of connections looks for."""
        kim = self.user("kim")
        self.assertIsInstance(kim.protocol, Drainable)
        self.assertIsInstance(kim.protocol, Described)
        self.assertEqual(kim.protocol.outcome, "kim")

    def test_other_protocols(self) -> None:
        """A browser or a TLS client is sent away before it can say anything."""
        for hello in (b"POST / HTTP/1.1\r\nNICK kim\r\nUSER k 0 * :K\r\n", b"\x16\x03\x01\x02\x00\r\n"):
            client = self.client()
            client.protocol.dataReceived(hello)
            self.assertTrue(client.wire.disconnecting)
            self.assertNotIn("001", client.hears_numerics())

    def test_full(self) -> None:
        """A client that does not read is not listened to, so that no answers pile up; then it is again."""
        kim = self.user("kim")
        kim.protocol.pauseProducing()
        kim.says(*["PING x"] * 1000)
        self.assertEqual(kim.raw(), [])
        self.assertEqual(kim.wire.producerState, "paused")
        kim.protocol.resumeProducing()
        self.assertEqual(len(kim.raw()), 1000)
        self.assertEqual(kim.wire.producerState, "producing")

    def test_shared_voice(self) -> None:
        """Clients that hear alike are encoded once; who spoke apart."""
        kim, lee, park = (self.user(nick, "#dev") for nick in ("kim", "lee", "park"))
        for client in (kim, lee, park):
            client.hears()
        kim.says("PRIVMSG #dev hi")
        self.assertEqual((kim.hears(), len(lee.hears()), len(park.hears())), ([], 1, 1))

    def test_factory(self) -> None:
        """The sweep runs as long as something listens."""
        self.factory.doStart()
        self.assertEqual(len(self.clock.getDelayedCalls()), 1)
        self.factory.doStop()
        self.assertEqual(self.clock.getDelayedCalls(), [])
