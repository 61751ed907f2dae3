"""The house: unique names, bounded rooms, order between what was said and what is answered."""

from tests.chat.hubcase import HubCase, person, plain
from twisted_suite.chat import commands as c
from twisted_suite.chat import events as e
from twisted_suite.chat import house
from twisted_suite.chat import replies as r
from twisted_suite.chat.house import House, HubLimits
from twisted_suite.chat.names import Name
from twisted_suite.chat.sessions import Session


class RoomTests(HubCase):
    def test_empty_rooms_are_forgotten(self) -> None:
        """Logs of empty rooms are kept, the newest; one that is opened again is another epoch."""
        here = House()
        first = here.open_room(Name("0", "0"))
        for number in range(house.MAX_EMPTY_ROOMS):
            here.open_room(Name(str(number), str(number)))
        self.assertIs(here.find_room(Name("0", "0")), first)
        here.open_room(Name("one more", "one more"))
        self.assertIsNone(here.find_room(Name("0", "0")))
        self.assertNotEqual(here.open_room(Name("0", "0")).log.epoch, first.log.epoch)

    def test_epochs_differ(self) -> None:
        """No two logs share an epoch, in one start of the server or in two."""
        starts = House(now=1.0), House(now=2.0)
        epochs = {start.open_room(Name(name, name)).log.epoch for start in starts for name in "abc"}
        self.assertEqual(len(epochs), 6)

    def test_neighbours(self) -> None:
        """All who share some room, each once, and oneself not."""
        kim, lee, park = self.member("kim", "dev"), self.member("lee", "dev"), self.member("park")
        self.assertEqual(list(self.hub.house.neighbours(kim)), [lee, park])


class NameTests(HubCase):
    def test_lookalike(self) -> None:
        """A name that reads like one that is present is that one's, until it is free."""
        here = House()
        session = Session()
        here.take_name(session, Name("paypal", "paypal"))
        self.assertIs(here.owner(Name("раураl", "раураl")), session)
        here.take_name(session, Name("kim", "kim"))
        self.assertIsNone(here.owner(Name("paypal", "paypal")))
        here.free_name(session)
        here.free_name(session)
        self.assertIsNone(here.owner(Name("kim", "kim")))


class OrderTests(HubCase):
    def test_reply_comes_after(self) -> None:
        """An answer comes after what was said before it; the others wait for the end of the turn."""
        kim, lee = self.member("kim"), self.member("lee")
        self.do(lee, c.Say("1"))
        self.do(kim, c.Mistype("/x"))
        self.assertEqual(self.got[kim], [e.Said(person("lee"), "1"), r.NotUnderstood("/x")])
        self.assertEqual(self.got[lee], [])
        self.assert_got(lee, e.Said(person("lee"), "1"))
        self.assert_got(kim, e.Said(person("lee"), "1"), r.NotUnderstood("/x"))

    def test_appended_once_and_first(self) -> None:
        """The history is offered each event once, in order, with its epoch."""
        kim, _ = self.member("kim"), self.member("lee")
        self.appended.clear()
        self.do(kim, c.Say("1"), c.Mistype("/x"), c.Say("2"))
        self.turn()
        texts = [p.event.text for a in self.appended for p in a.events if isinstance(p.event, e.Said)]
        self.assertEqual(texts, ["1", "2"])
        self.assertEqual({a.epoch for a in self.appended}, {self.hub.house.default_room.log.epoch})

    def test_presence_is_for_readers(self) -> None:
        """Presence is told to those who read now, and is nothing for the others to catch up on."""
        kim, lee = self.member("kim"), self.member("lee")
        self.do(lee, c.Pause())
        self.do(kim, c.SetAway("tea"))
        self.do(lee, c.Resume())
        self.assert_got(lee)
        self.assert_got(kim, r.AwaySet(person("kim"), "tea"))


class LimitTests(HubCase):
    limits = HubLimits(max_rooms=3, max_rooms_each=2)

    def test_rooms(self) -> None:
        """So many rooms for each, and so many in all."""
        kim, lee = self.member("kim"), self.member("lee")
        self.do(kim, c.Join("a"), c.Join("b"))
        self.assert_got(kim, e.Joined(person("kim")), r.Refused(r.Fault.TOO_MANY_ROOMS, "b"))
        self.do(lee, c.Part(), c.Join("b"), c.Join("c"))
        self.assertEqual(self.got[lee][-1], r.Refused(r.Fault.TOO_MANY_ROOMS, "c"))


class CrowdTests(HubCase):
    limits = HubLimits(crowd_above=3)

    def test_collapsed(self) -> None:
        """In a large room arrivals and departures are told as one; each hears of its own at once."""
        kim, *_ = (self.member(name) for name in ("kim", "lee", "park"))
        for name in ("choi", "jung", "kang"):
            self.assertIn(e.Joined(person(name)), self.joined(name))
        self.assert_got(kim)
        self.now += 1.0
        self.execute(self.hub.sweep(self.now))
        self.assert_got(kim, e.Crowd(person("choi"), 3, 0))

    def joined(self, name: str) -> list[object]:
        session = self.connected()
        self.do(session, c.Login(name))
        self.turn()
        return list(self.got[session])

    def test_small_again(self) -> None:
        """As a room gets small each is told of again; numbers stay dense, and a resume finds the crowd."""
        sessions = [self.member(name) for name in ("kim", "lee", "park", "choi")]
        self.do(sessions[3], c.Part())
        self.now += 1.0
        self.do(sessions[0], c.Say("x"))
        self.turn()
        self.do(sessions[2], c.HangUp())
        self.turn()
        events = [plain(p.event) for p in self.hub.house.default_room.log.last(3)]
        self.assertEqual(
            events, [e.Said(person("kim"), "x"), e.Crowd(person("choi"), 1, 1), e.Gone(person("park"))]
        )

    def test_bytes(self) -> None:
        """A thousand arrivals cost each member a few lines, and not a thousand."""
        kim = self.member("kim")
        for number in range(1000):
            self.do(self.connected(), c.Login(f"member-{number}x"))
            self.now += 0.001
            self.turn()
        self.now += 1.0
        self.execute(self.hub.sweep(self.now))
        self.turn()
        self.assertLess(len(self.got[kim]), 10)
        self.assertEqual(sum(got.came for got in self.got[kim] if isinstance(got, e.Crowd)), 998)
