"""Topic, modes, kicks and invitations."""

from tests.chat.hubcase import HubCase, person
from twisted_suite.chat import commands as c
from twisted_suite.chat import events as e
from twisted_suite.chat import replies as r
from twisted_suite.chat.room import MAX_INVITATIONS


class ModerationCase(HubCase):
    def setUp(self) -> None:
        super().setUp()
        self.kim, self.lee, self.park = (
            self.member("kim", "dev"),
            self.member("lee", "dev"),
            self.member("park"),
        )

    def modes(self, *changes: e.Change) -> None:
        self.do(self.kim, c.SetModes(changes))
        self.turn()
        for got in self.got.values():
            got.clear()


class TopicTests(ModerationCase):
    def test_topic(self) -> None:
        """An operator sets it, all hear of it, and it is shown to who asks or comes."""
        self.do(self.kim, c.AskTopic(), c.SetTopic("tea"), c.AskTopic())
        self.assert_got(
            self.kim,
            r.TopicShown("dev", ""),
            e.TopicSet(person("kim"), "tea"),
            r.TopicShown("dev", "tea", "kim", 0.0),
        )
        self.assert_got(self.lee, e.TopicSet(person("kim"), "tea"))

    def test_not_an_operator(self) -> None:
        """Others may only where the room lets them."""
        self.do(self.lee, c.SetTopic("x"))
        self.assert_got(self.lee, r.Refused(r.Fault.NOT_OPERATOR, "dev"))
        self.modes(e.Change(False, "t"))
        self.do(self.lee, c.SetTopic("x"))
        self.assert_got(self.kim, e.TopicSet(person("lee"), "x"))

    def test_not_there(self) -> None:
        """From outside it is neither set nor shown."""
        self.do(self.park, c.SetTopic("x", "dev"), c.AskTopic("dev"))
        self.assert_got(self.park, *[r.Refused(r.Fault.NOT_THERE, "dev")] * 2)


class ModeTests(ModerationCase):
    def test_changes(self) -> None:
        """What changed is told as one; what did not, or cannot, is left out."""
        self.do(
            self.kim,
            c.SetModes(
                (e.Change(True, "i"), e.Change(True, "n"), e.Change(True, "v", "LEE"), e.Change(True, "z"))
            ),
        )
        made = e.ModesSet(person("kim"), (e.Change(True, "i"), e.Change(True, "v", "lee")))
        self.assert_got(self.lee, made)
        self.assert_got(self.kim, r.Refused(r.Fault.UNKNOWN_MODE, "z", "dev"), made)

    def test_operators(self) -> None:
        """Operators make and unmake operators."""
        self.modes(e.Change(True, "o", "lee"))
        self.do(self.lee, c.SetModes((e.Change(False, "o", "kim"),)))
        self.turn()
        self.do(self.kim, c.SetModes((e.Change(True, "i"),)))
        self.assertEqual(self.got[self.kim][-1], r.Refused(r.Fault.NOT_OPERATOR, "dev"))

    def test_of_nobody(self) -> None:
        """A status is for those who are there."""
        self.do(self.kim, c.SetModes((e.Change(True, "o", "park"), e.Change(True, "v", "nobody"))))
        self.assert_got(
            self.kim,
            r.Refused(r.Fault.NOT_IN_ROOM, "park", "dev"),
            r.Refused(r.Fault.NO_SUCH_NAME, "nobody"),
        )

    def test_shown(self) -> None:
        """Modes and bans can be asked for."""
        self.modes(e.Change(True, "b", "park"))
        self.do(self.lee, c.AskModes(), c.AskBans())
        changes = (e.Change(True, "n"), e.Change(True, "t"))
        self.assert_got(
            self.lee, r.ModesShown("dev", changes), r.BansShown("dev", (("park!*@*", "kim", 0.0),))
        )
        self.do(self.park, c.Join("dev"))
        self.assert_got(self.park, r.Refused(r.Fault.BANNED, "dev"))

    def test_lobby_has_no_operator(self) -> None:
        """Nobody is the operator of everybody's room."""
        self.do(self.kim, c.SetModes((e.Change(True, "i"),), "lobby"))
        self.assert_got(self.kim, r.Refused(r.Fault.NOT_OPERATOR, "lobby"))


class KickTests(ModerationCase):
    def test_kick(self) -> None:
        """Who is put out hears so, then nothing more of the room."""
        self.do(self.kim, c.Kick("lee", reason="tea"), c.Say("x"))
        self.assert_got(self.lee, e.Kicked(person("kim"), "lee", "tea"))
        self.assert_got(self.kim, e.Kicked(person("kim"), "lee", "tea"), e.Said(person("kim"), "x"))
        self.do(self.lee, c.Say("still here"))
        self.assert_got(self.park, e.Said(person("lee"), "still here"))

    def test_refused(self) -> None:
        """By operators, and only of who is there."""
        self.do(self.lee, c.Kick("kim"))
        self.do(self.kim, c.Kick("park"), c.Kick("nobody"))
        self.assert_got(self.lee, r.Refused(r.Fault.NOT_OPERATOR, "dev"))
        self.assert_got(
            self.kim,
            r.Refused(r.Fault.NOT_IN_ROOM, "park", "dev"),
            r.Refused(r.Fault.NO_SUCH_NAME, "nobody"),
        )

    def test_does_not_read(self) -> None:
        """One that does not read is out all the same, and learns of it when it reads again."""
        self.do(self.lee, c.Pause())
        self.do(self.kim, c.Kick("lee"), c.Say("x"))
        self.turn()
        self.do(self.lee, c.Resume())
        self.assert_got(self.lee, e.Kicked(person("kim"), "lee"))
        self.assertEqual([room.name.shown for room in self.lee.rooms], ["lobby"])


class InviteTests(ModerationCase):
    def test_invite(self) -> None:
        """An invitation is told to both, and lets one in where others are not."""
        self.modes(e.Change(True, "i"))
        self.do(self.kim, c.Invite("park"))
        self.assert_got(self.kim, r.InviteSent("park", "dev"))
        self.assert_got(self.park, r.Invited(person("kim"), "dev", "park"))
        self.do(self.park, c.Join("dev"))
        self.assert_got(self.park, e.Joined(person("park")))

    def test_refused(self) -> None:
        """To a closed room operators invite; who is there is not invited."""
        self.modes(e.Change(True, "i"))
        self.do(self.lee, c.Invite("park"))
        self.do(self.kim, c.Invite("lee"))
        self.assert_got(self.lee, r.Refused(r.Fault.NOT_OPERATOR, "dev"))
        self.assert_got(self.kim, r.Refused(r.Fault.ALREADY_THERE, "lee", "dev"))

    def test_bounded(self) -> None:
        """So many invitations are remembered; the oldest go first."""
        room = self.kim.here
        assert room is not None
        for _ in range(MAX_INVITATIONS + 5):
            room.invitations[self.connected()] = None
        self.do(self.kim, c.Invite("park"))
        self.assertIn(self.park, room.invitations)
        self.assertLessEqual(len(room.invitations), MAX_INVITATIONS + 5)
