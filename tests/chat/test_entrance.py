"""Coming, going, and presence."""

from tests.chat.hubcase import HubCase, person
from twisted_suite.chat import commands as c
from twisted_suite.chat import events as e
from twisted_suite.chat import replies as r
from twisted_suite.chat.names import NameFault
from twisted_suite.chat.sessions import Session, State


class LoginTests(HubCase):
    unsaid = ()

    def test_without_a_room(self) -> None:
        """A front end may let its peers in without a room."""
        kim = Session()
        self.got[kim] = []
        self.do(kim, c.Connect("home"), c.Login("kim", None, "k", "Kim", "account"))
        self.assertEqual(kim.person, e.Person("kim", 1, "k", "home", "account"))
        self.assertEqual(self.got[kim], [r.NameAsked(), r.LoggedIn(person("kim"))])
        self.assertEqual((kim.rooms, kim.realname), ({}, "Kim"))

    def test_into_a_room(self) -> None:
        """With a room, it is told of its login, its entry and where it is, in this order."""
        kim = self.connected()
        self.do(kim, c.Login("kim"))
        epoch = self.hub.house.default_room.log.epoch
        self.assert_got(
            kim,
            r.NameAsked(),
            r.LoggedIn(person("kim")),
            e.Joined(person("kim")),
            r.Entered("lobby", epoch, 1, 1),
        )

    def test_lookalike(self) -> None:
        """A name that reads like one that is present is taken."""
        self.member("paypal")
        other = self.connected()
        self.do(other, c.Login("раураl"))
        self.assertEqual(self.got[other][1:], [r.NameTaken("раураl"), r.NameAsked()])

    def test_account_before_the_name(self) -> None:
        """An account that was proved first is kept through the login."""
        kim = self.connected()
        self.do(kim, c.SetAccount("kim@example"), c.Login("kim"))
        self.assertEqual(kim.person.account, "kim@example")


class RenameTests(HubCase):
    def test_rename(self) -> None:
        """All who share a room hear of a new name, once in each, and it is used from then on."""
        kim, lee = self.member("kim", "dev"), self.member("lee")
        self.do(kim, c.Rename("Kim2"), c.Say("hi", "lobby"))
        self.assert_got(lee, e.Renamed(person("kim"), "Kim2"), e.Said(person("Kim2"), "hi"))
        self.assertEqual(self.got[kim].count(e.Renamed(person("kim"), "Kim2")), 2)
        self.assertEqual({s.person.name for s in self.hub.house.present.values()}, {"Kim2", "lee"})

    def test_in_no_room(self) -> None:
        """One that is in no room is told alone."""
        kim = self.member("kim")
        self.do(kim, c.Part(), c.Rename("kim2"))
        self.assertEqual(self.got[kim][-1], r.YouRenamed(person("kim"), "kim2"))

    def test_refused(self) -> None:
        """A name that is taken or not acceptable is refused, and costs nothing."""
        kim, _ = self.member("kim"), self.member("lee")
        self.do(kim, c.Rename("LEE"), c.Rename("[x]"), c.Rename("kim"))
        self.assert_got(kim, r.NameTaken("LEE"), r.NameRefused(NameFault.BRACKET, "[x]"))

    def test_other_case(self) -> None:
        """One's own name in another case is free to oneself."""
        kim = self.member("kim")
        self.do(kim, c.Rename("KIM"))
        self.assert_got(kim, e.Renamed(person("kim"), "KIM"))


class PresenceTests(HubCase):
    def test_away(self) -> None:
        """Those who share a room are told of an absence, each once."""
        kim, lee = self.member("kim", "dev"), self.member("lee", "dev")
        self.do(kim, c.SetAway("tea"), c.SetAway())
        told = [r.AwaySet(person("kim"), "tea"), r.AwaySet(person("kim"), None)]
        self.assert_got(lee, *told)
        self.assert_got(kim, *told)

    def test_realname(self) -> None:
        """And of another realname."""
        kim, lee = self.member("kim"), self.member("lee")
        self.do(kim, c.SetRealname("Kim C."))
        self.assert_got(lee, r.RealnameSet(person("kim"), "Kim C."))
        self.assertEqual(kim.realname, "Kim C.")


class LeavingTests(HubCase):
    def test_out_of_all_rooms(self) -> None:
        """Who quits is gone from each of its rooms, which name each other."""
        kim = self.member("kim", "dev")
        lee = self.member("lee", "dev")
        self.do(kim, c.Quit("bye"))
        self.assert_got(lee, *[e.Gone(person("kim"), "bye")] * 2)
        for append in self.appended[-2:]:
            self.assertEqual(append.events[-1].event, e.Gone(kim.person, "bye", ("lobby", "dev")))
        self.assertEqual(self.hub.house.departed[-1].who.name, "kim")

    def test_farewell(self) -> None:
        """The last that a peer is told is the farewell, if it reads."""
        self.unsaid = ()
        kim = self.member("kim")
        self.do(kim, c.Say("1"), c.Quit("bye"))
        self.assert_got(kim, e.Said(person("kim"), "1"), r.Goodbye("bye"))
        self.assertEqual((kim.state, self.closed), (State.CLOSED, [kim]))

    def test_before_login_while_full(self) -> None:
        """One that never logged in and does not read is swept, and forgotten when it is gone."""
        peer = self.connected()
        self.do(peer, c.Pause())
        self.assertEqual(len(self.hub.sweep(100.0)), 1)
        self.do(peer, c.HangUp())
        self.assertEqual(self.hub.sweep(100.0), [])
