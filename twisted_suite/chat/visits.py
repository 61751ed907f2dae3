"""Entering and leaving rooms, and looking around. Core: steps of the hub."""

from dataclasses import replace

from twisted_suite.chat import commands as c
from twisted_suite.chat import events as e
from twisted_suite.chat import replies as r
from twisted_suite.chat.house import House
from twisted_suite.chat.names import Name, read_name, read_room_name
from twisted_suite.chat.room import Room
from twisted_suite.chat.sessions import Recall, Session

# In one answer: as much as anybody reads at once.
MAX_RECOUNTED = 500
# Of the rooms that are listed, the largest.
MAX_LISTED = 1000


def enter(house: House, session: Session, command: c.Join) -> None:
    name = read_room_name(command.room)
    if not isinstance(name, Name):
        return house.reply(session, r.Refused(r.Fault.BAD_ROOM_NAME, command.room))
    room = house.find_room(name)
    if room is not None and session in room.statuses:
        session.here = room
        return house.reply(session, replace(entered(room), is_new=False))
    if len(session.rooms) >= house.limits.max_rooms_each or (room is None and house.is_full):
        return house.reply(session, r.Refused(r.Fault.TOO_MANY_ROOMS, name.shown))
    room = room or house.open_room(name)
    obstacle = room.obstacle(session, session.person, command.key)
    if obstacle is not None:
        return house.reply(session, r.Refused(obstacle, name.shown))
    room.admit(session, house.now)
    house.room_filled(room)
    session.here = room
    _begin_to_read(house, session, room, command)
    session.rooms[room] = None
    house.announce(room, session, e.Joined(session.person, session.realname, session.away))
    house.reply(session, entered(room))
    return None


def _begin_to_read(house: House, session: Session, room: Room[Session], command: c.Join) -> None:
    log, since = room.log, command.since
    if since is None:
        at = max(log.first, log.end - max(0, command.history))
    elif since.epoch == log.epoch and since.number < log.end:
        at = max(1, since.number + 1)
    else:
        house.reply(session, r.Missed(None, room.name.shown))
        at = log.first
    room.audience.enter(session, at, is_full=session.is_full)


def entered(room: Room[Session]) -> r.Entered:
    return r.Entered(
        room.name.shown, room.log.epoch, room.log.end - 1, len(room), room.topic, room.topic_by, room.topic_at
    )


def leave_room(house: House, session: Session, command: c.Part) -> None:
    room = joined_room(house, session, command.room)
    if room is not None:
        house.announce(room, session, e.Left(session.person, command.reason))
        put_out(house, session, room)


def put_out(house: House, session: Session, room: Room[Session]) -> None:
    """No longer a member, after an event that says so."""
    room.dismiss(session)
    house.stop_reading(session, room)
    house.room_emptied(room)
    house.catch_up(session)
    if session.here is room:
        session.here = next((other for other in reversed(session.rooms) if session in other.statuses), None)


def joined_room(house: House, session: Session, text: str | None) -> Room[Session] | None:
    """The room that a command of a member is about; without it, the member has been told why."""
    room = known_room(house, session, text)
    if room is not None and session not in room.statuses:
        house.reply(session, r.Refused(r.Fault.NOT_THERE, room.name.shown))
        return None
    return room


def known_room(house: House, session: Session, text: str | None) -> Room[Session] | None:
    """As `joined_room`, but a look from outside will do."""
    if text is None:
        if session.here is None:
            house.reply(session, r.Refused(r.Fault.NOT_THERE, ""))
        return session.here
    name = read_room_name(text)
    room = house.find_room(name) if isinstance(name, Name) else None
    if room is None or not (room.statuses or room.is_common):
        house.reply(session, r.Refused(r.Fault.NO_SUCH_ROOM, text))
        return None
    return room


def known_person(house: House, session: Session, text: str) -> Session | None:
    """Who is called so; without anybody, the peer has been told."""
    name = read_name(text)
    found = house.present.get(name.key) if isinstance(name, Name) else None
    if found is None:
        house.reply(session, r.Refused(r.Fault.NO_SUCH_NAME, text))
    return found


def show_members(house: House, session: Session, command: c.AskMembers) -> None:
    room = known_room(house, session, command.room)
    if room is not None:
        views = tuple(
            r.MemberView(member.person, status, member.realname, member.away is not None)
            for member, status in room.statuses.items()
        )
        house.reply(session, r.Members(room.name.shown, views))


def show_rooms(house: House, session: Session, command: c.AskRooms) -> None:
    views = sorted(
        (r.RoomView(room.name.shown, len(room), room.topic) for room in house.rooms),
        key=lambda view: (-view.count, view.name),
    )
    house.reply(session, r.Rooms(tuple(views[:MAX_LISTED])))


def show_person(house: House, session: Session, command: c.AskPerson) -> None:
    found = known_person(house, session, command.name)
    if found is not None:
        house.reply(session, house.view(found))


def recount(house: House, session: Session, command: c.Recount) -> None:
    room = joined_room(house, session, command.room)
    if room is None:
        return
    count = max(1, min(command.count, MAX_RECOUNTED))
    before = room.log.end if command.before is None else max(1, min(command.before, room.log.end))
    house.catch_up(session)
    if house.has_archive and before - count < room.log.first:
        house.effects.append(Recall(session, room.name.shown, before, count))
        return
    events = room.log.last(count, before)
    house.reply(session, r.Recounted(room.name.shown, room.log.epoch, events))


def help_out(house: House, session: Session, command: c.AskHelp) -> None:
    house.reply(session, r.Helped())
