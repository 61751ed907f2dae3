"""What the hub replies, as IRC messages. Core: by table, from a reply's class to what says it."""

from collections.abc import Callable
from typing import Any

from twisted_suite.chat import replies as r
from twisted_suite.chat.events import Said
from twisted_suite.chat.irc import about
from twisted_suite.chat.irc.caps import Cap
from twisted_suite.chat.irc.channels import show_names, show_topic
from twisted_suite.chat.irc.conversation import Conversation
from twisted_suite.chat.irc.nicks import channel_of, nick_of, source_of
from twisted_suite.chat.irc.voice import private_id, say, tags_of
from twisted_suite.chat.irc.wire import write_line
from twisted_suite.chat.names import Name, read_room_name

# Numeric and text; what the fault is about is told by `_context`.
REFUSALS: dict[r.Fault, tuple[str, str]] = {
    r.Fault.NO_SUCH_NAME: ("401", "No such nick/channel"),
    r.Fault.NO_SUCH_ROOM: ("403", "No such channel"),
    r.Fault.BAD_ROOM_NAME: ("403", "No such channel"),
    r.Fault.NOT_THERE: ("442", "You're not on that channel"),
    r.Fault.NOT_IN_ROOM: ("441", "They aren't on that channel"),
    r.Fault.ALREADY_THERE: ("443", "is already on channel"),
    r.Fault.TOO_MANY_ROOMS: ("405", "You have joined too many channels"),
    r.Fault.NOT_OPERATOR: ("482", "You're not channel operator"),
    r.Fault.BANNED: ("474", "Cannot join channel (+b)"),
    r.Fault.INVITE_ONLY: ("473", "Cannot join channel (+i)"),
    r.Fault.BAD_KEY: ("475", "Cannot join channel (+k)"),
    r.Fault.FULL: ("471", "Cannot join channel (+l)"),
    r.Fault.MUTED: ("404", "Cannot send to channel"),
    r.Fault.UNKNOWN_MODE: ("472", "is unknown mode char to me"),
    r.Fault.TOO_MANY_BANS: ("478", "Channel list is full"),
}
ABOUT_PEOPLE = (r.Fault.NO_SUCH_NAME, r.Fault.UNKNOWN_MODE)


def told(irc: Conversation, events: tuple[r.Reply, ...]) -> None:
    for event in events:
        answer = _ANSWERS.get(type(event))
        if answer is not None:
            answer(irc, event)


def _refused(irc: Conversation, event: r.Refused) -> None:
    if irc.command == "NOTICE":
        return
    number, text = REFUSALS[event.fault]
    if event.about:
        irc.numeric(number, event.subject, channel_of(event.about), text)
    else:
        subject = event.subject if event.fault in ABOUT_PEOPLE else channel_of(event.subject)
        irc.numeric(number, subject, text)


def _name_taken(irc: Conversation, event: r.NameTaken) -> None:
    irc.numeric("433", event.name, "Nickname is already in use")
    if not irc.is_registered:
        irc.nick = ""


def _name_refused(irc: Conversation, event: r.NameRefused) -> None:
    irc.numeric("432", event.name or "*", "Erroneous nickname")
    if not irc.is_registered:
        irc.nick = ""


def _renamed(irc: Conversation, event: r.YouRenamed) -> None:
    irc.write(write_line(source_of(event.who), "NICK", nick_of(event.name)))


def _farewell(text: str) -> Callable[[Conversation, r.Reply], None]:
    return lambda irc, event: irc.write(write_line("", "ERROR", text.format(event)))


def _entered(irc: Conversation, event: r.Entered) -> None:
    name = read_room_name(event.room)
    room = irc.house.find_room(name) if isinstance(name, Name) else None
    if room is None or not event.is_new:
        return
    if room.topic:
        show_topic(irc, room)
    show_names(irc, room)
    irc.numeric("366", channel_of(event.room), "End of /NAMES list")


def _private(irc: Conversation, event: r.Told) -> None:
    """To the one it is for; back to who wrote it by ``echo-message``."""
    is_own = event.who.id == irc.session.person.id
    is_for_me = event.to == irc.session.person.name
    times = int(is_for_me) + int(is_own and Cap.ECHO_MESSAGE in irc.caps.enabled)
    identity = private_id(irc.house.default_room.log.epoch, event.number)
    tags = tags_of(irc.caps.enabled, event.at, identity, event.who.account)
    if Cap.MESSAGE_TAGS in irc.caps.enabled:
        tags = {**dict(event.tags), **tags}
    said = Said(event.who, event.text, event.kind)
    message = b"".join(say(source_of(event.who), nick_of(event.to), said, tags))
    if times == 2:  # to oneself: what is received is no part of the answer to having sent it
        irc.hooks.write(message)
    if times:
        irc.write(message)


def _away_set(irc: Conversation, event: r.AwaySet) -> None:
    if event.who.id == irc.session.person.id:
        is_away = event.message is not None
        irc.numeric(
            "306" if is_away else "305",
            f"You {'have been' if is_away else 'are no longer'} marked as being away",
        )
    elif Cap.AWAY_NOTIFY in irc.caps.enabled:
        message = (event.message,) if event.message is not None else ()
        irc.write(write_line(source_of(event.who), "AWAY", *message, tags=_now_tags(irc, event.who.account)))


def _realname_set(irc: Conversation, event: r.RealnameSet) -> None:
    if Cap.SETNAME in irc.caps.enabled:
        tags = _now_tags(irc, event.who.account)
        irc.write(write_line(source_of(event.who), "SETNAME", event.realname, tags=tags))


def _invited(irc: Conversation, event: r.Invited) -> None:
    parameters = nick_of(event.name), channel_of(event.room)
    irc.write(write_line(source_of(event.who), "INVITE", *parameters, tags=_now_tags(irc, event.who.account)))


def _now_tags(irc: Conversation, account: str) -> dict[str, str]:
    caps = irc.caps.enabled & ~Cap.MESSAGE_TAGS  # no message that has an id
    return tags_of(caps, irc.hooks.now(), "", account)


def _missed(irc: Conversation, event: r.Missed) -> None:
    count = "Some" if event.count is None else str(event.count)
    irc.send("NOTICE", channel_of(event.room), f"{count} messages of {channel_of(event.room)} were skipped")


_ANSWERS: dict[type[r.Reply], Callable[[Conversation, Any], None]] = {
    r.Refused: _refused,
    r.NameTaken: _name_taken,
    r.NameRefused: _name_refused,
    r.TriesExhausted: _farewell("Closing link: too many nicknames"),
    r.Goodbye: _farewell("Closing link: {0.reason}"),
    r.ServerStopped: _farewell("Closing link: the server is shutting down"),
    r.LoggedIn: lambda irc, event: about.welcome(irc),
    r.YouRenamed: _renamed,
    r.Entered: _entered,
    r.Told: _private,
    r.IsAway: lambda irc, event: irc.numeric("301", nick_of(event.name), event.message),
    r.Invited: _invited,
    r.InviteSent: lambda irc, event: irc.numeric("341", nick_of(event.name), channel_of(event.room)),
    r.AwaySet: _away_set,
    r.RealnameSet: _realname_set,
    r.Missed: _missed,
}
