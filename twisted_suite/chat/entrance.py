"""Coming and going: names, the connection's two ends, presence. Core: steps of the hub."""

from dataclasses import replace

from twisted_suite.chat import commands as c
from twisted_suite.chat import events as e
from twisted_suite.chat import replies as r
from twisted_suite.chat.house import House
from twisted_suite.chat.names import Name, NameFault, read_name
from twisted_suite.chat.sessions import Send, Session, State
from twisted_suite.chat.visits import enter

# Mistakes of a person; a machine that guesses names is not helped.
MAX_NAME_TRIES = 10
MAX_REALNAME_CHARS = 150
MAX_AWAY_CHARS = 300


def greet(house: House, session: Session, command: c.Connect) -> None:
    house.connected += 1
    session.host, session.connected_at, session.active_at = command.host, house.now, house.now
    house.effects.append(Send((session,), (r.NameAsked(),)))


def log_in(house: House, session: Session, command: c.Login) -> None:
    name = read_name(command.name)
    if not isinstance(name, Name):
        return refuse(house, session, r.NameRefused(name, command.name))
    if house.owner(name) is not None:
        return refuse(house, session, r.NameTaken(command.name))
    session.state = State.PRESENT
    session.realname = command.realname[:MAX_REALNAME_CHARS]
    session.person = replace(
        house.person(session, name), user=command.user, account=command.account or session.person.account
    )
    house.take_name(session, name)
    house.reply(session, r.LoggedIn(session.person))
    if command.room is not None:
        enter(house, session, c.Join(command.room))


def refuse_long_name(house: House, session: Session, command: c.Overrun) -> None:
    refuse(house, session, r.NameRefused(NameFault.TOO_LONG))


def refuse(house: House, session: Session, refusal: r.NameTaken | r.NameRefused) -> None:
    session.tries += 1
    if session.tries < MAX_NAME_TRIES:
        house.effects.append(Send((session,), (refusal, r.NameAsked())))
        return
    house.effects.append(Send((session,), (refusal, r.TriesExhausted())))
    house.close(session)


def rename(house: House, session: Session, command: c.Rename) -> None:
    name = read_name(command.name)
    if not isinstance(name, Name):
        return house.reply(session, r.NameRefused(name, command.name))
    if house.owner(name) not in (None, session):
        return house.reply(session, r.NameTaken(command.name))
    was = session.person
    if name.shown == was.name:
        return
    rooms = [room for room in session.rooms if session in room.statuses]
    session.person = house.person(session, name)
    house.take_name(session, name)
    event = e.Renamed(was, name.shown, tuple(room.name.shown for room in rooms))
    for room in rooms:
        house.post(room, event)
    if not rooms:
        house.reply(session, r.YouRenamed(was, name.shown))


def set_account(house: House, session: Session, command: c.SetAccount) -> None:
    session.person = replace(session.person, account=command.account)


def set_away(house: House, session: Session, command: c.SetAway) -> None:
    session.away = command.message[:MAX_AWAY_CHARS] if command.message is not None else None
    told = r.AwaySet(session.person, session.away)
    house.reply(session, told)
    house.tell_all(house.neighbours(session), told)


def set_realname(house: House, session: Session, command: c.SetRealname) -> None:
    session.realname = command.realname[:MAX_REALNAME_CHARS]
    told = r.RealnameSet(session.person, session.realname)
    house.reply(session, told)
    house.tell_all(house.neighbours(session), told)


def refuse_to_stay(house: House, session: Session, command: c.Quit | c.Dismiss) -> None:
    """Of a peer that never gave a name: nobody has to know."""
    farewell = r.ServerStopped() if isinstance(command, c.Dismiss) else r.Goodbye(command.reason)
    house.effects.append(Send((session,), (farewell,)))
    house.close(session)


def leave(house: House, session: Session, command: c.Quit) -> None:
    session.farewell = r.Goodbye(command.reason)
    _leave(house, session, command.reason, is_announced=True)


def dismiss(house: House, session: Session, command: c.Dismiss) -> None:
    """Everybody goes: no announcement, which each of n would send to n."""
    session.farewell = r.ServerStopped()
    _leave(house, session, "", is_announced=False)


def _leave(house: House, session: Session, reason: str, *, is_announced: bool) -> None:
    session.state = State.LEAVING
    for room in session.rooms:
        house.stop_reading(session, room)
    _depart(house, session, reason, is_announced=is_announced)
    house.catch_up(session)
    house.end_if_done(session)


def lose_member(house: House, session: Session, command: c.HangUp) -> None:
    house.connected -= 1
    _stop_reading_all(house, session)
    _depart(house, session, command.reason, is_announced=True)
    session.rooms.clear()
    session.state = State.CLOSED


def lose_leaver(house: House, session: Session, command: c.HangUp) -> None:
    house.connected -= 1
    _stop_reading_all(house, session)
    session.rooms.clear()
    session.state = State.CLOSED


def lose(house: House, session: Session, command: c.HangUp) -> None:
    house.connected -= session.state is not State.CLOSED or session in house.closed
    house.closed.discard(session)
    house.behind.pop(session, None)
    session.state = State.CLOSED


def pause(house: House, session: Session, command: c.Pause) -> None:
    session.is_full = True
    if session.behind_since is None:
        session.behind_since = house.now
        house.behind[session] = None
    for room in session.rooms:
        room.audience.pause(session)


def resume(house: House, session: Session, command: c.Resume) -> None:
    session.is_full = False
    for room in session.rooms:
        room.audience.resume(session)
        house.due[room] = None
    house.end_if_done(session)


def _stop_reading_all(house: House, session: Session) -> None:
    house.behind.pop(session, None)
    for room in session.rooms:
        room.audience.leave(session)


def _depart(house: House, session: Session, reason: str, *, is_announced: bool) -> None:
    """No longer among those present. The name is free at once."""
    house.departed.append(house.view(session))
    rooms = [room for room in session.rooms if session in room.statuses]
    event = e.Gone(session.person, reason, tuple(room.name.shown for room in rooms))
    for room in rooms:
        room.dismiss(session)
        if is_announced:
            house.announce(room, session, event)
        house.room_emptied(room)
    house.free_name(session)
    session.here = None
