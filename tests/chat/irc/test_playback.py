"""CHATHISTORY by number, by id and by time."""

import re

from tests.chat.irc.case import Client, IrcCase
from twisted_suite.chat.irc.voice import stamp

CAPS = "batch message-tags server-time draft/chathistory echo-message"


class PlaybackTests(IrcCase):
    def setUp(self) -> None:
        super().setUp()
        self.kim = self.user("kim", "#dev", caps=CAPS)
        self.ids = []
        for text in "123456":
            self.clock.advance(10)
            self.kim.says(f"PRIVMSG #dev {text}")
            (line,) = self.kim.raw()
            self.ids.append(re.findall("msgid=([^; ]+)", line)[0])

    def played(self, command: str, client: Client | None = None) -> str:
        """What came, as the texts of its messages."""
        lines = (client or self.kim).asks(f"CHATHISTORY {command}")
        if "BATCH" not in lines[0]:
            return " ".join(lines)
        self.assertEqual((lines[0].split()[0], lines[-1].split()[0]), ("BATCH", "BATCH"))
        return "".join(line.split()[-1] for line in lines[1:-1])

    def test_latest(self) -> None:
        """The newest, all or after one."""
        self.assertEqual(self.played("LATEST #dev * 3"), "456")
        self.assertEqual(self.played(f"LATEST #dev msgid={self.ids[3]} 9"), "56")
        self.assertEqual(self.played("LATEST #dev * 0"), "")

    def test_around_a_message(self) -> None:
        """Before one, after it, on both sides of it, between two in either direction."""
        second, third, fifth = self.ids[1], self.ids[2], self.ids[4]
        self.assertEqual(self.played(f"BEFORE #dev msgid={third} 1"), "2")
        self.assertEqual(self.played(f"AFTER #dev msgid={third} 2"), "45")
        self.assertEqual(self.played(f"AROUND #dev msgid={third} 3"), "234")
        self.assertEqual(self.played(f"BETWEEN #dev msgid={second} msgid={fifth} 9"), "34")
        self.assertEqual(self.played(f"BETWEEN #dev msgid={fifth} msgid={second} 1"), "4")

    def test_by_time(self) -> None:
        """The same by time."""
        third = stamp(1030.0)
        self.assertEqual(self.played(f"BEFORE #dev timestamp={third} 9"), "12")
        self.assertEqual(self.played(f"AFTER #dev timestamp={third} 9"), "456")

    def test_targets(self) -> None:
        """In which channels something was said between two times."""
        span = f"timestamp={stamp(0)} timestamp={stamp(2000)}"
        lines = self.kim.asks(f"CHATHISTORY TARGETS {span} 5")
        self.assertEqual(lines[1], f"CHATHISTORY TARGETS #dev {stamp(1060)}")

    def test_mistakes(self) -> None:
        """What cannot be played is said why."""
        for command, code in (
            ("FROB #dev * 5", "INVALID_PARAMS"),
            ("LATEST #dev", "NEED_MORE_PARAMS"),
            ("LATEST #nowhere * 5", "INVALID_TARGET"),
            ("LATEST #dev * many", "INVALID_PARAMS"),
            ("BEFORE #dev msgid=x 5", "INVALID_MSGREFTYPE"),
            ("BEFORE #dev timestamp=x 5", "INVALID_MSGREFTYPE"),
            ("TARGETS timestamp=x timestamp=y 5", "INVALID_PARAMS"),
        ):
            self.assertIn(f"FAIL CHATHISTORY {code}", self.played(command))

    def test_members_only(self) -> None:
        """To those who are not in a channel it is as if there were none."""
        lee = self.user("lee", caps=CAPS)
        self.assertIn("INVALID_TARGET", self.played("LATEST #dev * 5", lee))
