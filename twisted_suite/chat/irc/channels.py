"""IRC's commands on channels: JOIN, PART, TOPIC, NAMES, LIST, KICK, INVITE, MODE. Core."""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from twisted_suite.chat import commands as c
from twisted_suite.chat import events as e
from twisted_suite.chat.irc.caps import Cap
from twisted_suite.chat.irc.conversation import Conversation
from twisted_suite.chat.irc.nicks import channel_of, nick_of, room_of, source_of
from twisted_suite.chat.irc.voice import mode_words
from twisted_suite.chat.irc.wire import MAX_LINE_BYTES, Line
from twisted_suite.chat.names import Name, read_name, read_room_name
from twisted_suite.chat.room import FLAGS, Room
from twisted_suite.chat.sessions import Session

MARKS = ((e.Status.OPERATOR, "@"), (e.Status.VOICE, "+"))
# Modes that take an argument: always, or when they are set.
WITH_ARGUMENT = "bkov"
WITH_ARGUMENT_WHEN_SET = "l"
USER_MODES = "i"
# In one line, of those that take a list.
MAX_TARGETS = 20


def listed(text: str) -> list[str]:
    return [part for part in text.split(",") if part][:MAX_TARGETS]


def find_room(irc: Conversation, channel: str) -> Room[Session] | None:
    """The room of that name with somebody in it; without one the client has been told."""
    name = read_room_name(room_of(channel) or "")
    room = irc.house.find_room(name) if isinstance(name, Name) else None
    if room is None or not (room.statuses or room.is_common):
        irc.numeric("403", channel, "No such channel")
        return None
    return room


def join(irc: Conversation, line: Line) -> None:
    if not line.params:
        return irc.need_params()
    if line.params[0] == "0":
        for room in [room for room in irc.session.rooms if irc.session in room.statuses]:
            irc.hooks.ask(c.Part(room.name.shown))
        return None
    keys = line.params[1].split(",") if len(line.params) > 1 else []
    for index, channel in enumerate(listed(line.params[0])):
        name = room_of(channel)
        if name is None or "\x07" in name:
            irc.numeric("403" if name is None else "476", channel, "No such channel")
        elif not _is_in(irc, name):
            irc.hooks.ask(c.Join(name, keys[index] if index < len(keys) else ""))
    return None


def _is_in(irc: Conversation, text: str) -> bool:
    name = read_room_name(text)
    room = irc.house.find_room(name) if isinstance(name, Name) else None
    return room is not None and irc.session in room.statuses


def part(irc: Conversation, line: Line) -> None:
    if not line.params:
        return irc.need_params()
    for channel in listed(line.params[0]):
        if find_room(irc, channel) is not None:
            irc.hooks.ask(c.Part(room_of(channel), line.params[1] if len(line.params) > 1 else ""))
    return None


def topic(irc: Conversation, line: Line) -> None:
    if not line.params:
        return irc.need_params()
    room = find_room(irc, line.params[0])
    if room is None:
        return None
    if len(line.params) > 1:
        irc.hooks.ask(c.SetTopic(line.params[1], room.name.shown))
    elif irc.session not in room.statuses:
        irc.numeric("442", channel_of(room.name.shown), "You're not on that channel")
    elif room.topic:
        show_topic(irc, room)
    else:
        irc.numeric("331", channel_of(room.name.shown), "No topic is set")
    return None


def show_topic(irc: Conversation, room: Room[Session]) -> None:
    channel = channel_of(room.name.shown)
    irc.numeric("332", channel, room.topic)
    irc.numeric("333", channel, nick_of(room.topic_by), str(int(room.topic_at)))


def names(irc: Conversation, line: Line) -> None:
    if not line.params:
        for every in irc.house.rooms:
            show_names(irc, every)
        return irc.numeric("366", "*", "End of /NAMES list")
    for channel in listed(line.params[0]):
        name = read_room_name(room_of(channel) or "")
        room = irc.house.find_room(name) if isinstance(name, Name) else None
        if room is not None:
            show_names(irc, room)
        irc.numeric("366", channel, "End of /NAMES list")
    return None


def show_names(irc: Conversation, room: Room[Session]) -> None:
    """The members, as many in a line as fit."""
    channel = channel_of(room.name.shown)
    room_left = MAX_LINE_BYTES - len(f":{irc.facts.name} 353 {irc.shown_nick} = {channel} :\r\n".encode())
    words: list[str] = []
    size = 0
    for member, status in room.statuses.items():
        shown = (
            source_of(member.person)
            if Cap.USERHOST_IN_NAMES in irc.caps.enabled
            else nick_of(member.person.name)
        )
        word = marks(status, irc.caps.enabled) + shown
        length = len(word.encode()) + 1
        if size + length > room_left:
            irc.numeric("353", "=", channel, " ".join(words))
            words, size = [], 0
        words.append(word)
        size += length
    if words:
        irc.numeric("353", "=", channel, " ".join(words))


def marks(status: e.Status, caps: Cap) -> str:
    shown = "".join(mark for held, mark in MARKS if held in status)
    return shown if Cap.MULTI_PREFIX in caps else shown[:1]


def list_(irc: Conversation, line: Line) -> None:
    masks = [mask.casefold() for mask in listed(line.params[0])] if line.params else []
    irc.numeric("321", "Channel", "Users  Name")
    for room in irc.house.rooms:
        channel = channel_of(room.name.shown)
        if not masks or any(_is_listed(mask, channel, len(room)) for mask in masks):
            irc.numeric("322", channel, str(len(room)), room.topic)
    irc.numeric("323", "End of /LIST")


def _is_listed(mask: str, channel: str, count: int) -> bool:
    """ELIST=MU: a mask, or more or fewer members than a number."""
    if mask[0] in "<>" and mask[1:].isdecimal():
        return count > int(mask[1:10]) if mask[0] == ">" else count < int(mask[1:10])
    return fnmatchcase(channel.casefold(), mask.replace("[", "[[]"))


def kick(irc: Conversation, line: Line) -> None:
    if len(line.params) < 2:
        return irc.need_params()
    channels, nicks = listed(line.params[0]), listed(line.params[1])
    reason = line.params[2] if len(line.params) > 2 else ""
    pairs = zip(channels, nicks, strict=False) if len(channels) > 1 else ((channels[0], n) for n in nicks)
    for channel, target in pairs:
        if find_room(irc, channel) is not None:
            irc.hooks.ask(c.Kick(target, room_of(channel), reason))
    return None


def invite(irc: Conversation, line: Line) -> None:
    if len(line.params) < 2:
        return irc.need_params()
    target, channel = line.params[:2]
    if find_room(irc, channel) is not None:
        irc.hooks.ask(c.Invite(target, room_of(channel)))
    return None


# --- modes ------------------------------------------------------------------------------------------------


def mode(irc: Conversation, line: Line) -> None:
    if not line.params:
        return irc.need_params()
    if room_of(line.params[0]) is None and not line.params[0].startswith("#"):
        return _user_mode(irc, line)
    room = find_room(irc, line.params[0])
    if room is None:
        return None
    channel = channel_of(room.name.shown)
    if len(line.params) == 1:
        changes = room.modes(with_key=irc.session in room.statuses)
        irc.numeric("324", channel, *mode_words(changes))
        irc.numeric("329", channel, str(int(room.made_at)))
        return None
    wanted = list(_changes(irc, room, line.params[1], list(line.params[2:])))
    if wanted:
        irc.hooks.ask(c.SetModes(tuple(wanted), room.name.shown))
    return None


def _changes(
    irc: Conversation, room: Room[Session], letters: str, arguments: list[str]
) -> Iterator[e.Change]:
    is_set = True
    for letter in letters:
        if letter in "+-":
            is_set = letter == "+"
            continue
        takes = letter in WITH_ARGUMENT or (letter in WITH_ARGUMENT_WHEN_SET and is_set)
        is_empty = bool(takes and arguments and not arguments[0])
        argument = arguments.pop(0) if takes and arguments else ""
        if letter == "b" and not argument:
            _show_bans(irc, room)
        elif is_empty and letter in "kl":
            _refuse_empty(irc, room, letter)
        elif takes and not argument and not (letter == "k" and not is_set):
            irc.numeric("461", "MODE", "Not enough parameters")
        elif letter not in FLAGS + WITH_ARGUMENT + WITH_ARGUMENT_WHEN_SET:
            irc.numeric("472", letter, "is unknown mode char to me")
        elif letter == "k" and is_set and (" " in argument or "," in argument or argument.startswith(":")):
            irc.numeric("525", channel_of(room.name.shown), "Key is not well-formed")
        else:
            yield e.Change(is_set, letter, argument)


def _refuse_empty(irc: Conversation, room: Room[Session], letter: str) -> None:
    channel = channel_of(room.name.shown)
    if letter == "k":
        irc.numeric("525", channel, "Key is not well-formed")
    else:
        irc.numeric("696", channel, letter, "*", "Not a number of members")


def _show_bans(irc: Conversation, room: Room[Session]) -> None:
    channel = channel_of(room.name.shown)
    for mask, (by, at) in room.bans.items():
        irc.numeric("367", channel, mask, nick_of(by), str(int(at)))
    irc.numeric("368", channel, "End of channel ban list")


def _user_mode(irc: Conversation, line: Line) -> None:
    name = read_name(line.params[0])
    target = irc.house.present.get(name.key) if isinstance(name, Name) else None
    if target is None:
        return irc.numeric("401", line.params[0], "No such nick")
    if target is not irc.session:
        return irc.numeric("502", "Can't change mode for other users")
    if len(line.params) == 1:
        return irc.numeric("221", "+" + "".join(sorted(irc.modes)))
    return _change_user_mode(irc, line.params[1])


def _change_user_mode(irc: Conversation, letters: str) -> None:
    """There is one, ``i``, and it hides nothing: nobody is shown to strangers anyway, but for a mask."""
    made, is_set = "", True
    for letter in letters:
        if letter in "+-":
            is_set = letter == "+"
        elif letter in USER_MODES and is_set != (letter in irc.modes):
            (irc.modes.add if is_set else irc.modes.discard)(letter)
            made += ("+" if is_set else "-") + letter
    if made:
        irc.send("MODE", irc.shown_nick, made)
    if set(letters) - set("+-" + USER_MODES):
        irc.numeric("501", "Unknown MODE flag")
