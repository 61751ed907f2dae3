"""A room's events as IRC messages. Core: equal voices are encoded once.

What a peer says it is not told again, but for ``echo-message``: so who spoke in a delivery has a voice of its
own for it, and so has who is in several rooms at once, for what those rooms all tell.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from twisted_suite.chat import events as e
from twisted_suite.chat.codecs.text import is_told_by
from twisted_suite.chat.irc.caps import Cap
from twisted_suite.chat.irc.nicks import channel_of, nick_of, source_of
from twisted_suite.chat.irc.wire import MAX_LINE_BYTES, pieces, write_line
from twisted_suite.chat.log import Posted
from twisted_suite.chat.sessions import Deliver

# Only these change what a room's events look like.
VISIBLE_CAPS = (
    Cap.ACCOUNT_TAG
    | Cap.AWAY_NOTIFY
    | Cap.ECHO_MESSAGE
    | Cap.EXTENDED_JOIN
    | Cap.MESSAGE_TAGS
    | Cap.SERVER_TIME
)


def stamp(at: float) -> str:
    """https://ircv3.net/specs/extensions/server-time"""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def message_id(epoch: str, number: int) -> str:
    """Of one event, for ever: no two logs share an epoch."""
    return f"{epoch}-{number}"


def private_id(epoch: str, number: int) -> str:
    return f"{epoch}-p{number}"


def written(kind: e.Kind) -> tuple[str, str, str]:
    """The command, and what stands before and after a text that is said so."""
    if kind is e.Kind.EMOTE:
        return "PRIVMSG", "\x01ACTION ", "\x01"
    return ("NOTICE" if kind is e.Kind.NOTICE else "PRIVMSG"), "", ""


@dataclass(frozen=True, slots=True)
class IrcVoice:
    """How events are put for clients with `caps`."""

    caps: Cap
    own: int = 0  # id of the person whose own events are left out
    rooms: tuple[str, ...] = ()  # of the peer, when it is in several

    def encode_delivery(self, delivery: Deliver) -> bytes:
        return b"".join(
            line
            for posted in delivery.events
            if self._is_told(posted)
            for line in self.lines(posted, delivery.epoch)
        )

    def _is_told(self, posted: Posted) -> bool:
        event = posted.event
        if self.rooms and not is_told_by(event, posted.room, self.rooms):
            return False
        return not (isinstance(event, e.Said) and event.who.id == self.own and self.own)

    def lines(self, posted: Posted, epoch: str) -> Iterator[bytes]:
        """The messages that tell of an event; a long text is several."""
        event, channel = posted.event, channel_of(posted.room)
        source = source_of(event.who)
        tags = tags_of(
            self.caps, posted.at, message_id(epoch, posted.number) if posted.number else "", event.who.account
        )
        if isinstance(event, e.Said):
            client_tags = dict(event.tags) if Cap.MESSAGE_TAGS in self.caps else {}
            yield from say(source, channel, event, {**client_tags, **tags})
            return
        command, *params = self._parts(event, channel)
        yield write_line(source, command, *params, tags=tags)
        if isinstance(event, e.Joined) and event.away is not None and Cap.AWAY_NOTIFY in self.caps:
            yield write_line(source, "AWAY", event.away, tags=tags)

    def _parts(self, event: e.Talk, channel: str) -> tuple[str, ...]:
        match event:
            case e.Joined(who, realname):
                extended = (who.account or "*", realname) if Cap.EXTENDED_JOIN in self.caps else ()
                return "JOIN", channel, *extended
            case e.Gone(_, reason):
                return "QUIT", reason
            case e.Renamed(_, name):
                return "NICK", nick_of(name)
            case e.Left(_, reason):
                return "PART", channel, *([reason] if reason else [])
        return _moderated(event, channel)


def _moderated(event: e.Talk, channel: str) -> tuple[str, ...]:
    match event:
        case e.TopicSet(_, topic):
            return "TOPIC", channel, topic
        case e.Kicked(who, name, reason):
            return "KICK", channel, nick_of(name), reason or nick_of(who.name)
        case e.ModesSet(_, changes):
            return "MODE", channel, *mode_words(changes)
        case e.Crowd(_, came, left):
            return "NOTICE", channel, f"{came} have joined, {left} have left"
    raise AssertionError(event)


def tags_of(caps: Cap, at: float, identity: str, account: str) -> dict[str, str]:
    tags = {}
    if Cap.SERVER_TIME in caps:
        tags["time"] = stamp(at)
    if Cap.MESSAGE_TAGS in caps and identity:
        tags["msgid"] = identity
    if Cap.ACCOUNT_TAG in caps and account:
        tags["account"] = account
    return tags


def say(source: str, target: str, said: e.Said, tags: dict[str, str]) -> Iterator[bytes]:
    """A text as messages that fit. Only the first has the id: it must name one message."""
    command, before, after = written(said.kind)
    size = MAX_LINE_BYTES - len(f":{source} {command} {target} :{before}{after}\r\n".encode())
    for piece in pieces(said.text, size):
        yield write_line(source, command, target, f"{before}{piece}{after}", tags=tags)
        tags = {key: value for key, value in tags.items() if key != "msgid"}


def mode_words(changes: tuple[e.Change, ...]) -> list[str]:
    """``+o-v kim lee``, as words."""
    letters, sign = "", ""
    arguments = []
    for change in changes:
        wanted = "+" if change.is_set else "-"
        letters += (wanted if wanted != sign else "") + change.mode
        sign = wanted
        if change.argument:
            arguments.append(nick_of(change.argument) if change.mode in "ov" else change.argument)
    return [letters or "+", *arguments]
