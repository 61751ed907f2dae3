"""Coming and going on IRC."""

import base64

from tests.chat.irc.case import FakeAccounts, IrcCase, SlowAccounts


class RegistrationTests(IrcCase):
    def test_welcome(self) -> None:
        """NICK and USER, in either order, and one is welcome."""
        for lines in (("NICK kim", "USER k 0 * :Kim"), ("USER k 0 * :Lee", "NICK lee")):
            client = self.client()
            client.says(*lines)
            numerics = client.hears_numerics()
            self.assertEqual(numerics[:4], ["001", "002", "003", "004"])
            self.assertEqual(numerics[-3:], ["375", "372", "376"])

    def test_nick_in_use(self) -> None:
        """A nick that somebody has is refused, and another will do."""
        self.user("kim")
        client = self.client()
        client.says("NICK KIM", "USER k 0 * :Kim")
        self.assertEqual(client.hears(), ["433 KIM KIM :Nickname is already in use"])
        client.says("NICK kim2")
        self.assertEqual(client.hears_numerics()[0], "001")

    def test_bad_nicks(self) -> None:
        """A nick that cannot be is refused; none is asked for."""
        self.assertEqual(
            self.client().asks("NICK #kim", "NICK", "NICK :"),
            ["432 * #kim :Erroneous nickname", *["431 * :No nickname given"] * 2],
        )

    def test_user_needs_all(self) -> None:
        """USER needs its four parameters, and comes once."""
        self.assertEqual(
            self.client().asks("USER kim", "USER k 0 * :"), ["461 * USER :Not enough parameters"] * 2
        )
        self.assertEqual(self.user("kim").asks("USER k 0 * :Kim"), ["462 kim :You may not reregister"])
        self.assertEqual(self.user("lee").asks("PASS x"), ["462 lee :You may not reregister"])

    def test_negotiation_holds_registration(self) -> None:
        """As long as capabilities are negotiated nobody is let in."""
        client = self.client()
        client.says("CAP LS 302", "NICK kim", "USER k 0 * :Kim")
        self.assertEqual([line.split()[:3] for line in client.hears()], [["CAP", "*", "LS"]])
        self.assertEqual(client.asks("CAP REQ :batch nonsense"), ["CAP kim NAK :batch nonsense"])
        client.says("CAP END")
        self.assertEqual(client.hears_numerics()[0], "001")

    def test_cap(self) -> None:
        """Later too; and mistakes are answered."""
        kim = self.user("kim")
        self.assertEqual(kim.asks("CAP REQ :batch", "CAP LIST"), ["CAP kim ACK batch", "CAP kim LIST batch"])
        self.assertEqual(kim.asks("CAP FROB"), ["410 kim FROB :Invalid CAP command"])
        self.assertEqual(kim.asks("CAP"), ["461 kim CAP :Not enough parameters"])

    def test_rename(self) -> None:
        """NICK changes the nick, which all who share a channel see once."""
        kim, lee = self.user("kim", "#a", "#b"), self.user("lee", "#a", "#b")
        kim.hears()
        kim.says("NICK Kim2")
        self.assertEqual(lee.hears(), [":kim NICK Kim2"])
        self.assertEqual(kim.hears(), [":kim NICK Kim2"])
        park = self.user("park")
        self.assertEqual(park.asks("NICK park2"), [":park NICK park2"])
        self.assertEqual(park.asks("NICK lee"), ["433 park2 lee :Nickname is already in use"])

    def test_ping(self) -> None:
        """PING is answered, a PONG is not."""
        kim = self.user("kim")
        self.assertEqual(
            kim.asks("PING :a b", "PONG x", "PING"),
            ["PONG chat.test :a b", "461 kim PING :Not enough parameters"],
        )

    def test_quit(self) -> None:
        """Who quits is told so last; who shares channels hears it once."""
        kim, lee = self.user("kim", "#a", "#b"), self.user("lee", "#a", "#b")
        lee.hears()
        kim.says("QUIT :tea")
        self.assertEqual(lee.hears(), [":kim QUIT :Quit: tea"])
        self.assertEqual(kim.hears()[-1], "ERROR :Closing link: Quit: tea")
        self.assertTrue(kim.wire.disconnecting)

    def test_quit_before(self) -> None:
        """One may go before one has come."""
        client = self.client()
        client.says("QUIT")
        self.assertTrue(client.wire.disconnecting)


class SaslTests(IrcCase):
    accounts = FakeAccounts()

    def plain(self, *parts: str) -> str:
        return "AUTHENTICATE " + base64.b64encode("\0".join(parts).encode()).decode()

    def test_right(self) -> None:
        """With the right password one is logged in before one is let in, and others are told as whom."""
        lee = self.user("lee", "#dev", caps="account-tag")
        kim = self.client()
        kim.says(
            "CAP REQ :sasl",
            "NICK kim",
            "USER k 0 * :Kim",
            "AUTHENTICATE PLAIN",
            self.plain("", "kim", "secret"),
        )
        self.assertEqual(
            kim.hears()[-3:],
            [
                "AUTHENTICATE +",
                "900 kim kim!*@* kim :You are now logged in as kim",
                "903 kim :SASL authentication successful",
            ],
        )
        kim.says("CAP END", "JOIN #dev", "PRIVMSG #dev hi")
        self.assertIn("@account=kim :kim!", "".join(lee.raw()))
        self.assertIn("330 lee kim kim :is logged in as", lee.asks("WHOIS kim"))

    def test_wrong(self) -> None:
        """Anything wrong is refused in the same words."""
        kim = self.client()
        kim.says("CAP REQ :sasl")
        for answer in (
            self.plain("", "kim", "x"),
            self.plain("lee", "kim", "secret"),
            self.plain("kim"),
            "AUTHENTICATE !",
        ):
            self.assertEqual(kim.asks("AUTHENTICATE PLAIN", answer)[-1], "904 * :SASL authentication failed")

    def test_other_ways(self) -> None:
        """Another mechanism is refused with those that there are; one may give up; too long is too long."""
        kim = self.client()
        kim.says("CAP REQ :sasl")
        self.assertEqual([line.split()[0] for line in kim.asks("AUTHENTICATE EXTERNAL")], ["908", "904"])
        self.assertEqual(
            kim.asks("AUTHENTICATE PLAIN", "AUTHENTICATE *")[-1], "906 * :SASL authentication aborted"
        )
        long = ["AUTHENTICATE " + "A" * 400] * 9
        self.assertIn("905 * :SASL message too long", kim.asks("AUTHENTICATE PLAIN", *long))
        self.assertEqual(kim.asks("AUTHENTICATE"), ["461 * AUTHENTICATE :Not enough parameters"])

    def test_in_pieces(self) -> None:
        """An answer of several pieces is one; one that ends with a whole piece is ended by a plus."""
        kim = self.client()
        kim.says("CAP REQ :sasl", "AUTHENTICATE PLAIN")
        answer = base64.b64encode(b"\0kim\0" + b"x" * 295).decode()
        self.assertEqual(len(answer), 400)
        self.assertEqual(kim.asks(f"AUTHENTICATE {answer}"), [])
        self.assertEqual(kim.asks("AUTHENTICATE +"), ["904 * :SASL authentication failed"])

    def test_not_asked_for(self) -> None:
        """Without the capability there is no SASL."""
        self.assertEqual(self.client().asks("AUTHENTICATE PLAIN"), ["904 * :SASL authentication failed"])


class GoneTests(IrcCase):
    def setUp(self) -> None:
        self.accounts = self.slow = SlowAccounts()
        super().setUp()

    def test_gone_meanwhile(self) -> None:
        """An answer for somebody who has gone is dropped."""
        kim = self.client()
        answer = base64.b64encode(b"\0kim\0secret").decode()
        kim.says("CAP REQ :sasl", "AUTHENTICATE PLAIN", f"AUTHENTICATE {answer}")
        kim.hears()
        kim.hang_up()
        self.slow.answer.callback("kim")
        self.assertEqual(kim.hears(), [])
