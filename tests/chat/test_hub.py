"""The hub: from commands to effects, in one room; what each command does is tested with its step."""

from tests.chat.hubcase import HubCase, person
from twisted_suite.chat import commands as c
from twisted_suite.chat import events as e
from twisted_suite.chat import replies as r
from twisted_suite.chat.entrance import MAX_NAME_TRIES
from twisted_suite.chat.house import HubLimits
from twisted_suite.chat.hub import Hub
from twisted_suite.chat.log import RoomLimits
from twisted_suite.chat.names import NameFault
from twisted_suite.chat.sessions import Abort, State


class NamingTests(HubCase):
    def test_join(self) -> None:
        """A peer is asked for its name; then everybody, the newcomer too, hears of it."""
        kim = self.member("kim")
        lee = self.connected()
        self.assert_got(lee, r.NameAsked())
        self.do(lee, c.Login(" lee "))
        self.assertTrue(lee.is_named)
        self.assert_got(kim, e.Joined(person("lee")))
        self.assert_got(lee, e.Joined(person("lee")))

    def test_taken(self) -> None:
        """A name that somebody present has, however it is written, is asked for again."""
        self.member("Kim")
        other = self.connected()
        self.do(other, c.Login("ｋＩＭ"))
        self.assert_got(other, r.NameAsked(), r.NameTaken("ｋＩＭ"), r.NameAsked())
        self.assertFalse(other.is_named)

    def test_refused(self) -> None:
        """A name that is not acceptable is answered with the reason and the question."""
        peer = self.connected()
        self.do(peer, c.Login("[x]"), c.Overrun(10))
        self.assert_got(
            peer,
            r.NameAsked(),
            r.NameRefused(NameFault.BRACKET, "[x]"),
            r.NameAsked(),
            r.NameRefused(NameFault.TOO_LONG),
            r.NameAsked(),
        )

    def test_too_many_tries(self) -> None:
        """After so many refusals the connection ends."""
        peer = self.connected()
        self.do(peer, *[c.Login("")] * (MAX_NAME_TRIES - 1))
        self.assertEqual(self.closed, [])
        self.do(peer, c.Login(""), c.Login("kim"))
        self.assertEqual(self.closed, [peer])
        self.assertEqual(self.got[peer][-2:], [r.NameRefused(NameFault.EMPTY), r.TriesExhausted()])
        self.assertFalse(peer.is_named)

    def test_leaves_before_login(self) -> None:
        """Nobody hears of a peer that goes without a name, however it goes."""
        kim = self.member("kim")
        for commands in ((c.HangUp(),), (c.Quit(), c.HangUp()), (c.Dismiss(), c.HangUp())):
            self.do(self.connected(), *commands)
        self.assert_got(kim)
        self.assertEqual(len(self.closed), 2)

    def test_only_a_member_speaks(self) -> None:
        """What makes no sense before login is ignored."""
        kim = self.member("kim")
        peer = self.connected()
        self.do(peer, c.Say("hello"), c.Mistype("/x"), c.Join("x"), c.Pause(), c.Resume())
        self.assert_got(peer, r.NameAsked())
        self.assert_got(kim)

    def test_name_is_free_again(self) -> None:
        """A name can be taken as soon as its owner has left, in whichever way."""
        for leave in (c.Quit(), c.HangUp(), c.Dismiss()):
            self.do(self.member("kim"), leave)
            self.assertTrue(self.member("KIM").is_named)
            self.hub = Hub()


class TalkingTests(HubCase):
    def setUp(self) -> None:
        super().setUp()
        self.kim, self.lee = self.member("kim"), self.member("lee")
        self.turn()
        self.got[self.kim].clear()

    def test_say(self) -> None:
        """What is said in one turn reaches all, the speaker too, in the same order and in one write."""
        self.writes.clear()
        self.do(self.kim, c.Say("1"))
        self.do(self.lee, c.Say("2"))
        self.assertEqual(self.flushes, 1)
        self.turn()
        self.assertEqual(self.writes, [(self.kim, self.lee)])
        for session in (self.kim, self.lee):
            self.assert_got(session, e.Said(person("kim"), "1"), e.Said(person("lee"), "2"))

    def test_hint(self) -> None:
        """A hint goes to one alone, after what was said before it."""
        self.do(self.kim, c.Say("1"), c.Mistype("/x"), c.Overrun(10))
        self.assert_got(self.kim, e.Said(person("kim"), "1"), r.NotUnderstood("/x"), r.MessageRefused(10))
        self.assert_got(self.lee, e.Said(person("kim"), "1"))

    def test_no_replies_to_a_full_transport(self) -> None:
        """Replies do not pile up for a peer that asks and does not read."""
        self.do(self.kim, c.Pause(), *[c.Mistype("/x")] * 100)
        self.assert_got(self.kim)

    def test_burst(self) -> None:
        """A paste of any length reaches members that keep up whole."""
        texts = [f"{number:060}" for number in range(5000)]  # more than is kept
        self.do(self.kim, *map(c.Say, texts))
        self.assertLessEqual(self.flushes, 1)
        self.assert_got(self.lee, *[e.Said(person("kim"), text) for text in texts])

    def test_quit(self) -> None:
        """Who quits is sent what was said before; the others hear that it left; then it is closed."""
        self.do(self.kim, c.Say("bye"), c.Quit(), c.Say("ignored"))
        self.assert_got(self.kim, e.Said(person("kim"), "bye"))
        self.assertEqual(self.closed, [self.kim])
        self.assert_got(self.lee, e.Said(person("kim"), "bye"), e.Gone(person("kim")))
        self.do(self.kim, c.HangUp())
        self.assert_got(self.lee)

    def test_hang_up(self) -> None:
        """The others hear of one that is cut off."""
        self.do(self.kim, c.HangUp(), c.HangUp())
        self.assert_got(self.lee, e.Gone(person("kim")))
        self.assertIs(self.kim.state, State.CLOSED)

    def test_hang_up_while_leaving(self) -> None:
        """One that quits and is cut off before it has everything has left once."""
        self.do(self.kim, c.Pause(), c.Say("1"), c.Quit(), c.HangUp(), c.HangUp())
        self.assert_got(self.lee, e.Said(person("kim"), "1"), e.Gone(person("kim")))
        self.assertEqual(self.closed, [])

    def test_quit_while_full(self) -> None:
        """One that quits with a full transport is closed when it has taken the rest."""
        self.do(self.kim, c.Pause(), c.Say("1"), c.Quit())
        self.assert_got(self.kim)
        self.do(self.kim, c.Resume())
        self.assert_got(self.kim, e.Said(person("kim"), "1"))
        self.assertEqual(self.closed, [self.kim])

    def test_pause_while_leaving(self) -> None:
        """A transport that fills up again on the way out is waited for again."""
        self.do(self.kim, c.Pause(), c.Say("1"), c.Quit(), c.Resume(), c.Pause())
        self.assert_got(self.kim)
        self.do(self.kim, c.Resume())
        self.assert_got(self.kim, e.Said(person("kim"), "1"))

    def test_dismiss(self) -> None:
        """When the server stops, the last line of each says so, and nobody is announced as leaving."""
        self.do(self.kim, c.Say("1"), c.Dismiss())
        self.do(self.lee, c.Dismiss())
        for session in (self.kim, self.lee):
            self.assert_got(session, e.Said(person("kim"), "1"), r.ServerStopped())
        self.assertEqual(self.closed, [self.kim, self.lee])


class SlowTests(HubCase):
    def test_gap(self) -> None:
        """One that was away too long is told how much it missed."""
        self.hub = Hub(HubLimits(room=RoomLimits(kept_events=2)))
        kim, lee = self.member("kim"), self.member("lee")
        self.do(lee, c.Pause())
        self.do(kim, *map(c.Say, "12345"))
        self.turn()
        self.do(lee, c.Resume())
        self.assert_got(lee, r.Missed(3), e.Said(person("kim"), "4"), e.Said(person("kim"), "5"))

    def test_cut_off(self) -> None:
        """One that does not read for so long is cut off; the others hear of it when it is gone."""
        kim, lee = self.member("kim"), self.member("lee")
        self.got[kim].clear()
        self.now = 5.0
        self.do(lee, c.Pause())
        self.execute(self.hub.sweep(5.0 + HubLimits().slow_after_s - 1))
        self.assertEqual(self.aborted, [])
        self.execute(self.hub.sweep(5.0 + HubLimits().slow_after_s))
        self.assertEqual(self.aborted, [(lee, "60 s behind")])
        self.do(lee, c.HangUp())
        self.assert_got(kim, e.Gone(person("lee")))
        self.assertEqual(self.hub.sweep(1000.0), [])

    def test_stuck_while_closing(self) -> None:
        """One that is being closed and never takes the rest is cut off as well."""
        kim = self.member("kim")
        self.do(kim, c.Quit())
        self.turn()
        self.assertEqual(self.closed, [kim])
        self.assertEqual(self.hub.sweep(HubLimits().slow_after_s), [Abort(kim, "60 s behind")])
        self.do(kim, c.HangUp())
        self.assertEqual(self.hub.sweep(HubLimits().slow_after_s), [])
