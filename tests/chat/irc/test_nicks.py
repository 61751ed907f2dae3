"""Names of other front ends, as IRC can write them."""

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.chat.events import Person
from twisted_suite.chat.irc.nicks import is_nick, nick_of, room_of, source_of, user_of
from twisted_suite.chat.names import Name, read_name


class NickTests(SynchronousTestCase):
    def test_nicks(self) -> None:
        """What IRC's grammar cannot hold is no nick."""
        for text in ("kim", "김철수", "kim-1", "_x", "`k^"):
            self.assertTrue(is_nick(text), text)
        for text in (
            "",
            "kim lee",
            "#kim",
            "kim!x",
            "k@x",
            "1kim",
            "a,b",
            ":k",
            "k*",
            "[k]",
            "k.net",
            "~k",
            "-k",
        ):
            self.assertFalse(is_nick(text), text)

    @settings(deadline=None, max_examples=300)
    @given(st.text(st.sampled_from(" !@,*?.#:$&+~%abc가"), min_size=1, max_size=8))
    def test_every_name_can_be_written(self, text: str) -> None:
        """Whatever somebody is called, IRC can write it, and what it writes means the same person."""
        name = read_name(text)
        if isinstance(name, Name):
            nick = nick_of(name.shown)
            self.assertFalse(set(nick) & set(" !@,*?"), nick)
            self.assertNotIn(nick[0], ":#$&+~%")
            again = read_name(nick)
            self.assertEqual(again.key if isinstance(again, Name) else again, name.key)

    def test_source(self) -> None:
        """A source has all of its parts."""
        self.assertEqual(source_of(Person("kim", user="~k", host="h")), "kim!~k@h")
        self.assertEqual(source_of(Person("kim lee")), "kim\N{NO-BREAK SPACE}lee!user@host")

    def test_rooms(self) -> None:
        """A channel is a room with a mark before it."""
        self.assertEqual((room_of("#dev"), room_of("dev"), room_of("#")), ("dev", None, None))

    def test_user(self) -> None:
        """A user name is what can be shown of it, and marked as not proved."""
        self.assertEqual((user_of("kim"), user_of("k@i m"), user_of("@")), ("~kim", "~kim", "~user"))
