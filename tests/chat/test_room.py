"""A room: who is in it, what is agreed on in it, and who may come in and speak."""

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.chat.hubcase import person
from twisted_suite.chat.events import Change, Person, Said, Status
from twisted_suite.chat.log import RoomLimits
from twisted_suite.chat.names import Name
from twisted_suite.chat.replies import Fault
from twisted_suite.chat.room import MAX_BANS, Room, full_mask, matches

KIM = Person("kim", user="k", host="home.example")


def room(*members: str, is_common: bool = False) -> Room[str]:
    made: Room[str] = Room(Name("Dev", "dev"), "epoch", RoomLimits(), is_common=is_common)
    for member in members:
        made.admit(member, 5.0)
    return made


class MemberTests(SynchronousTestCase):
    def test_first_is_operator(self) -> None:
        """Who opens a room is its operator; of everybody's room nobody is."""
        self.assertEqual(room("a", "b").statuses, {"a": Status.OPERATOR, "b": Status.NONE})
        self.assertFalse(room("a", is_common=True).is_operator("a"))

    def test_empty_again(self) -> None:
        """What was agreed on goes with the last member; the log stays."""
        chat = room("a")
        chat.post(Said(KIM, "x"), 1.0)
        chat.topic = "tea"
        chat.change(Change(True, "k", "secret"), KIM, 1.0)
        chat.dismiss("a")
        self.assertEqual((chat.topic, chat.key, chat.log.end), ("", "", 2))

    def test_restore(self) -> None:
        """A room goes on from what a history kept."""
        chat = room()
        chat.restore("old", [(1.0, Said(KIM, "x")), (2.0, Said(KIM, "y"))], first=7)
        self.assertEqual((chat.log.epoch, chat.log.first, chat.log.end, chat.recorded), ("old", 7, 9, 9))
        self.assertTrue(chat.audience.log is chat.log)


class ObstacleTests(SynchronousTestCase):
    def obstacle(self, *changes: Change, key: str = "") -> Fault | None:
        chat = room("a", "b")
        for change in changes:
            chat.change(change, KIM, 0.0)
        return chat.obstacle("c", KIM, key)

    def test_obstacles(self) -> None:
        """A key, a limit, a ban and an invitation can be needed; an open room needs nothing."""
        self.assertIsNone(self.obstacle())
        self.assertIs(self.obstacle(Change(True, "k", "x")), Fault.BAD_KEY)
        self.assertIsNone(self.obstacle(Change(True, "k", "x"), key="x"))
        self.assertIs(self.obstacle(Change(True, "l", "2")), Fault.FULL)
        self.assertIsNone(self.obstacle(Change(True, "l", "3")))
        self.assertIs(self.obstacle(Change(True, "b", "*@home.example")), Fault.BANNED)
        self.assertIs(self.obstacle(Change(True, "i")), Fault.INVITE_ONLY)

    def test_invited(self) -> None:
        """An invitation opens every door, once."""
        chat = room("a")
        for change in (Change(True, "i"), Change(True, "k", "x"), Change(True, "b", "kim")):
            chat.change(change, KIM, 0.0)
        chat.invitations["c"] = None
        self.assertIsNone(chat.obstacle("c", KIM, ""))
        chat.admit("c", 0.0)
        chat.dismiss("c")
        self.assertIsNotNone(chat.obstacle("c", KIM, ""))

    def test_may_speak(self) -> None:
        """Outsiders may when the room lets them, the banned and unvoiced only with a status."""
        chat = room("a", "b")
        self.assertFalse(chat.may_speak("c", KIM))
        chat.change(Change(False, "n"), KIM, 0.0)
        self.assertTrue(chat.may_speak("c", KIM))
        chat.change(Change(True, "m"), KIM, 0.0)
        self.assertEqual([chat.may_speak(member, KIM) for member in "abc"], [True, False, False])
        chat.statuses["b"] = Status.VOICE
        self.assertTrue(chat.may_speak("b", KIM))
        chat.change(Change(False, "m"), KIM, 0.0)
        chat.change(Change(True, "b", "kim"), KIM, 0.0)
        self.assertEqual([chat.may_speak(member, KIM) for member in "bc"], [True, False])


class ModeTests(SynchronousTestCase):
    def test_changes(self) -> None:
        """A change is told as it was made; one that changes nothing, or makes no sense, is not."""
        chat = room("a")
        for change, made in (
            (Change(True, "i"), Change(True, "i")),
            (Change(True, "i"), None),
            (Change(False, "i", "x"), Change(False, "i")),
            (Change(True, "k", "a b"), None),
            (Change(True, "k"), None),
            (Change(True, "k", "x"), Change(True, "k", "x")),
            (Change(False, "k", "y"), Change(False, "k", "x")),
            (Change(False, "k"), None),
            (Change(True, "l", "many"), None),
            (Change(True, "l", "0"), None),
            (Change(True, "l", "9" * 5000), None),
            (Change(True, "l", "5"), Change(True, "l", "5")),
            (Change(False, "l"), Change(False, "l")),
            (Change(True, "b", "kim"), Change(True, "b", "kim!*@*")),
            (Change(True, "b", "kim!*@*"), None),
            (Change(False, "b", "KIM"), Change(False, "b", "kim!*@*")),
        ):
            self.assertEqual(chat.change(change, KIM, 0.0), made, change)

    def test_modes(self) -> None:
        """The key is shown to members only."""
        chat = room("a")
        chat.change(Change(True, "k", "x"), KIM, 0.0)
        chat.change(Change(True, "l", "5"), KIM, 0.0)
        flags = (Change(True, "n"), Change(True, "t"))
        limit = Change(True, "l", "5")
        self.assertEqual(chat.modes(with_key=True), (*flags, Change(True, "k", "x"), limit))
        self.assertEqual(chat.modes(with_key=False), (*flags, Change(True, "k", "*"), limit))

    def test_bans_are_bounded(self) -> None:
        """So many bans and no more."""
        chat = room("a")
        for number in range(MAX_BANS):
            self.assertIsInstance(chat.change(Change(True, "b", f"kim{number}"), KIM, 0.0), Change)
        self.assertIs(chat.change(Change(True, "b", "lee"), KIM, 0.0), Fault.TOO_MANY_BANS)


class MaskTests(SynchronousTestCase):
    def test_full_mask(self) -> None:
        """What a mask does not say is anything."""
        for mask, full in (
            ("kim", "kim!*@*"),
            ("kim!k", "kim!k@*"),
            ("*@home", "*!*@home"),
            ("k@home", "*!k@home"),
            ("kim!k@home", "kim!k@home"),
            ("", "*!*@*"),
        ):
            self.assertEqual(full_mask(mask), full)

    def test_matches(self) -> None:
        """A star is any text, a question mark any character; case does not count; no more is special."""
        for mask in ("KIM!*@*", "k?m!k@home.example", "*!*@*.example", "*m!*", "*i*!*h*e*"):
            self.assertTrue(matches(mask, KIM), mask)
        for mask in ("ki!*@*", "kim!*@home", "k.m!*@*", "[k]im!*@*", "*z*"):
            self.assertFalse(matches(mask, KIM), mask)

    def test_no_mask_is_slow(self) -> None:
        """A mask made to be slow is as quick as any."""
        self.assertFalse(matches("*a" * 100 + "*b*!*@*", person("a" * 128)))

    @settings(deadline=None)
    @given(st.text("ab*?", max_size=8), st.text("ab", max_size=6))
    def test_any_mask(self, mask: str, name: str) -> None:
        """A mask matches what the plainest reading of it does."""

        def plain(m: str, n: str) -> bool:
            if not m:
                return not n
            if m[0] == "*":
                return plain(m[1:], n) or (bool(n) and plain(m, n[1:]))
            return bool(n) and m[0] in (n[0], "?") and plain(m[1:], n[1:])

        self.assertEqual(matches(f"{mask}!*@*", person(name)), plain(mask, name))
