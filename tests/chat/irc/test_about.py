"""What the server says of itself."""

from tests.chat.irc.case import IrcCase


class AboutTests(IrcCase):
    def test_isupport(self) -> None:
        """The tokens that clients go by are there, in lines that are not too full."""
        kim = self.client()
        kim.says("NICK kim", "USER k 0 * :Kim")
        lines = [line for line in kim.hears() if line.startswith("005")]
        tokens = {word for line in lines for word in line.partition(" :")[0].split()[2:]}
        for token in (
            "CHANTYPES=#",
            "PREFIX=(ov)@+",
            "CHANMODES=b,k,l,imnt",
            "UTF8ONLY",
            "WHOX",
            "NICKLEN=32",
        ):
            self.assertIn(token, tokens)
        self.assertTrue(all(len(line.split()) < 25 for line in lines))

    def test_lusers(self) -> None:
        """How many there are, and have been, and have not said who they are."""
        kim, lee, _ = self.user("kim", "#dev"), self.user("lee"), self.client()
        lee.hang_up()
        lines = kim.asks("LUSERS")
        self.assertEqual(lines[0], "251 kim :There are 1 users and 0 invisible on 1 servers")
        self.assertEqual(lines[2], "253 kim 1 :unknown connections")
        self.assertEqual(lines[3], "254 kim 1 :channels formed")
        self.assertEqual(lines[5], "265 kim 1 2 :Current local users 1, max 2")

    def test_motd(self) -> None:
        """The message of the day, of this server."""
        kim = self.user("kim")
        self.assertEqual(kim.asks("MOTD")[1], "372 kim :- welcome")
        self.assertEqual(kim.asks("MOTD other.example"), ["402 kim other.example :No such server"])

    def test_others(self) -> None:
        """Version, time and more are answered in their numerics; another server's are not."""
        kim = self.user("kim")
        for command, numerics in (
            ("VERSION", ["351", "005", "005"]),
            ("TIME", ["391"]),
            ("INFO", ["371", "374"]),
            ("ADMIN", ["423"]),
            ("LINKS", ["364", "365"]),
            ("HELP", ["704", "705", "705", "705", "705", "705", "706"]),
            ("HELP JOIN", ["704", "705", "706"]),
            ("HELP nonsense", ["524"]),
            ("OPER a b", ["491"]),
            ("OPER a", ["461"]),
            ("KILL lee", ["481"]),
        ):
            self.assertEqual([line.split()[0] for line in kim.asks(command)], numerics, command)
        for command in ("VERSION", "TIME", "INFO", "ADMIN"):
            self.assertEqual(kim.asks(f"{command} x.y"), ["402 kim x.y :No such server"])


class NoMotdTests(IrcCase):
    motd = ()

    def test_no_motd(self) -> None:
        """Without one, it is said that there is none."""
        self.assertEqual(self.user("kim").asks("MOTD"), ["422 kim :There is no message of the day"])
