"""Entering rooms, with history or after an absence; leaving them; looking around."""

from tests.chat.hubcase import HubCase, person
from twisted_suite.chat import commands as c
from twisted_suite.chat import events as e
from twisted_suite.chat import replies as r
from twisted_suite.chat.house import HubLimits
from twisted_suite.chat.log import Position, RoomLimits
from twisted_suite.chat.sessions import Recall, Session
from twisted_suite.chat.visits import MAX_RECOUNTED


class EnteringTests(HubCase):
    def test_join(self) -> None:
        """Those in a room, and nobody else, hear of who enters and what is said there."""
        kim, lee, park = self.member("kim", "dev"), self.member("lee"), self.member("park")
        self.do(lee, c.Join("DEV"), c.Say("hi"))
        heard = (e.Joined(person("lee")), e.Said(person("lee"), "hi"))
        self.assert_got(kim, *heard)
        self.assert_got(lee, *heard)
        self.assert_got(park)

    def test_again(self) -> None:
        """Who enters a room that it is in talks there from then on."""
        kim, lee = self.member("kim", "dev"), self.member("lee")
        self.do(kim, c.Join("lobby"), c.Say("hi"))
        self.assert_got(lee, e.Said(person("kim"), "hi"))

    def test_refused(self) -> None:
        """What keeps one out is told."""
        kim, lee = self.member("kim", "dev"), self.member("lee")
        self.do(kim, c.SetModes((e.Change(True, "i"),), "dev"))
        self.do(lee, c.Join("dev"), c.Join("a b"))
        self.assert_got(lee, r.Refused(r.Fault.INVITE_ONLY, "dev"), r.Refused(r.Fault.BAD_ROOM_NAME, "a b"))


class ResumeTests(HubCase):
    limits = HubLimits(room=RoomLimits(kept_events=5))

    def setUp(self) -> None:
        super().setUp()
        self.kim = self.member("kim", "dev")
        self.epoch = self.kim.here.log.epoch if self.kim.here else ""

    def say(self, *texts: str) -> None:
        self.do(self.kim, *(c.Say(text) for text in texts))
        self.turn()

    def joined(self, **options: object) -> Session:
        lee = self.connected()
        self.do(lee, c.Login("lee", None), c.Join("dev", **options))  # type: ignore[arg-type]
        self.turn()
        self.got[lee].remove(r.NameAsked())
        return lee

    def test_after(self) -> None:
        """Who says what it had last gets what followed, each once, then goes on live."""
        self.say("1", "2", "3")
        lee = self.joined(since=Position(self.epoch, 2))
        self.say("4")
        self.assert_got(
            lee,
            *(e.Said(person("kim"), text) for text in "23"),
            e.Joined(person("lee")),
            e.Said(person("kim"), "4"),
        )

    def test_too_late(self) -> None:
        """Past what is kept, it is told how many it lost."""
        self.say(*"123456789")
        lee = self.joined(since=Position(self.epoch, 2))
        self.assertEqual(self.got[lee][:2], [r.Missed(3), e.Said(person("kim"), "5")])

    def test_another_epoch(self) -> None:
        """Of another log nobody can know what it lost: it is told so, and gets what is kept."""
        self.say("1", "2")
        for since in (Position("older", 2), Position(self.epoch, 99)):
            lee = self.joined(since=since)
            self.assertEqual(self.got[lee][0], r.Missed(None, "dev"))
            self.assertIn(e.Said(person("kim"), "1"), self.got[lee])
            self.do(lee, c.HangUp())

    def test_history(self) -> None:
        """Who asks for so many events of the past gets them first; who does not gets none."""
        self.say("1", "2", "3")
        lee = self.joined(history=2)
        self.assert_got(lee, *(e.Said(person("kim"), text) for text in "23"), e.Joined(person("lee")))
        self.do(lee, c.HangUp())
        self.assert_got(self.joined(), e.Joined(person("lee")))

    def test_after_everybody_left(self) -> None:
        """An empty room's log is kept for who comes back."""
        self.say("1")
        self.do(self.kim, c.Part())
        lee = self.joined(since=Position(self.epoch, 1))
        self.assert_got(lee, e.Said(person("kim"), "1"), e.Left(person("kim")), e.Joined(person("lee")))


class LeavingTests(HubCase):
    def test_part(self) -> None:
        """Who leaves a room hears that, then nothing more of it; it talks where it was before."""
        kim, lee = self.member("kim", "dev"), self.member("lee", "dev")
        self.do(kim, c.Part(reason="tea"))
        self.do(lee, c.Say("x"))
        self.assert_got(kim, e.Left(person("kim"), "tea"))
        self.do(kim, c.Say("back"))
        self.assert_got(kim, e.Said(person("kim"), "back"))

    def test_nowhere(self) -> None:
        """Who is in no room cannot talk, and is told so."""
        kim = self.member("kim")
        self.do(kim, c.Part(), c.Say("x"), c.Part("nowhere"))
        self.assertEqual(
            self.got[kim][1:],
            [r.Refused(r.Fault.NOT_THERE, ""), r.Refused(r.Fault.NO_SUCH_ROOM, "nowhere")],
        )


class LookingTests(HubCase):
    def test_members(self) -> None:
        """Who is in a room, with status and absence; any room can be looked at."""
        kim, lee = self.member("kim", "dev"), self.member("lee", "dev")
        park = self.member("park")
        self.do(kim, c.SetAway("tea"))
        self.do(park, c.AskMembers("dev"), c.AskMembers("nowhere"))
        views = (
            r.MemberView(person("kim"), e.Status.OPERATOR, is_away=True),
            r.MemberView(person("lee")),
        )
        told = self.got[park][-2:]
        self.assertIsInstance(told[0], r.Members)
        self.assertEqual([v.status for v in views], [v.status for v in told[0].members])  # type: ignore[union-attr]
        self.assertEqual([v.is_away for v in views], [v.is_away for v in told[0].members])  # type: ignore[union-attr]
        self.assertEqual(told[1], r.Refused(r.Fault.NO_SUCH_ROOM, "nowhere"))
        self.assertIn(lee, self.hub.house.present.values())

    def test_rooms(self) -> None:
        """The rooms with somebody in them, the largest first."""
        kim, _ = self.member("kim", "b", "a"), self.member("lee", "b")
        self.do(kim, c.AskRooms())
        self.assert_got(kim, r.Rooms((r.RoomView("b", 2), r.RoomView("lobby", 2), r.RoomView("a", 1))))

    def test_person(self) -> None:
        """One person: where, and since when."""
        kim, _ = self.member("kim"), self.member("lee", "dev")
        self.do(kim, c.AskPerson("LEE"), c.AskPerson("nobody"))
        (view, refused) = self.got[kim]
        assert isinstance(view, r.PersonView)
        self.assertEqual(view.rooms, (("lobby", e.Status.NONE), ("dev", e.Status.OPERATOR)))
        self.assertEqual(refused, r.Refused(r.Fault.NO_SUCH_NAME, "nobody"))

    def test_help(self) -> None:
        """Help is a reply."""
        kim = self.member("kim")
        self.do(kim, c.AskHelp())
        self.assert_got(kim, r.Helped())


class RecountTests(HubCase):
    def recounted(self, session: Session) -> list[int]:
        self.turn()
        told = self.got[session].pop()
        assert isinstance(told, r.Recounted)
        return [posted.number for posted in told.events]

    def test_recount(self) -> None:
        """The last so many events, or those before one; as many as are kept, and anybody reads."""
        kim = self.member("kim")
        self.do(kim, *(c.Say(str(number)) for number in range(600)))
        self.do(kim, c.Recount(3))
        self.assertEqual(self.recounted(kim), [599, 600, 601])
        self.do(kim, c.Recount(2, before=3))
        self.assertEqual(self.recounted(kim), [1, 2])
        self.do(kim, c.Recount(10_000))
        self.assertEqual(len(self.recounted(kim)), MAX_RECOUNTED)

    def test_recall(self) -> None:
        """What the log no longer has is asked of a history, if there is one, and its answer is passed on."""
        self.hub.house.has_archive = True
        self.hub.restore("dev", "old", [(1.0, e.Said(person("kim"), "x"))], first=50)
        kim = self.member("kim", "dev")
        self.do(kim, c.Recount(10))
        self.assertEqual(self.others, [Recall(kim, "dev", 52, 10)])
        self.execute(self.hub.recalled(kim, "dev", "old", (), self.now))
        self.assert_got(kim, r.Recounted("dev", "old", ()))
        self.do(kim, c.HangUp())
        self.assertEqual(self.hub.recalled(kim, "dev", "old", (), self.now), [])

    def test_members_only(self) -> None:
        """What was said in a room is for those who are in it."""
        self.member("kim", "dev")
        lee = self.member("lee")
        self.do(lee, c.Recount(5, "dev"))
        self.assert_got(lee, r.Refused(r.Fault.NOT_THERE, "dev"))
