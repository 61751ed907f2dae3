"""The codec for nc and telnet."""

from twisted.trial.unittest import SynchronousTestCase

from tests.chat.codecs.cases import TextCodecCases
from twisted_suite.chat import commands as c
from twisted_suite.chat import replies as r
from twisted_suite.chat.codecs.line import COMMANDS, DEFAULT_HISTORY, LineCodec
from twisted_suite.chat.events import Kind


class LineCodecTests(TextCodecCases, SynchronousTestCase):
    codec_class = LineCodec
    end = "\n"

    def test_commands(self) -> None:
        """What each command asks for, with and without what may follow it."""
        for text, command in (
            ("/join dev", c.Join("dev")),
            ("/JOIN #dev secret", c.Join("dev", "secret")),
            ("/part", c.Part()),
            ("/part #dev", c.Part("dev")),
            ("/who", c.AskMembers()),
            ("/who dev", c.AskMembers("dev")),
            ("/rooms", c.AskRooms()),
            ("/nick  김 철수 ", c.Rename("김 철수")),
            ("/msg lee hello there", c.Tell("lee", "hello there")),
            ("/msg [kim lee] hello there", c.Tell("kim lee", "hello there")),
            ("/msg #dev hello", c.Say("hello", "dev")),
            ("/me waves", c.Say("waves", kind=Kind.EMOTE)),
            ("/topic", c.AskTopic()),
            ("/topic tea time", c.SetTopic("tea time")),
            ("/history", c.Recount(DEFAULT_HISTORY)),
            ("/history 5", c.Recount(5)),
            ("/away", c.SetAway()),
            ("/away tea", c.SetAway("tea")),
            ("/help", c.AskHelp()),
        ):
            self.assertEqual(self.codec().decode(text, named=True), command)
            self.assertIn(text.split()[0].lower(), COMMANDS)

    def test_mistakes(self) -> None:
        """A command that there is not, or that lacks what it needs, gets a hint of one line that names it."""
        for text in ("/qiut now", "/", "/join", "/join #", "/msg lee", "/msg", "/me", "/nick", "/history x"):
            self.assertEqual(self.codec().decode(text, named=True), c.Mistype(text.split()[0]))
        self.assert_encoded(r.NotUnderstood("/qiut"), "/qiut: 없는 명령입니다. 무엇이 있는지는 /help\n")

    def test_long_unknown_command(self) -> None:
        """Of a long one, the beginning is enough."""
        self.assertEqual(self.codec().decode("/" + "x" * 5000, named=True), c.Mistype("/" + "x" * 19))
