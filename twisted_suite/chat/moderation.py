"""What operators of a room do: topic, modes, kicks, invitations. Core: steps of the hub."""

from twisted_suite.chat import commands as c
from twisted_suite.chat import events as e
from twisted_suite.chat import replies as r
from twisted_suite.chat.house import House
from twisted_suite.chat.room import FLAGS, MAX_INVITATIONS, Room
from twisted_suite.chat.sessions import Send, Session
from twisted_suite.chat.visits import joined_room, known_person, known_room, put_out

MAX_TOPIC_CHARS = 390
MAX_REASON_CHARS = 390
MAX_CHANGES = 20
STATUS_MODES = {"o": e.Status.OPERATOR, "v": e.Status.VOICE}


def show_topic(house: House, session: Session, command: c.AskTopic) -> None:
    room = joined_room(house, session, command.room)
    if room is not None:
        house.reply(session, r.TopicShown(room.name.shown, room.topic, room.topic_by, room.topic_at))


def set_topic(house: House, session: Session, command: c.SetTopic) -> None:
    room = joined_room(house, session, command.room)
    if room is None or ("t" in room.flags and not _is_operator(house, session, room)):
        return
    room.topic = command.topic[:MAX_TOPIC_CHARS]
    room.topic_by, room.topic_at = session.person.name, house.now
    house.post(room, e.TopicSet(session.person, room.topic))


def show_modes(house: House, session: Session, command: c.AskModes) -> None:
    room = known_room(house, session, command.room)
    if room is not None:
        changes = room.modes(with_key=session in room.statuses)
        house.reply(session, r.ModesShown(room.name.shown, changes, room.made_at))


def show_bans(house: House, session: Session, command: c.AskBans) -> None:
    room = known_room(house, session, command.room)
    if room is not None:
        bans = tuple((mask, by, at) for mask, (by, at) in room.bans.items())
        house.reply(session, r.BansShown(room.name.shown, bans))


def set_modes(house: House, session: Session, command: c.SetModes) -> None:
    room = joined_room(house, session, command.room)
    if room is None or not _is_operator(house, session, room):
        return
    made = [_change(house, session, room, change) for change in command.changes[:MAX_CHANGES]]
    changes = tuple(change for change in made if change is not None)
    if changes:
        house.post(room, e.ModesSet(session.person, changes))


def kick(house: House, session: Session, command: c.Kick) -> None:
    room = joined_room(house, session, command.room)
    if room is None or not _is_operator(house, session, room):
        return
    target = known_person(house, session, command.name)
    if target is None:
        return
    if target not in room.statuses:
        house.reply(session, r.Refused(r.Fault.NOT_IN_ROOM, command.name, room.name.shown))
        return
    house.post(room, e.Kicked(session.person, target.person.name, command.reason[:MAX_REASON_CHARS]))
    put_out(house, target, room)


def invite(house: House, session: Session, command: c.Invite) -> None:
    room = joined_room(house, session, command.room)
    if room is None or ("i" in room.flags and not _is_operator(house, session, room)):
        return
    target = known_person(house, session, command.name)
    if target is None:
        return
    if target in room.statuses:
        house.reply(session, r.Refused(r.Fault.ALREADY_THERE, command.name, room.name.shown))
        return
    _remember_invitation(room, target)
    house.reply(session, r.InviteSent(target.person.name, room.name.shown))
    if not target.is_full:
        house.catch_up(target)
        invited = r.Invited(session.person, room.name.shown, target.person.name)
        house.effects.append(Send((target,), (invited,)))


def _remember_invitation(room: Room[Session], target: Session) -> None:
    room.invitations[target] = None
    if len(room.invitations) > MAX_INVITATIONS:
        del room.invitations[next(iter(room.invitations))]


def _is_operator(house: House, session: Session, room: Room[Session]) -> bool:
    if room.is_operator(session):
        return True
    house.reply(session, r.Refused(r.Fault.NOT_OPERATOR, room.name.shown))
    return False


def _change(house: House, session: Session, room: Room[Session], change: e.Change) -> e.Change | None:
    if change.mode in STATUS_MODES:
        return _change_status(house, session, room, change)
    if change.mode not in FLAGS + "klb" or (change.mode == "b" and not change.argument):
        house.reply(session, r.Refused(r.Fault.UNKNOWN_MODE, change.mode, room.name.shown))
        return None
    result = room.change(change, session.person, house.now)
    if isinstance(result, r.Fault):
        house.reply(session, r.Refused(result, change.argument, room.name.shown))
        return None
    return result


def _change_status(house: House, session: Session, room: Room[Session], change: e.Change) -> e.Change | None:
    target = known_person(house, session, change.argument)
    if target is None:
        return None
    if target not in room.statuses:
        house.reply(session, r.Refused(r.Fault.NOT_IN_ROOM, change.argument, room.name.shown))
        return None
    was, status = room.statuses[target], STATUS_MODES[change.mode]
    now = was | status if change.is_set else was & ~status
    room.statuses[target] = now
    return e.Change(change.is_set, change.mode, target.person.name) if now != was else None
