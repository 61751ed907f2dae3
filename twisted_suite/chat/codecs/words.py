"""The server's own words on the text port, in Korean and English. Core: used by the text codecs.

In Korean the lecture's lines are its own, letter for letter. Nothing but what somebody said may read as
``[name] text``: no other line has a blank after its first bracket.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from twisted_suite.chat import events as e
from twisted_suite.chat import replies as r
from twisted_suite.chat.codecs.phrases import ENGLISH, KOREAN, Phrases
from twisted_suite.chat.commands import DEFAULT_ROOM

STATUS_MARKS = ((e.Status.OPERATOR, "@"), (e.Status.VOICE, "+"))
# Rooms that are shown; the largest come first.
MAX_ROOMS_SHOWN = 50

_SAID: Mapping[e.Kind, str] = {
    e.Kind.MESSAGE: "[{0.who.name}] {0.text}",
    e.Kind.EMOTE: "* [{0.who.name}] {0.text}",
    e.Kind.NOTICE: "- [{0.who.name}] {0.text}",
}


@dataclass(frozen=True, slots=True)
class Words:
    """One language."""

    phrases: Phrases

    def lines(self, event: e.Talk | r.Reply) -> Iterable[str]:
        """What `event` reads as, without line ends; nothing for what need not be said."""
        compose = _COMPOSED.get(type(event))
        if compose is not None:
            return compose(self.phrases, event)
        return (self.phrases.lines[type(event)].format(event),)


def _said(phrases: Phrases, said: e.Said) -> Iterable[str]:
    return (_SAID[said.kind].format(said),)


def _told(phrases: Phrases, told: r.Told) -> Iterable[str]:
    mark = "* " if told.kind is e.Kind.EMOTE else ""
    return (f"> [{told.who.name}] → [{told.to}] {mark}{told.text}",)


def _changes(changes: Iterable[e.Change]) -> str:
    return " ".join(f"{'+' if c.is_set else '-'}{c.mode} {c.argument}".rstrip() for c in changes)


def _modes_set(phrases: Phrases, event: e.ModesSet) -> Iterable[str]:
    return (phrases.modes_set.format(event.who.name, _changes(event.changes)),)


def _kicked(phrases: Phrases, event: e.Kicked) -> Iterable[str]:
    reason = f" ({event.reason})" if event.reason else ""
    return (phrases.kicked.format(event.who.name, event.name) + reason,)


def _crowd(phrases: Phrases, event: e.Crowd) -> Iterable[str]:
    if event.came:
        yield phrases.came.format(event.who.name, event.came)
    if event.left:
        yield phrases.left.format(event.left)


def _name_refused(phrases: Phrases, event: r.NameRefused) -> Iterable[str]:
    return (phrases.faults[event.fault],)


def _refused(phrases: Phrases, event: r.Refused) -> Iterable[str]:
    return (phrases.refusals[event.fault].format(event.subject, event.about),)


def _missed(phrases: Phrases, event: r.Missed) -> Iterable[str]:
    return (phrases.missed_some if event.count is None else phrases.missed.format(event.count),)


def _entered(phrases: Phrases, event: r.Entered) -> Iterable[str]:
    """Nothing about the room where everybody begins: the lecture's server says nothing either."""
    if event.is_new and event.room == DEFAULT_ROOM:
        return
    yield phrases.entered.format(event.room, event.count)
    if event.topic:
        yield phrases.topic.format(event.room, event.topic)


def _members(phrases: Phrases, event: r.Members) -> Iterable[str]:
    names = (
        next((mark for status, mark in STATUS_MARKS if status in view.status), "")
        + view.who.name
        + (phrases.away_mark if view.is_away else "")
        for view in event.members
    )
    return (f"#{event.room} ({len(event.members)}): " + ", ".join(names),)


def _rooms(phrases: Phrases, event: r.Rooms) -> Iterable[str]:
    if not event.rooms:
        yield phrases.no_rooms
    for view in event.rooms[:MAX_ROOMS_SHOWN]:
        yield f"#{view.name} ({view.count}) {view.topic}".rstrip()


def _topic_shown(phrases: Phrases, event: r.TopicShown) -> Iterable[str]:
    return ((phrases.topic if event.topic else phrases.no_topic).format(event.room, event.topic),)


def _recounted(phrases: Phrases, event: r.Recounted) -> Iterable[str]:
    yield phrases.history.format(event.room, len(event.events))
    words = Words(phrases)
    for posted in event.events:
        yield from (f"| {line}" for line in words.lines(posted.event))


def _person(phrases: Phrases, event: r.PersonView) -> Iterable[str]:
    return (f"{event.who.name}: " + " ".join(f"#{room}" for room, _ in event.rooms),)


def _away(phrases: Phrases, event: r.AwaySet) -> Iterable[str]:
    if event.message is None:
        return (phrases.back.format(event.who.name),)
    return (phrases.away.format(event.who.name, f" ({event.message})" if event.message else ""),)


def _modes_shown(phrases: Phrases, event: r.ModesShown) -> Iterable[str]:
    return (f"#{event.room}: {_changes(event.changes)}",)


def _bans_shown(phrases: Phrases, event: r.BansShown) -> Iterable[str]:
    return (f"#{event.room}: " + " ".join(mask for mask, _, _ in event.bans),)


def _nothing(phrases: Phrases, event: Any) -> Iterable[str]:
    return ()


# What is more than a phrase with the event's fields in it.
_COMPOSED: Mapping[type[e.Talk | r.Reply], Callable[[Phrases, Any], Iterable[str]]] = {
    e.Said: _said,
    e.ModesSet: _modes_set,
    e.Kicked: _kicked,
    e.Crowd: _crowd,
    r.Told: _told,
    r.NameRefused: _name_refused,
    r.Refused: _refused,
    r.Missed: _missed,
    r.Entered: _entered,
    r.Members: _members,
    r.Rooms: _rooms,
    r.TopicShown: _topic_shown,
    r.Recounted: _recounted,
    r.PersonView: _person,
    r.AwaySet: _away,
    r.ModesShown: _modes_shown,
    r.BansShown: _bans_shown,
    r.Helped: lambda phrases, event: phrases.help,
    r.LoggedIn: _nothing,
    r.Goodbye: _nothing,
    r.RealnameSet: _nothing,
}

LANGUAGES: Mapping[str, Words] = {"ko": Words(KOREAN), "en": Words(ENGLISH)}
