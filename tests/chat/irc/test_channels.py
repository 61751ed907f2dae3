"""Channels: joining, leaving, topics, lists, kicks, invitations and modes."""

from tests.chat.irc.case import IrcCase


class JoinTests(IrcCase):
    def test_join(self) -> None:
        """Who joins is told of it, then who is there; the others that it came."""
        kim, lee = self.user("kim", "#dev"), self.user("lee")
        self.assertEqual(
            lee.asks("JOIN #DEV"),
            [":lee JOIN #dev", "353 lee = #dev :@kim lee", "366 lee #dev :End of /NAMES list"],
        )
        self.assertEqual(kim.hears(), [":lee JOIN #dev"])
        self.assertEqual(lee.asks("JOIN #dev"), [])

    def test_several(self) -> None:
        """Several at once, with keys in the same order; 0 is out of all."""
        kim, lee = self.user("kim", "#a", "#b"), self.user("lee")
        kim.says("MODE #b +k secret")
        self.assertEqual(lee.asks("JOIN #a,#b x,wrong")[-1], "475 lee #b :Cannot join channel (+k)")
        self.assertIn(":lee JOIN #b", lee.asks("JOIN #b secret"))
        self.assertEqual(lee.asks("JOIN 0"), [":lee PART #a", ":lee PART #b"])

    def test_mistakes(self) -> None:
        """What is no channel is named."""
        kim = self.user("kim")
        self.assertEqual(
            kim.asks(
                "JOIN",
                "JOIN dev",
                "PART #dev",
                "PART",
                "TOPIC",
                "TOPIC #dev",
                "KICK #dev",
                "INVITE x",
                "MODE",
            ),
            [
                "461 kim JOIN :Not enough parameters",
                "403 kim dev :No such channel",
                "403 kim #dev :No such channel",
                "461 kim PART :Not enough parameters",
                "461 kim TOPIC :Not enough parameters",
                "403 kim #dev :No such channel",
                "461 kim KICK :Not enough parameters",
                "461 kim INVITE :Not enough parameters",
                "461 kim MODE :Not enough parameters",
            ],
        )

    def test_topic_on_join(self) -> None:
        """A topic is shown to who comes, with who set it and when."""
        kim, lee = self.user("kim", "#dev"), self.user("lee")
        self.assertEqual(kim.asks("TOPIC #dev"), ["331 kim #dev :No topic is set"])
        self.assertEqual(kim.asks("TOPIC #dev :tea time"), [":kim TOPIC #dev :tea time"])
        self.assertEqual(lee.asks("TOPIC #dev"), ["442 lee #dev :You're not on that channel"])
        self.assertEqual(lee.asks("JOIN #dev")[1:3], ["332 lee #dev :tea time", "333 lee #dev kim 1000"])

    def test_part(self) -> None:
        """Leaving is told to all, and ends hearing."""
        kim, lee = self.user("kim", "#dev"), self.user("lee", "#dev")
        kim.hears()
        self.assertEqual(lee.asks("PART #dev :bye now"), [":lee PART #dev :bye now"])
        kim.says("PRIVMSG #dev x")
        self.assertEqual(kim.hears(), [":lee PART #dev :bye now"])
        self.assertEqual(lee.hears(), [])


class ListTests(IrcCase):
    def test_names(self) -> None:
        """Names with marks, all of them with multi-prefix, with hosts when asked for."""
        kim = self.user("kim", "#dev", caps="multi-prefix userhost-in-names")
        kim.says("MODE #dev +v kim")
        names = kim.asks("NAMES #dev", "NAMES #nowhere")
        self.assertRegex(names[0], r"^353 kim = #dev @\+kim!~kim@\S+$")
        self.assertEqual(
            names[1:], ["366 kim #dev :End of /NAMES list", "366 kim #nowhere :End of /NAMES list"]
        )

    def test_many_names(self) -> None:
        """Many names are several lines that fit."""
        for number in range(60):
            self.user(f"somebody-{number}", "#dev")
        kim = self.user("kim")
        lines = kim.asks("NAMES #dev")
        self.assertGreater(len(lines), 2)
        self.assertTrue(all(len(line.encode()) < 500 for line in lines))
        self.assertEqual(sum(len(line.split()) - 4 for line in lines[:-1]), 60)

    def test_list(self) -> None:
        """Channels with their members and topics; by mask and by number of members."""
        kim, _ = self.user("kim", "#dev", "#tea"), self.user("lee", "#dev")
        kim.says("TOPIC #tea :green or black")
        self.assertEqual(
            kim.asks("LIST")[1:],
            ["322 kim #dev 2 :", "322 kim #tea 1 :green or black", "323 kim :End of /LIST"],
        )
        self.assertEqual(len(kim.asks("LIST #t*")), 3)
        self.assertEqual(kim.asks("LIST >1")[1], "322 kim #dev 2 :")
        self.assertEqual(kim.asks("LIST <2")[1], "322 kim #tea 1 :green or black")


class ModerationTests(IrcCase):
    def test_kick(self) -> None:
        """An operator kicks, with a reason or its own name for one; others may not."""
        kim, lee = self.user("kim", "#dev"), self.user("lee", "#dev")
        kim.hears()
        self.assertEqual(lee.asks("KICK #dev kim"), ["482 lee #dev :You're not channel operator"])
        self.assertEqual(kim.asks("KICK #dev lee :bad tea"), [":kim KICK #dev lee :bad tea"])
        self.assertEqual(lee.hears(), [":kim KICK #dev lee :bad tea"])
        self.assertEqual(kim.asks("KICK #dev lee,nobody")[0], "441 kim lee #dev :They aren't on that channel")

    def test_invite(self) -> None:
        """An invitation opens a closed channel."""
        kim, lee = self.user("kim", "#dev"), self.user("lee")
        kim.says("MODE #dev +i")
        self.assertEqual(lee.asks("JOIN #dev"), ["473 lee #dev :Cannot join channel (+i)"])
        self.assertEqual(kim.asks("INVITE lee #dev"), ["341 kim lee #dev"])
        self.assertEqual(lee.hears(), [":kim INVITE lee #dev"])
        self.assertEqual(lee.asks("JOIN #dev")[0], ":lee JOIN #dev")
        self.assertEqual(kim.asks("INVITE lee #dev")[-1], "443 kim lee #dev :is already on channel")

    def test_modes(self) -> None:
        """Modes are set together, shown, and told as they were made."""
        kim, lee = self.user("kim", "#dev"), self.user("lee", "#dev")
        kim.hears()
        self.assertEqual(kim.asks("MODE #dev +mv-t+kl lee key 5"), [":kim MODE #dev +mv-t+kl lee key 5"])
        self.assertEqual(lee.hears(), [":kim MODE #dev +mv-t+kl lee key 5"])
        self.assertEqual(kim.asks("MODE #dev")[0], "324 kim #dev +mnkl key 5")
        self.assertEqual(self.user("park").asks("MODE #dev")[0], "324 park #dev +mnkl * 5")

    def test_bans(self) -> None:
        """Who is banned stays out, and bans can be listed by anybody."""
        kim, lee = self.user("kim", "#dev"), self.user("lee")
        kim.says("MODE #dev +b lee!*@*")
        self.assertEqual(lee.asks("JOIN #dev"), ["474 lee #dev :Cannot join channel (+b)"])
        self.assertEqual(
            lee.asks("MODE #dev b"),
            ["367 lee #dev lee!*@* kim 1000", "368 lee #dev :End of channel ban list"],
        )

    def test_mistakes(self) -> None:
        """Of modes that there are not, or that lack something, each is told."""
        kim = self.user("kim", "#dev")
        self.assertEqual(
            kim.asks(
                "MODE #dev +z",
                "MODE #dev +o",
                "MODE #dev +k a,b",
                "MODE #nowhere",
                "MODE nobody",
                "MODE kim +z",
            ),
            [
                "472 kim z :is unknown mode char to me",
                "461 kim MODE :Not enough parameters",
                "525 kim #dev :Key is not well-formed",
                "403 kim #nowhere :No such channel",
                "401 kim nobody :No such nick",
                "501 kim :Unknown MODE flag",
            ],
        )

    def test_empty_arguments(self) -> None:
        """A key or a limit that is empty is told of as such."""
        kim = self.user("kim", "#dev")
        self.assertEqual(
            kim.asks("MODE #dev +k :", "MODE #dev +l :"),
            ["525 kim #dev :Key is not well-formed", "696 kim #dev l * :Not a number of members"],
        )

    def test_own_modes(self) -> None:
        """One's own modes are one's own."""
        kim, _ = self.user("kim"), self.user("lee")
        self.assertEqual(
            kim.asks("MODE kim", "MODE kim +i", "MODE kim"), ["221 kim +", "MODE kim +i", "221 kim +i"]
        )
        self.assertEqual(kim.asks("MODE lee"), ["502 kim :Can't change mode for other users"])
