"""Saying things, in a room and to one person."""

from tests.chat.hubcase import HubCase, person
from twisted_suite.chat import commands as c
from twisted_suite.chat import events as e
from twisted_suite.chat import replies as r


class SayTests(HubCase):
    def test_where(self) -> None:
        """A message goes to the room that is named, else to the one that was entered last."""
        kim, lee = self.member("kim", "dev"), self.member("lee")
        self.do(kim, c.Say("1"), c.Say("2", "LOBBY"), c.Say("3", "nowhere"))
        self.assert_got(lee, e.Said(person("kim"), "2"))
        self.assertIn(r.Refused(r.Fault.NO_SUCH_ROOM, "nowhere"), self.got[kim])

    def test_kinds(self) -> None:
        """How it is said is kept."""
        kim = self.member("kim")
        self.do(kim, c.Say("waves", kind=e.Kind.EMOTE), c.Say("psst", kind=e.Kind.NOTICE))
        self.assert_got(
            kim,
            e.Said(person("kim"), "waves", e.Kind.EMOTE),
            e.Said(person("kim"), "psst", e.Kind.NOTICE),
        )

    def test_from_outside(self) -> None:
        """A room may take messages from outside; it does not unless told to."""
        kim, lee = self.member("kim", "dev"), self.member("lee")
        self.do(lee, c.Say("1", "dev"))
        self.assert_got(lee, r.Refused(r.Fault.MUTED, "dev"))
        self.do(kim, c.SetModes((e.Change(False, "n"),), "dev"))
        self.turn()
        self.got[kim].clear()
        self.do(lee, c.Say("2", "dev"))
        self.assert_got(kim, e.Said(person("lee"), "2"))
        self.assert_got(lee)


class TellTests(HubCase):
    def test_tell(self) -> None:
        """A private message reaches one, and comes back to the one who wrote it; they are numbered."""
        kim, lee, park = self.member("kim"), self.member("lee"), self.member("park")
        self.do(kim, c.Tell("LEE", "psst"), c.Tell("kim", "note"))
        told = r.Told(person("kim"), "lee", "psst", e.Kind.MESSAGE, 1, 0.0)
        self.assert_got(lee, told)
        self.assert_got(kim, told, r.Told(person("kim"), "kim", "note", e.Kind.MESSAGE, 2, 0.0))
        self.assert_got(park)

    def test_nobody(self) -> None:
        """Nobody of that name is an answer."""
        kim = self.member("kim")
        self.do(kim, c.Tell("nobody", "psst"))
        self.assert_got(kim, r.Refused(r.Fault.NO_SUCH_NAME, "nobody"))

    def test_away(self) -> None:
        """One that is away is sent it all the same, and the writer is told; a notice asks for no answer."""
        kim, lee = self.member("kim"), self.member("lee")
        self.do(lee, c.SetAway("tea"))
        self.turn()
        self.got[kim].clear()
        self.do(kim, c.Tell("lee", "a"), c.Tell("lee", "b", e.Kind.NOTICE))
        self.turn()
        self.assertEqual([type(event) for event in self.got[kim]], [r.Told, r.IsAway, r.Told])

    def test_does_not_read(self) -> None:
        """To one that does not read nothing is sent: it would pile up."""
        kim, lee = self.member("kim"), self.member("lee")
        self.do(lee, c.Pause())
        self.do(kim, c.Tell("lee", "psst"))
        self.assert_got(lee)
        self.assertIsInstance(self.got[kim][0], r.Told)

    def test_order(self) -> None:
        """It comes after what was said before in a room."""
        kim, lee = self.member("kim"), self.member("lee")
        self.do(kim, c.Say("1"), c.Tell("lee", "2"))
        self.turn()
        self.assertEqual([type(event) for event in self.got[lee]], [e.Said, r.Told])
