"""People: messages, absence, who is who."""

from tests.chat.irc.case import IrcCase


class MessageTests(IrcCase):
    def test_channel(self) -> None:
        """A message goes to the others; an action and a notice as what they are."""
        kim, lee = self.user("kim", "#dev"), self.user("lee", "#dev")
        kim.hears()
        kim.says("PRIVMSG #dev :hi there", "PRIVMSG #dev :\x01ACTION waves\x01", "NOTICE #dev :psst")
        self.assertEqual(
            lee.hears(),
            [
                ":kim PRIVMSG #dev :hi there",
                ":kim PRIVMSG #dev :\x01ACTION waves\x01",
                ":kim NOTICE #dev psst",
            ],
        )
        self.assertEqual(kim.hears(), [])

    def test_echo(self) -> None:
        """With echo-message one hears oneself, in channels and in private, with the same id as the other."""
        caps = "echo-message message-tags"
        kim, lee = self.user("kim", "#dev", caps=caps), self.user("lee", "#dev", caps="message-tags")
        kim.hears()
        for target in ("#dev", "lee"):
            kim.says(f"PRIVMSG {target} hi")
            own, other = kim.raw(), lee.raw()
            self.assertEqual(own, other)
            self.assertIn("msgid=", own[0])

    def test_client_tags(self) -> None:
        """What clients tell each other about a message goes with it, to those who take tags."""
        caps = "message-tags"
        kim, lee, park = (
            self.user("kim", "#dev", caps=caps),
            self.user("lee", "#dev", caps=caps),
            self.user("park", "#dev"),
        )
        for client in (kim, lee, park):
            client.hears()
        kim.says("@+reply=1;label=x PRIVMSG #dev hi", "@+reply=2 PRIVMSG lee psst")
        first, second = lee.raw()
        self.assertTrue(first.startswith("@+reply=1;msgid="), first)
        self.assertTrue(second.startswith("@+reply=2;msgid="), second)
        self.assertEqual(len(park.raw()), 1)

    def test_to_oneself(self) -> None:
        """A message to oneself is received, and echoed with the label that it was sent with."""
        kim = self.user("kim", caps="echo-message labeled-response batch")
        kim.says("@label=7 PRIVMSG kim note")
        received, echoed = kim.raw()
        self.assertNotIn("label", received)
        self.assertTrue(echoed.startswith("@label=7 "), echoed)

    def test_private(self) -> None:
        """A private message reaches one, and is told when that one is away."""
        kim, lee = self.user("kim"), self.user("lee")
        lee.says("AWAY :tea")
        self.assertEqual(kim.asks("PRIVMSG lee :psst", "NOTICE lee :note"), ["301 kim lee tea"])
        self.assertEqual(lee.hears()[-2:], [":kim PRIVMSG lee psst", ":kim NOTICE lee note"])
        self.assertEqual(kim.asks("PRIVMSG kim :note to self"), [":kim PRIVMSG kim :note to self"])

    def test_mistakes(self) -> None:
        """What cannot be said is answered; a notice never is."""
        kim, _ = self.user("kim"), self.user("lee", "#dev")
        self.assertEqual(
            kim.asks("PRIVMSG", "PRIVMSG lee", "PRIVMSG nobody x", "PRIVMSG #no x", "PRIVMSG #dev x"),
            [
                "411 kim :No recipient given (PRIVMSG)",
                "412 kim :No text to send",
                "401 kim nobody :No such nick/channel",
                "403 kim #no :No such channel",
                "404 kim #dev :Cannot send to channel",
            ],
        )
        self.assertEqual(kim.asks("NOTICE", "NOTICE lee", "NOTICE nobody x", "NOTICE #dev x"), [])


class PresenceTests(IrcCase):
    def test_away(self) -> None:
        """An absence is confirmed, and told to those who want to know."""
        kim, lee = self.user("kim", "#dev"), self.user("lee", "#dev", caps="away-notify")
        park = self.user("park", "#dev")
        self.assertEqual(kim.asks("AWAY :tea"), ["306 kim :You have been marked as being away"])
        self.assertEqual(kim.asks("AWAY"), ["305 kim :You are no longer marked as being away"])
        self.assertEqual(lee.hears()[-2:], [":kim AWAY tea", ":kim AWAY"])
        self.assertEqual(park.hears(), [])

    def test_setname(self) -> None:
        """So is another realname, to oneself too."""
        kim, lee = self.user("kim", "#dev", caps="setname"), self.user("lee", "#dev", caps="setname")
        self.assertEqual(kim.asks("SETNAME :Kim C."), [":kim SETNAME :Kim C."])
        self.assertEqual(lee.hears(), [":kim SETNAME :Kim C."])
        self.assertEqual(kim.asks("SETNAME"), ["461 kim SETNAME :Not enough parameters"])

    def test_ison(self) -> None:
        """Which of some are here."""
        kim, _ = self.user("kim"), self.user("lee")
        self.assertEqual(
            kim.asks("ISON LEE nobody kim", "ISON"),
            ["303 kim :lee kim", "461 kim ISON :Not enough parameters"],
        )
        kim.says("AWAY x")
        self.assertRegex(kim.asks("USERHOST kim nobody lee")[0], r"^302 kim :kim=-~kim@\S+ lee=\+~lee@\S+$")


class WhoTests(IrcCase):
    def test_channel(self) -> None:
        """Who is in a channel, with absence and marks."""
        kim, lee = self.user("kim", "#dev"), self.user("lee", "#dev")
        lee.says("AWAY x")
        lines = kim.asks("WHO #dev")
        self.assertRegex(lines[0], r"^352 kim #dev ~kim \S+ chat.test kim H@ :0 Kim$")
        self.assertRegex(lines[1], r"^352 kim #dev ~lee \S+ chat.test lee G :0 Lee$")
        self.assertEqual(lines[2], "315 kim #dev :End of WHO list")

    def test_mask(self) -> None:
        """By nick, by mask, and nobody."""
        kim, _ = self.user("kim"), self.user("lee", "#dev")
        self.assertEqual(len(kim.asks("WHO lee")), 2)
        self.assertEqual(len(kim.asks("WHO l?e")), 2)
        self.assertEqual(len(kim.asks("WHO")), 3)
        self.assertEqual(
            kim.asks("WHO nobody", "WHO #nowhere"),
            ["315 kim nobody :End of WHO list", "315 kim #nowhere :End of WHO list"],
        )

    def test_fields(self) -> None:
        """The fields that are asked for, in their order (WHOX)."""
        kim = self.user("kim", "#dev")
        self.assertEqual(kim.asks("WHO #dev %tcnfar,42")[0], "354 kim 42 #dev kim H@ 0 Kim")


class WhoisTests(IrcCase):
    def test_whois(self) -> None:
        """All that may be known of one."""
        kim, lee = self.user("kim"), self.user("lee", "#dev")
        lee.says("AWAY tea")
        self.clock.advance(5)
        lines = kim.asks("WHOIS lee")
        self.assertEqual([line.split()[0] for line in lines], ["311", "319", "312", "301", "317", "318"])
        self.assertEqual(lines[1], "319 kim lee @#dev")
        self.assertEqual(lines[4], "317 kim lee 5 1000 :seconds idle, signon time")

    def test_nobody(self) -> None:
        """Nobody is an answer, and its end."""
        kim = self.user("kim")
        self.assertEqual(
            kim.asks("WHOIS nobody", "WHOIS"),
            [
                "401 kim nobody :No such nick",
                "318 kim nobody :End of /WHOIS list",
                "431 kim :No nickname given",
            ],
        )

    def test_whowas(self) -> None:
        """Who was here, the last first, as many as are asked for."""
        kim = self.user("kim")
        for _ in range(2):
            lee = self.user("lee")
            lee.says("QUIT")
            lee.hang_up()
        self.assertEqual(
            [line.split()[0] for line in kim.asks("WHOWAS LEE")], ["314", "312", "314", "312", "369"]
        )
        self.assertEqual([line.split()[0] for line in kim.asks("WHOWAS lee 1")], ["314", "312", "369"])
        self.assertEqual(
            [line.split()[0] for line in kim.asks("WHOWAS nobody", "WHOWAS")], ["406", "369", "431"]
        )
