"""IRC's commands on people: PRIVMSG, NOTICE, WHO, WHOIS, WHOWAS, AWAY, ISON, USERHOST and more. Core."""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from twisted_suite.chat import commands as c
from twisted_suite.chat.events import Kind, Status
from twisted_suite.chat.irc.channels import listed, marks
from twisted_suite.chat.irc.conversation import Conversation
from twisted_suite.chat.irc.nicks import channel_of, nick_of, room_of
from twisted_suite.chat.irc.wire import Line
from twisted_suite.chat.names import Name, read_name, read_room_name
from twisted_suite.chat.replies import PersonView
from twisted_suite.chat.sessions import Session

# Of a question with a mask: as many as anybody reads.
MAX_MATCHES = 500
ACTION, ACTION_END = "\x01ACTION ", "\x01"


def privmsg(irc: Conversation, line: Line) -> None:
    _say(irc, line, Kind.MESSAGE)


def notice(irc: Conversation, line: Line) -> None:
    _say(irc, line, Kind.NOTICE)


def _say(irc: Conversation, line: Line, kind: Kind) -> None:
    is_quiet = kind is Kind.NOTICE  # a notice is never answered, not even with an error
    if not line.params or not line.params[0]:
        return None if is_quiet else irc.numeric("411", f"No recipient given ({irc.command})")
    if len(line.params) < 2 or not line.params[1]:
        return None if is_quiet else irc.numeric("412", "No text to send")
    text = line.params[1]
    if kind is Kind.MESSAGE and text.startswith(ACTION):
        text, kind = text.removeprefix(ACTION).removesuffix(ACTION_END), Kind.EMOTE
    tags = tuple((key, value) for key, value in line.tags.items() if key.startswith("+"))
    for target in listed(line.params[0]):
        room = room_of(target)
        irc.hooks.ask(c.Say(text, room, kind, tags) if room is not None else c.Tell(target, text, kind, tags))
    return None


def away(irc: Conversation, line: Line) -> None:
    irc.hooks.ask(c.SetAway(line.params[0] if line.params and line.params[0] else None))


def setname(irc: Conversation, line: Line) -> None:
    if not line.params or not line.params[0]:
        return irc.need_params()
    irc.hooks.ask(c.SetRealname(line.params[0]))
    return None


def ison(irc: Conversation, line: Line) -> None:
    if not line.params:
        return irc.need_params()
    asked = " ".join(line.params).split()
    found = (find_person(irc, nick) for nick in asked)
    irc.numeric("303", " ".join(nick_of(session.person.name) for session in found if session is not None))
    return None


def userhost(irc: Conversation, line: Line) -> None:
    if not line.params:
        return irc.need_params()
    words = []
    for nick in " ".join(line.params).split()[:5]:
        session = find_person(irc, nick)
        if session is not None:
            here = "-" if session.away is not None else "+"
            person = session.person
            words.append(f"{nick_of(person.name)}={here}{person.user}@{person.host}")
    irc.numeric("302", " ".join(words))
    return None


def find_person(irc: Conversation, nick: str) -> Session | None:
    name = read_name(nick)
    return irc.house.present.get(name.key) if isinstance(name, Name) else None


# --- WHO --------------------------------------------------------------------------------------------------


def who(irc: Conversation, line: Line) -> None:
    mask = line.params[0] if line.params and line.params[0] else "*"
    fields = line.params[1] if len(line.params) > 1 and line.params[1].startswith("%") else ""
    for session, channel, status in _who(irc, mask):
        if fields:
            _who_fields(irc, session, channel, status, fields[1:])
        else:
            _who_plain(irc, session, channel, status)
    irc.numeric("315", mask, "End of WHO list")


def _who(irc: Conversation, mask: str) -> Iterator[tuple[Session, str, Status]]:
    """Those that `mask` means: the members of a channel, or whoever is visible and fits."""
    name = read_room_name(room_of(mask) or "")
    room = irc.house.find_room(name) if isinstance(name, Name) else None
    if room is not None:
        for member, status in room.statuses.items():
            yield member, channel_of(room.name.shown), status
        return
    if mask.startswith("#"):
        return
    exact = find_person(irc, mask)
    if exact is not None:
        yield exact, *_shared(irc, exact)
        return
    found = 0
    for session in irc.house.present.values():
        if found < MAX_MATCHES and _fits(session, mask.casefold()):
            found += 1
            yield session, *_shared(irc, session)


def _fits(session: Session, mask: str) -> bool:
    person, mask = session.person, mask.replace("[", "[[]")
    return any(
        fnmatchcase(text.casefold(), mask)
        for text in (nick_of(person.name), person.user, person.host, session.realname)
    )


def _shared(irc: Conversation, session: Session) -> tuple[str, Status]:
    """Some channel that both are in."""
    for room in session.rooms:
        if session in room.statuses and (irc.session in room.statuses or session is irc.session):
            return channel_of(room.name.shown), room.statuses[session]
    return "*", Status.NONE


def _flags(irc: Conversation, session: Session, status: Status) -> str:
    return ("G" if session.away is not None else "H") + marks(status, irc.caps.enabled)


def _who_plain(irc: Conversation, session: Session, channel: str, status: Status) -> None:
    person, server = session.person, irc.facts.name
    flags = _flags(irc, session, status)
    irc.numeric(
        "352", channel, person.user or "user", person.host or "host", server, nick_of(person.name), flags,
        f"0 {session.realname}",
    )  # fmt: skip


def _who_fields(irc: Conversation, session: Session, channel: str, status: Status, fields: str) -> None:
    """https://ircv3.net/specs/extensions/whox"""
    letters, _, token = fields.partition(",")
    person = session.person
    values = {
        "t": token or "0", "c": channel, "u": person.user or "user", "i": "255.255.255.255",
        "h": person.host or "host",
        "s": irc.facts.name, "n": nick_of(person.name), "f": _flags(irc, session, status), "d": "0", "l": "0",
        "a": person.account or "0", "o": "n/a", "r": session.realname,
    }  # fmt: skip
    irc.numeric("354", *(value for letter, value in values.items() if letter in letters))


# --- WHOIS and WHOWAS -------------------------------------------------------------------------------------


def whois(irc: Conversation, line: Line) -> None:
    if not line.params or not line.params[-1]:
        return irc.numeric("431", "No nickname given")
    nick = line.params[min(1, len(line.params) - 1)]
    session = find_person(irc, nick)
    if session is None:
        irc.numeric("401", nick, "No such nick")
    else:
        _show_person(irc, session)
    irc.numeric("318", nick, "End of /WHOIS list")
    return None


def _show_person(irc: Conversation, session: Session) -> None:
    person, nick = session.person, nick_of(session.person.name)
    irc.numeric("311", nick, person.user or "user", person.host or "host", "*", session.realname)
    rooms = [
        marks(room.statuses[session], irc.caps.enabled) + channel_of(room.name.shown)
        for room in session.rooms
        if session in room.statuses
    ]
    if rooms:
        irc.numeric("319", nick, " ".join(rooms))
    irc.numeric("312", nick, irc.facts.name, irc.facts.version)
    if session.away is not None:
        irc.numeric("301", nick, session.away)
    if person.account:
        irc.numeric("330", nick, person.account, "is logged in as")
    idle_s = max(0, int(irc.hooks.now() - session.active_at))
    irc.numeric("317", nick, str(idle_s), str(int(session.connected_at)), "seconds idle, signon time")


def whowas(irc: Conversation, line: Line) -> None:
    if not line.params or not line.params[0]:
        return irc.numeric("431", "No nickname given")
    nick = line.params[0]
    found = _departed(irc, nick)
    count = line.params[1] if len(line.params) > 1 else ""
    if count.isdecimal() and int(count[:6]) > 0:
        found = found[: int(count[:6])]
    for view in found:
        person = view.who
        irc.numeric(
            "314", nick_of(person.name), person.user or "user", person.host or "host", "*", view.realname
        )
        irc.numeric("312", nick_of(person.name), irc.facts.name, "is gone")
    if not found:
        irc.numeric("406", nick, "There was no such nickname")
    irc.numeric("369", nick, "End of WHOWAS")
    return None


def _departed(irc: Conversation, nick: str) -> list[PersonView]:
    """Who was called so, the last first."""
    name = read_name(nick)
    if not isinstance(name, Name):
        return []
    views = reversed(irc.house.departed)
    return [
        view for view in views if isinstance(was := read_name(view.who.name), Name) and was.key == name.key
    ]
