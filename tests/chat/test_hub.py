"""The hub: sessions, names and one room, through commands and effects alone."""

from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.chat import messages as m
from twisted_suite.chat.hub import (
    MAX_NAME_TRIES,
    SLOW_AFTER_S,
    Abort,
    Close,
    Effect,
    Flush,
    Hub,
    Send,
    Session,
    State,
)
from twisted_suite.chat.room import Room, RoomLimits


class HubCase(SynchronousTestCase):
    """A hub whose effects are executed on lists."""

    def setUp(self) -> None:
        self.hub = Hub()
        self.now = 0.0
        self.got: dict[Session, list[m.Event]] = {}
        self.writes: list[tuple[Session, ...]] = []
        self.closed: list[Session] = []
        self.aborted: list[tuple[Session, str]] = []
        self.flushes = 0  # asked for and not yet made

    def execute(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Send(sessions, events):
                    self.writes.append(sessions)
                    for session in sessions:
                        self.assertNotIn(session, self.closed)
                        self.got[session].extend(events)
                case Close(session):
                    self.closed.append(session)
                case Abort(session, reason):
                    self.aborted.append((session, reason))
                case Flush():
                    self.flushes += 1

    def do(self, session: Session, *commands: m.Command) -> None:
        for command in commands:
            self.execute(self.hub.handle(session, command, self.now))

    def turn(self) -> None:
        """The loop's turn is over."""
        while self.flushes:
            self.flushes -= 1
            self.execute(self.hub.flush(self.now))

    def connected(self) -> Session:
        session = Session()
        self.got[session] = []
        self.do(session, m.Connect())
        return session

    def member(self, name: str) -> Session:
        session = self.connected()
        self.do(session, m.Join(name))
        self.turn()
        self.got[session].clear()
        return session

    def assert_got(self, session: Session, *events: m.Event) -> None:
        self.turn()
        self.assertEqual(self.got[session], list(events))
        self.got[session].clear()


class NamingTests(HubCase):
    def test_join(self) -> None:
        """A peer is asked for its name; then everybody, the newcomer too, hears of it."""
        kim = self.member("kim")
        lee = self.connected()
        self.assert_got(lee, m.NameAsked())
        self.do(lee, m.Join(" lee "))
        self.assertTrue(lee.is_named)
        self.assert_got(kim, m.Joined("lee"))
        self.assert_got(lee, m.Joined("lee"))

    def test_taken(self) -> None:
        """A name that somebody present has, however it is written, is asked for again."""
        self.member("Kim")
        other = self.connected()
        self.do(other, m.Join("ｋＩＭ"))
        self.assert_got(other, m.NameAsked(), m.NameTaken(), m.NameAsked())
        self.assertFalse(other.is_named)

    def test_refused(self) -> None:
        """A name that is not acceptable is answered with the reason and the question."""
        peer = self.connected()
        self.do(peer, m.Join("[x]"), m.Overrun(10))
        self.assert_got(
            peer,
            m.NameAsked(),
            m.NameRefused(m.NameFault.BRACKET),
            m.NameAsked(),
            m.NameRefused(m.NameFault.TOO_LONG),
            m.NameAsked(),
        )

    def test_too_many_tries(self) -> None:
        """After so many refusals the connection ends."""
        peer = self.connected()
        self.do(peer, *[m.Join("")] * (MAX_NAME_TRIES - 1))
        self.assertEqual(self.closed, [])
        self.do(peer, m.Join(""), m.Join("kim"))
        self.assertEqual(self.closed, [peer])
        self.assertEqual(self.got[peer][-2:], [m.NameRefused(m.NameFault.EMPTY), m.TriesExhausted()])
        self.assertFalse(peer.is_named)

    def test_leaves_before_login(self) -> None:
        """Nobody hears of a peer that goes without a name, however it goes."""
        kim = self.member("kim")
        for commands in ((m.HangUp(),), (m.Quit(), m.HangUp()), (m.Dismiss(), m.HangUp())):
            self.do(self.connected(), *commands)
        self.assert_got(kim)
        self.assertEqual(len(self.closed), 2)

    def test_only_a_member_speaks(self) -> None:
        """What makes no sense before login is ignored."""
        kim = self.member("kim")
        peer = self.connected()
        self.do(peer, m.Say("hello"), m.Mistype("/x"), m.Pause(), m.Resume())
        self.assert_got(peer, m.NameAsked())
        self.assert_got(kim)

    def test_name_is_free_again(self) -> None:
        """A name can be taken as soon as its owner has left, in whichever way."""
        for leave in (m.Quit(), m.HangUp(), m.Dismiss()):
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
        self.do(self.kim, m.Say("1"))
        self.do(self.lee, m.Say("2"))
        self.assertEqual(self.flushes, 1)
        self.turn()
        self.assertEqual(self.writes, [(self.kim, self.lee)])
        for session in (self.kim, self.lee):
            self.assert_got(session, m.Said("kim", "1"), m.Said("lee", "2"))

    def test_hint(self) -> None:
        """A hint goes to one alone, after what was said before it."""
        self.do(self.kim, m.Say("1"), m.Mistype("/x"), m.Overrun(10))
        self.assert_got(self.kim, m.Said("kim", "1"), m.NotUnderstood("/x"), m.MessageRefused(10))
        self.assert_got(self.lee, m.Said("kim", "1"))

    def test_no_replies_to_a_full_transport(self) -> None:
        """Replies do not pile up for a peer that asks and does not read."""
        self.do(self.kim, m.Pause(), *[m.Mistype("/x")] * 100)
        self.assert_got(self.kim)

    def test_burst(self) -> None:
        """A paste of any length reaches members that keep up whole."""
        texts = [f"{number:060}" for number in range(5000)]  # more than is kept
        self.do(self.kim, *map(m.Say, texts))
        self.assertLessEqual(self.flushes, 1)
        self.assert_got(self.lee, *[m.Said("kim", text) for text in texts])

    def test_quit(self) -> None:
        """Who quits is sent what was said before; the others hear that it left; then it is closed."""
        self.do(self.kim, m.Say("bye"), m.Quit(), m.Say("ignored"))
        self.assertEqual(self.closed, [])
        self.assert_got(self.kim, m.Said("kim", "bye"))
        self.assertEqual(self.closed, [self.kim])
        self.assert_got(self.lee, m.Said("kim", "bye"), m.Left("kim"))
        self.do(self.kim, m.HangUp())
        self.assert_got(self.lee)

    def test_hang_up(self) -> None:
        """The others hear of one that is cut off."""
        self.do(self.kim, m.HangUp(), m.HangUp())
        self.assert_got(self.lee, m.Left("kim"))
        self.assertIs(self.kim.state, State.CLOSED)

    def test_hang_up_while_leaving(self) -> None:
        """One that quits and is cut off before it has everything has left once."""
        self.do(self.kim, m.Quit(), m.HangUp())
        self.assert_got(self.lee, m.Left("kim"))
        self.assertEqual(self.closed, [])

    def test_quit_while_full(self) -> None:
        """One that quits with a full transport is closed when it has taken the rest."""
        self.do(self.kim, m.Pause(), m.Say("1"), m.Quit())
        self.assert_got(self.kim)
        self.do(self.kim, m.Resume())
        self.assert_got(self.kim, m.Said("kim", "1"))
        self.assertEqual(self.closed, [self.kim])

    def test_pause_while_leaving(self) -> None:
        """A transport that fills up on the way out is waited for too."""
        self.do(self.kim, m.Say("1"), m.Quit(), m.Pause())
        self.assert_got(self.kim)
        self.do(self.kim, m.Resume())
        self.assert_got(self.kim, m.Said("kim", "1"))

    def test_dismiss(self) -> None:
        """When the server stops, the last line of each says so, and nobody is announced as leaving."""
        self.do(self.kim, m.Say("1"), m.Dismiss())
        self.do(self.lee, m.Dismiss())
        for session in (self.kim, self.lee):
            self.assert_got(session, m.Said("kim", "1"), m.ServerStopped())
        self.assertEqual(self.closed, [self.kim, self.lee])


class SlowTests(HubCase):
    def test_gap(self) -> None:
        """One that was away too long is told how much it missed."""
        self.hub = Hub(Room(RoomLimits(kept_events=2)))
        kim, lee = self.member("kim"), self.member("lee")
        self.do(lee, m.Pause())
        self.do(kim, *map(m.Say, "12345"))
        self.turn()
        self.do(lee, m.Resume())
        self.assert_got(lee, m.Missed(3), m.Said("kim", "4"), m.Said("kim", "5"))

    def test_cut_off(self) -> None:
        """One that does not read for so long is cut off; the others hear of it when it is gone."""
        kim, lee = self.member("kim"), self.member("lee")
        self.got[kim].clear()
        self.now = 5.0
        self.do(lee, m.Pause())
        self.execute(self.hub.sweep(5.0 + SLOW_AFTER_S - 1))
        self.assertEqual(self.aborted, [])
        self.execute(self.hub.sweep(5.0 + SLOW_AFTER_S))
        self.assertEqual(self.aborted, [(lee, "60 s behind")])
        self.do(lee, m.HangUp())
        self.assert_got(kim, m.Left("lee"))
        self.assertEqual(self.hub.sweep(1000.0), [])

    def test_stuck_while_closing(self) -> None:
        """One that is being closed and never takes the rest is cut off as well."""
        kim = self.member("kim")
        self.do(kim, m.Quit())
        self.turn()
        self.assertEqual(self.closed, [kim])
        self.assertEqual(self.hub.sweep(SLOW_AFTER_S), [Abort(kim, "60 s behind")])
        self.do(kim, m.HangUp())
        self.assertEqual(self.hub.sweep(SLOW_AFTER_S), [])
