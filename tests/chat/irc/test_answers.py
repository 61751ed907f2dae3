"""What the hub replies, as IRC messages."""

from typing import get_args

from twisted.trial.unittest import SynchronousTestCase

from tests.chat.irc.case import IrcCase
from twisted_suite.chat import commands as c
from twisted_suite.chat import replies as r
from twisted_suite.chat.irc.answers import _ANSWERS, REFUSALS


class TableTests(SynchronousTestCase):
    def test_complete(self) -> None:
        """Every refusal has its numeric; what has no answer is asked for in other ways."""
        self.assertEqual(set(REFUSALS), set(r.Fault))
        unanswered = set(get_args(r.Reply)) - set(_ANSWERS)
        self.assertEqual(
            {kind.__name__ for kind in unanswered},
            {
                "NameAsked", "NotUnderstood", "MessageRefused", "Members", "Rooms", "PersonView", "Recounted",
                "TopicShown", "ModesShown", "BansShown", "Helped",
            },
        )  # fmt: skip


class AnswerTests(IrcCase):
    def test_server_stops(self) -> None:
        """When the server stops, it says so last."""
        kim = self.user("kim", "#dev")
        kim.protocol.drain()
        self.assertEqual(kim.hears(), ["ERROR :Closing link: the server is shutting down"])
        self.assertTrue(kim.wire.disconnecting)

    def test_too_many_nicks(self) -> None:
        """Who tries too many nicks is sent away."""
        self.user("kim")
        client = self.client()
        client.says("USER k 0 * :Kim", *["NICK kim"] * 10)
        self.assertEqual(client.hears()[-1], "ERROR :Closing link: too many nicknames")

    def test_missed(self) -> None:
        """A gap is a notice in its channel."""
        kim = self.user("kim", "#dev")
        kim.protocol.tell((r.Missed(5, "dev"), r.Missed(None, "dev")))
        self.assertEqual(
            kim.hears(),
            [
                "NOTICE #dev :5 messages of #dev were skipped",
                "NOTICE #dev :Some messages of #dev were skipped",
            ],
        )

    def test_other_front_ends(self) -> None:
        """Somebody with a name that IRC cannot write is heard, and can be answered."""
        kim = self.user("kim", "#lobby")
        lee = self.client()
        self.exchange.handle(lee.protocol.session, c.Login("lee park"))
        kim.hears()
        self.exchange.handle(lee.protocol.session, c.Say("hi"))
        (line,) = kim.hears()
        nick = line.split(" ")[0][1:]
        self.assertEqual(nick, "lee\N{NO-BREAK SPACE}park")
        kim.says(f"PRIVMSG {nick} :hello")
        self.assertIn(f"PRIVMSG {nick} hello", lee.hears()[-1])
