"""Both languages say everything."""

from typing import get_args

from twisted.trial.unittest import SynchronousTestCase

from tests.chat.hubcase import person
from twisted_suite.chat import events as e
from twisted_suite.chat import replies as r
from twisted_suite.chat.codecs.words import LANGUAGES
from twisted_suite.chat.log import Posted
from twisted_suite.chat.names import NameFault

KIM = person("kim")
EVENTS: list[e.Talk | r.Reply] = [
    e.Joined(KIM), e.Said(KIM, "{0}"), e.Left(KIM), e.Gone(KIM), e.Renamed(KIM, "lee"),
    e.TopicSet(KIM, "tea"),
    e.Crowd(KIM, 5, 2),
    e.Kicked(KIM, "lee", "why"), e.ModesSet(KIM, (e.Change(True, "l", "5"),)), r.NameAsked(), r.NameTaken(),
    *map(r.NameRefused, NameFault), r.TriesExhausted(), r.LoggedIn(KIM), r.YouRenamed(KIM, "lee"),
    r.Goodbye(),
    r.ServerStopped(), r.NotUnderstood("/x"), r.MessageRefused(5), *(r.Refused(f, "a", "b") for f in r.Fault),
    r.Missed(5), r.Missed(None), r.Entered("dev", "e", 1, 2, "tea"), r.Helped(),
    r.Members("dev", (r.MemberView(KIM, e.Status.OPERATOR), r.MemberView(person("lee"), is_away=True))),
    r.Rooms((r.RoomView("dev", 3, "tea"),)), r.Rooms(()), r.TopicShown("dev", "tea"), r.TopicShown("dev", ""),
    r.PersonView(KIM, "", (("dev", e.Status.NONE),), None, 0.0, 0.0),
    r.ModesShown("dev", (e.Change(True, "n"),)),
    r.Recounted("dev", "e", (Posted("dev", 1, 0.0, e.Said(KIM, "old")),)),
    r.BansShown("dev", (("a!*@*", "x", 0.0),)),
    r.Told(KIM, "lee", "psst", e.Kind.MESSAGE, 1, 0.0), r.IsAway("lee", "tea"), r.Invited(KIM, "dev"),
    r.InviteSent("lee", "dev"), r.AwaySet(KIM, "tea"), r.AwaySet(KIM, None), r.RealnameSet(KIM, "Kim"),
]  # fmt: skip


class WordsTests(SynchronousTestCase):
    def test_complete(self) -> None:
        """Each language has words, of its own, for each event; only three of them are not worth any."""
        kinds = set(get_args(e.Talk)) | set(get_args(r.Reply))
        self.assertEqual({type(event) for event in EVENTS}, kinds)
        for event in EVENTS:
            korean, english = (list(LANGUAGES[lang].lines(event)) for lang in ("ko", "en"))
            self.assertEqual(len(korean), len(english), event)
            if isinstance(event, r.LoggedIn | r.Goodbye | r.RealnameSet):
                self.assertEqual(korean, [])
            else:
                self.assertTrue(all(korean) and all(english), event)

    def test_no_field_is_left(self) -> None:
        """Every brace of a phrase is filled in."""
        for words in LANGUAGES.values():
            for event in EVENTS:
                if event != e.Said(KIM, "{0}"):
                    self.assertNotIn("{", "".join(words.lines(event)), event)

    def test_lines(self) -> None:
        """A line holds the event's own fields; braces in them are only text."""
        english = LANGUAGES["en"]
        for event, lines in (
            (e.Said(person("{0}"), "{0.name}"), ["[{0}] {0.name}"]),
            (e.Said(KIM, "waves", e.Kind.EMOTE), ["* [kim] waves"]),
            (EVENTS[8], ["[kim] has set the room's modes: +l 5"]),
            (r.NameRefused(NameFault.EMPTY), ["Please give a name."]),
            (r.Entered("dev", "e", 1, 2, "tea"), ["#dev: 2 here.", "#dev topic: tea"]),
            (r.Entered("lobby", "e", 1, 2), []),
            (r.Entered("lobby", "e", 1, 2, is_new=False), ["#lobby: 2 here."]),
            (r.Refused(r.Fault.NOT_IN_ROOM, "lee", "dev"), ["lee is not in #dev."]),
            (r.Rooms((r.RoomView("dev", 3, "tea"),)), ["#dev (3) tea"]),
            (r.Told(KIM, "lee", "psst", e.Kind.MESSAGE, 1, 0.0), ["> [kim] → [lee] psst"]),
            (r.Members("dev", (r.MemberView(KIM, e.Status.OPERATOR),)), ["#dev (1): @kim"]),
        ):
            self.assertEqual(list(english.lines(event)), lines)
