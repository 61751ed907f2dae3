"""CHATHISTORY: what was said before, by time or by message id. Core.

https://ircv3.net/specs/extensions/chathistory
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from twisted_suite.chat.events import Said
from twisted_suite.chat.irc.caps import Cap
from twisted_suite.chat.irc.conversation import Conversation
from twisted_suite.chat.irc.nicks import channel_of, room_of
from twisted_suite.chat.irc.voice import IrcVoice, stamp
from twisted_suite.chat.irc.wire import Line, with_tags, write_line
from twisted_suite.chat.log import Log, Posted
from twisted_suite.chat.names import Name, read_room_name
from twisted_suite.chat.room import Room
from twisted_suite.chat.sessions import Session
from twisted_suite.chat.visits import MAX_RECOUNTED

SUBCOMMANDS = {"LATEST": 4, "BEFORE": 4, "AFTER": 4, "AROUND": 4, "BETWEEN": 5, "TARGETS": 4}


class BadReference(ValueError):
    """Neither a time nor the id of a message of this room."""


def chathistory(irc: Conversation, line: Line) -> None:
    verb = line.params[0].upper() if line.params else ""
    if verb not in SUBCOMMANDS or len(line.params) < SUBCOMMANDS[verb]:
        code = "NEED_MORE_PARAMS" if verb in SUBCOMMANDS or not verb else "INVALID_PARAMS"
        return irc.fail(code, *line.params[:1], text="Unknown or incomplete command")
    if verb == "TARGETS":
        return _targets(irc, line.params)
    target, count = line.params[1], line.params[-1]
    room = _room(irc, target)
    if room is None:
        return irc.fail("INVALID_TARGET", verb, target, text="Messages could not be retrieved")
    if not (count.isascii() and count.isdecimal()):
        return irc.fail("INVALID_PARAMS", verb, text="The limit is not a number")
    try:
        events = _select(room.log, verb, line.params[2:-1], min(int(count[:6]), MAX_RECOUNTED))
    except BadReference:
        return irc.fail("INVALID_MSGREFTYPE", verb, target, text="Not a timestamp or the id of a message")
    _send(irc, room, tuple(events))
    return None


def _room(irc: Conversation, target: str) -> Room[Session] | None:
    """A room that the client is in: to others it is as if there were none."""
    name = read_room_name(room_of(target) or "")
    room = irc.house.find_room(name) if isinstance(name, Name) else None
    return room if room is not None and irc.session in room.statuses else None


def _select(log: Log, verb: str, references: tuple[str, ...], count: int) -> list[Posted]:
    """What is said is counted; who came and went is no part of it (as without event-playback)."""
    said = [posted for posted in log.read(log.first, log.end).events if isinstance(posted.event, Said)]
    if verb == "LATEST":
        after = 0 if references[0] == "*" else _after(log, references[0])
        return [p for p in said if p.number >= after][-count:] if count else []
    if verb == "BETWEEN":
        return _between(log, said, references, count)
    if verb == "BEFORE":
        before = [p for p in said if p.number < _at(log, references[0])]
        return before[-count:] if count else []
    if verb == "AFTER":
        return [p for p in said if p.number >= _after(log, references[0])][:count]
    at = _at(log, references[0])
    before, after_it = [p for p in said if p.number < at], [p for p in said if p.number >= at]
    half = count // 2
    first = max(0, len(before) - half)
    return (before[first:] + after_it)[:count]


def _between(log: Log, said: list[Posted], references: tuple[str, ...], count: int) -> list[Posted]:
    """From one reference towards the other, both left out."""
    start, end = references[0], references[1]
    if _at(log, start) <= _at(log, end):
        low, high = _after(log, start), _at(log, end)
        return [p for p in said if low <= p.number < high][:count]
    low, high = _after(log, end), _at(log, start)
    found = [p for p in said if low <= p.number < high]
    return found[-count:] if count else []


def _at(log: Log, reference: str) -> int:
    """The number of the first event at or after a reference."""
    kind, _, value = reference.partition("=")
    if kind == "timestamp":
        return log.first_since(_time(value))
    if kind == "msgid":
        return _number(log, value)
    raise BadReference(reference)


def _after(log: Log, reference: str) -> int:
    """The number of the first event after a reference."""
    kind, _, value = reference.partition("=")
    if kind == "timestamp":
        return log.first_since(_time(value) + 0.001)
    return _at(log, reference) + 1


def _number(log: Log, identity: str) -> int:
    epoch, _, number = identity.rpartition("-")
    if epoch != log.epoch or not (number.isascii() and number.isdecimal()):
        raise BadReference(identity)
    return int(number[:15])


def _time(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadReference(text) from None
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp()


def _send(irc: Conversation, room: Room[Session], events: tuple[Posted, ...]) -> None:
    lines = list(_lines(irc, room, events))
    _batch(irc, ("chathistory", channel_of(room.name.shown)), lines)


def _lines(irc: Conversation, room: Room[Session], events: tuple[Posted, ...]) -> Iterator[bytes]:
    voice = IrcVoice(irc.caps.enabled)
    for posted in events:
        yield from voice.lines(posted, room.log.epoch)


def _batch(irc: Conversation, parameters: tuple[str, ...], lines: list[bytes]) -> None:
    irc.hooks.catch_up()
    if Cap.BATCH not in irc.caps.enabled:
        irc.write(b"".join(lines))
        return
    reference, name = irc.next_batch(), irc.facts.name
    inside = b"".join(with_tags(line, {"batch": reference}) for line in lines)
    opened, closed = (
        write_line(name, "BATCH", *words) for words in ((f"+{reference}", *parameters), (f"-{reference}",))
    )
    irc.write(opened + inside + closed)


def _targets(irc: Conversation, params: tuple[str, ...]) -> None:
    """The rooms with something said between two times, the latest first."""
    try:
        times = sorted(_time(text.partition("=")[2]) for text in params[1:3])
    except BadReference:
        return irc.fail("INVALID_PARAMS", "TARGETS", text="Not a timestamp")
    lines = []
    for room in irc.session.rooms:
        said = [p.at for p in room.log.last(MAX_RECOUNTED) if isinstance(p.event, Said)]
        if said and irc.session in room.statuses and times[0] <= said[-1] <= times[1]:
            lines.append((said[-1], channel_of(room.name.shown)))
    count = int(params[3][:6]) if params[3].isdecimal() else 0
    _batch(
        irc,
        ("draft/chathistory-targets",),
        [
            write_line(irc.facts.name, "CHATHISTORY", "TARGETS", c, stamp(at))
            for at, c in sorted(lines)[:count]
        ],
    )
    return None
