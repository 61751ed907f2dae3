"""A room's events as IRC messages."""

from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.chat import events as e
from twisted_suite.chat.irc.caps import Cap
from twisted_suite.chat.irc.voice import IrcVoice, mode_words, stamp
from twisted_suite.chat.log import Posted
from twisted_suite.chat.sessions import Deliver

KIM = e.Person("kim", 7, "~k", "h", "kim")
SOURCE = ":kim!~k@h"


def encoded(event: e.Talk, voice: IrcVoice | None = None) -> str:
    delivery = Deliver("dev", (), (Posted("dev", 5, 1.5, event),), epoch="e")
    return (voice or IrcVoice(Cap.NONE)).encode_delivery(delivery).decode()


class VoiceTests(SynchronousTestCase):
    def test_events(self) -> None:
        """Each event is its message."""
        for event, text in (
            (e.Joined(KIM, "Kim"), "JOIN #dev"),
            (e.Said(KIM, "hi"), "PRIVMSG #dev hi"),
            (e.Said(KIM, "a b", e.Kind.NOTICE), "NOTICE #dev :a b"),
            (e.Said(KIM, "waves", e.Kind.EMOTE), "PRIVMSG #dev :\x01ACTION waves\x01"),
            (e.Left(KIM), "PART #dev"),
            (e.Left(KIM, "bye"), "PART #dev bye"),
            (e.Gone(KIM, "bye"), "QUIT bye"),
            (e.Renamed(KIM, "kim lee"), "NICK kim\N{NO-BREAK SPACE}lee"),
            (e.TopicSet(KIM, "tea time"), "TOPIC #dev :tea time"),
            (e.Crowd(KIM, 5, 2), "NOTICE #dev :5 have joined, 2 have left"),
            (e.Kicked(KIM, "lee"), "KICK #dev lee kim"),
            (e.ModesSet(KIM, (e.Change(True, "o", "lee"), e.Change(False, "i"))), "MODE #dev +o-i lee"),
        ):
            self.assertEqual(encoded(event), f"{SOURCE} {text}\r\n")

    def test_caps(self) -> None:
        """What a client asked for, it is told besides."""
        caps = Cap.SERVER_TIME | Cap.MESSAGE_TAGS | Cap.ACCOUNT_TAG
        tags = "@time=1970-01-01T00:00:01.500Z;msgid=e-5;account=kim"
        self.assertEqual(encoded(e.Said(KIM, "hi"), IrcVoice(caps)), f"{tags} {SOURCE} PRIVMSG #dev hi\r\n")
        joined = e.Joined(KIM, "Kim C", away="tea")
        voice = IrcVoice(Cap.EXTENDED_JOIN | Cap.AWAY_NOTIFY)
        self.assertEqual(encoded(joined, voice), f"{SOURCE} JOIN #dev kim :Kim C\r\n{SOURCE} AWAY tea\r\n")

    def test_own(self) -> None:
        """What one says oneself is left out when it is not to be echoed; what one does is not."""
        self.assertEqual(encoded(e.Said(KIM, "hi"), IrcVoice(Cap.NONE, own=7)), "")
        self.assertNotEqual(encoded(e.Joined(KIM), IrcVoice(Cap.NONE, own=7)), "")
        self.assertNotEqual(encoded(e.Said(KIM, "hi"), IrcVoice(Cap.NONE, own=8)), "")

    def test_several_rooms(self) -> None:
        """What several rooms tell is heard from one."""
        gone = e.Gone(KIM, "bye", ("lobby", "dev"))
        self.assertEqual(encoded(gone, IrcVoice(Cap.NONE, rooms=("dev", "lobby"))), "")
        self.assertNotEqual(encoded(gone, IrcVoice(Cap.NONE, rooms=("dev", "other"))), "")

    def test_long_text(self) -> None:
        """A text of any length and with line ends comes whole, in lines that fit; one of them has the id."""
        text = "가나다" * 200 + "\nnext\r\nlast"
        lines = encoded(e.Said(KIM, text), IrcVoice(Cap.MESSAGE_TAGS)).split("\r\n")[:-1]
        self.assertEqual(sum("msgid=" in line for line in lines), 1)
        said = [line.split("#dev ", 1)[1].removeprefix(":") for line in lines]
        self.assertEqual("".join(said), text.replace("\n", "").replace("\r", ""))
        self.assertTrue(all(len(line.encode()) <= 510 + 20 for line in lines))

    def test_mode_words(self) -> None:
        """Letters are joined as long as the sign is the same."""
        changes = (e.Change(True, "n"), e.Change(True, "l", "5"), e.Change(False, "b", "x!*@*"))
        self.assertEqual(mode_words(changes), ["+nl-b", "5", "x!*@*"])
        self.assertEqual(mode_words(()), ["+"])

    def test_stamp(self) -> None:
        """A time as server-time has it."""
        self.assertEqual(stamp(0.25), "1970-01-01T00:00:00.250Z")
