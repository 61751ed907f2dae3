"""Commands and events as JSON."""

import json
from dataclasses import fields, is_dataclass
from typing import Any, get_args, get_type_hints

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.chat.hubcase import person
from tests.support import ROOT
from twisted_suite.chat import commands as c
from twisted_suite.chat import events as e
from twisted_suite.chat import replies as r
from twisted_suite.chat.codecs.json import COMMANDS, Malformed, decode, encode, encode_delivery
from twisted_suite.chat.log import Position, Posted
from twisted_suite.chat.sessions import Deliver

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


class DecodeTests(SynchronousTestCase):
    def refused(self, text: str) -> str:
        return str(self.assertRaises(Malformed, decode, text))

    def test_commands(self) -> None:
        """A command is its class by name, with what it leaves out as the class has it."""
        for text, command in (
            ('{"do": "login", "name": "kim", "room": null}', c.Login("kim", None)),
            ('{"do": "say", "text": "hi", "kind": "emote"}', c.Say("hi", None, e.Kind.EMOTE)),
            ('{"do": "tell", "name": "kim", "text": "psst"}', c.Tell("kim", "psst")),
            ('{"do": "recount", "count": 9, "before": 5}', c.Recount(9, None, 5)),
            (
                '{"do": "join", "room": "tea", "since": {"epoch": "e", "number": 7}}',
                c.Join("tea", since=Position("e", 7)),
            ),
            (
                '{"do": "set_modes", "changes": [{"is_set": true, "mode": "o", "argument": "kim"}]}',
                c.SetModes((e.Change(True, "o", "kim"),)),
            ),
            ('{"do": "ask_rooms"}', c.AskRooms()),
        ):
            self.assertEqual(decode(text), command)

    def test_what_no_peer_may_say(self) -> None:
        """What only a transport or a login knows is no command of a peer, nor a field that it sets."""
        for word in ("connect", "hang_up", "pause", "resume", "dismiss", "overrun", "mistype", "set_account"):
            self.assertIn(f"no {word!r} to do", self.refused(json.dumps({"do": word, "account": "x"})))
        self.assertIn("'account'", self.refused('{"do": "login", "name": "kim", "account": "root"}'))

    def test_mistakes(self) -> None:
        """A mistake is named: what is missing, what is too much, what is of another kind."""
        for text, fault in (
            ("", "not JSON"),
            ("[1]", 'not an object with a "do"'),
            ('{"do": 1}', 'not an object with a "do"'),
            ('{"do": "dance"}', "no 'dance' to do"),
            ('{"do": "say"}', "say needs 'text'"),
            ('{"do": "say", "text": "a", "colour": "red"}', "say has no 'colour'"),
            ('{"do": "say", "text": 1}', "say.text is not a text"),
            ('{"do": "say", "text": "a", "kind": "loud"}', "say.kind is not one of message, emote, notice"),
            ('{"do": "recount", "count": true}', "recount.count is not a whole number"),
            ('{"do": "recount", "count": 1e3}', "recount.count is not a whole number"),
            ('{"do": "recount", "count": 99999999999999999999}', "recount.count is not a whole number"),
            ('{"do": "join", "room": "a", "since": 3}', "join.since is not an object"),
            ('{"do": "set_modes", "changes": 1}', "set_modes.changes is not a list"),
            ("[" * 100_000, "not JSON"),
        ):
            self.assertIn(fault, self.refused(text))

    def test_half_a_character(self) -> None:
        """A lone surrogate, which nobody could be sent, becomes a mark."""
        self.assertEqual(decode('{"do": "say", "text": "a\\ud800b"}'), c.Say("a?b"))

    @given(
        st.sampled_from([*COMMANDS, "dance"]),
        st.dictionaries(st.sampled_from(["text", "name", "room", "count"]), JSON),
    )
    def test_anything(self, word: str, said: dict[str, Any]) -> None:
        """Whatever comes is a command whose fields have their types, or is refused."""
        try:
            command = decode(json.dumps({**said, "do": word}))
        except Malformed:
            return
        hints = get_type_hints(type(command))
        for each in fields(command):
            value = getattr(command, each.name)
            allowed = get_args(hints[each.name]) or (hints[each.name],)
            if all(isinstance(kind, type) for kind in allowed):
                self.assertIsInstance(value, allowed)


class EncodeTests(SynchronousTestCase):
    def test_delivery(self) -> None:
        """Events of a room have their place; a gap stands before them."""
        said = Posted("tea", 7, 12.5, e.Said(person("kim"), "안녕 <b>"))
        told = json.loads(encode_delivery(Deliver("tea", (), (said,), 3)))
        self.assertEqual(told[0], {"is": "missed", "count": 3, "room": "tea"})
        self.assertEqual(
            {key: told[1][key] for key in ("is", "room", "number", "at", "text", "kind")},
            {"is": "said", "room": "tea", "number": 7, "at": 12.5, "text": "안녕 <b>", "kind": "message"},
        )

    def test_where_somebody_is_from_stays_here(self) -> None:
        """A person is a name, a number and an account; the host is told to nobody."""
        who = e.Person("kim", 3, "user", "192.0.2.1", "kim@example")
        (told,) = json.loads(encode((r.LoggedIn(who),)))
        self.assertEqual(told["who"], {"name": "kim", "id": 3, "account": "kim@example"})
        self.assertNotIn("192.0.2.1", encode((r.LoggedIn(who),)))

    def test_members(self) -> None:
        """Status is by name."""
        view = r.MemberView(person("kim"), e.Status.OPERATOR | e.Status.VOICE)
        (told,) = json.loads(encode((r.Members("tea", (view,)),)))
        self.assertEqual(sorted(told["members"][0]["status"]), ["operator", "voice"])

    def test_the_past(self) -> None:
        """What is recounted is events with their places."""
        said = Posted("tea", 7, 12.5, e.Said(person("kim"), "a"))
        (told,) = json.loads(encode((r.Recounted("tea", "e", (said,)),)))
        self.assertEqual((told["epoch"], told["events"][0]["number"]), ("e", 7))

    def test_every_event_can_be_told(self) -> None:
        """Each event of the hub is JSON, with a name of its own."""
        names = set()
        for kind in get_args(r.Event):
            assert is_dataclass(kind)
            (told,) = json.loads(encode((_any(kind),)))
            names.add(told["is"])
        self.assertEqual(len(names), len(get_args(r.Event)))


def _any(kind: Any) -> Any:
    """A value of this class."""
    samples = {str: "a", int: 1, float: 1.0, bool: True, e.Person: person("kim"), e.Status: e.Status.VOICE}
    hints = get_type_hints(kind)

    def value(hint: Any) -> Any:
        if hint in samples:
            return samples[hint]
        if type(None) in get_args(hint):
            return None
        if getattr(hint, "__origin__", None) is tuple:
            return ()
        return next(iter(hint))  # an Enum

    return kind(**{each.name: value(hints[each.name]) for each in fields(kind)})


class DocumentationTests(SynchronousTestCase):
    def test_every_word_is_documented(self) -> None:
        """Each command and event has its place in docs/protocols.md."""
        documented = (ROOT / "docs" / "protocols.md").read_text(encoding="utf-8")
        for word in COMMANDS:
            self.assertTrue(f"`{word}`" in documented, word)
        for kind in get_args(r.Event):
            (told,) = json.loads(encode((_any(kind),)))
            self.assertTrue(f"`{told['is']}`" in documented, told["is"])
