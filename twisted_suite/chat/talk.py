"""Saying things, in a room and to one person. Core: steps of the hub."""

from twisted_suite.chat import commands as c
from twisted_suite.chat import events as e
from twisted_suite.chat import replies as r
from twisted_suite.chat.house import House
from twisted_suite.chat.sessions import Send, Session
from twisted_suite.chat.visits import known_person, known_room


def say(house: House, session: Session, command: c.Say) -> None:
    session.active_at = house.now
    room = session.here if command.room is None else None
    room = room or known_room(house, session, command.room)
    if room is None:
        return
    if not room.may_speak(session, session.person):
        house.reply(session, r.Refused(r.Fault.MUTED, room.name.shown))
        return
    house.post(room, e.Said(session.person, command.text, command.kind, command.tags))
    if session not in room.statuses:
        house.deliver(room)


def tell(house: House, session: Session, command: c.Tell) -> None:
    """To the other, who is sent nothing while it does not read, and back to the one who wrote it."""
    session.active_at = house.now
    target = known_person(house, session, command.name)
    if target is None:
        return
    house.told += 1
    told = r.Told(
        session.person, target.person.name, command.text, command.kind, house.told, house.now, command.tags
    )
    if target is not session and not target.is_full:
        house.catch_up(target)
        house.effects.append(Send((target,), (told,)))
    house.reply(session, told)
    if target.away is not None and command.kind is not e.Kind.NOTICE:
        house.reply(session, r.IsAway(target.person.name, target.away))


def correct(house: House, session: Session, command: c.Mistype) -> None:
    house.reply(session, r.NotUnderstood(command.word))


def refuse_long_message(house: House, session: Session, command: c.Overrun) -> None:
    house.reply(session, r.MessageRefused(command.limit_bytes))
