"""One connection: unknown commands, faults, and answers with a label."""

from tests.chat.irc.case import IrcCase


class CommandTests(IrcCase):
    def test_unknown(self) -> None:
        """A command that there is not is named; so is one that comes too early."""
        self.assertEqual(self.user("kim").asks("FROB x"), ["421 kim FROB :Unknown command"])
        self.assertEqual(self.client().asks("JOIN #dev"), ["451 * :You have not registered"])

    def test_faults(self) -> None:
        """A line that is too long, or no UTF-8, is answered and costs nothing else."""
        kim = self.user("kim")
        self.assertEqual(kim.asks("PRIVMSG #a :" + "x" * 600), ["417 kim :Input line was too long"])
        kim.protocol.dataReceived(b"PRIVMSG #a :\xff\r\n")
        self.assertIn("FAIL * INVALID_UTF8", kim.hears()[0])
        self.assertEqual(kim.asks("PING x"), ["PONG chat.test x"])

    def test_order(self) -> None:
        """An answer comes after what was said before it, even in the same turn."""
        kim, lee = self.user("kim", "#dev"), self.user("lee", "#dev")
        kim.hears()
        lee.says("PRIVMSG #dev 1")
        kim.says("PING x")
        self.assertEqual(kim.hears(), [":lee PRIVMSG #dev 1", "PONG chat.test x"])


class LabelTests(IrcCase):
    CAPS = "labeled-response batch echo-message message-tags"

    def test_one(self) -> None:
        """An answer of one line has the label."""
        kim = self.user("kim", caps=self.CAPS)
        kim.says("@label=7 PING x")
        self.assertEqual(kim.raw(), ["@label=7 :chat.test PONG chat.test x"])

    def test_none(self) -> None:
        """What is not answered is acknowledged."""
        kim = self.user("kim", caps=self.CAPS)
        kim.says("@label=7 PONG x")
        self.assertEqual(kim.raw(), ["@label=7 :chat.test ACK"])

    def test_many(self) -> None:
        """An answer of more lines is a batch that has it."""
        kim = self.user("kim", caps=self.CAPS)
        kim.says("@label=7 JOIN #dev")
        first, *inner, last = kim.raw()
        self.assertEqual(first, "@label=7 :chat.test BATCH +1 labeled-response")
        self.assertEqual(last, ":chat.test BATCH -1")
        self.assertEqual(len(inner), 3)
        self.assertTrue(all(line.startswith("@batch=1") for line in inner))

    def test_echo(self) -> None:
        """What is echoed has the label; what others said before has not."""
        kim, lee = self.user("kim", "#dev", caps=self.CAPS), self.user("lee", "#dev")
        kim.hears()
        lee.says("PRIVMSG #dev 1")
        kim.says("@label=7 PRIVMSG #dev 2")
        first, second = kim.raw()
        self.assertNotIn("label", first)
        self.assertIn("label=7", second)
        self.assertTrue(second.endswith("PRIVMSG #dev 2"))

    def test_error(self) -> None:
        """So has a refusal."""
        kim = self.user("kim", caps=self.CAPS)
        kim.says("@label=7 PART #nowhere")
        self.assertEqual(kim.raw(), ["@label=7 :chat.test 403 kim #nowhere :No such channel"])

    def test_history(self) -> None:
        """An answer that is one batch has it on that."""
        kim = self.user("kim", "#dev", caps=f"{self.CAPS} draft/chathistory")
        kim.says("PRIVMSG #dev 1")
        kim.raw()
        kim.says("@label=7 CHATHISTORY LATEST #dev * 5")
        lines = kim.raw()
        self.assertEqual(lines[0], "@label=7 :chat.test BATCH +1 chathistory #dev")
        self.assertEqual(len(lines), 3)
