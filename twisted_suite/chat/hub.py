"""Who is here, under which name, and what each is to be sent. Core: every front end's commands come here.

``handle(session, command, now)`` changes the hub and returns effects for the front end to execute at once and
in order. `Flush` asks for ``flush(now)`` at the end of the loop's turn: what was said in one turn reaches a
member in one piece. ``sweep(now)``, called now and then, names the peers that have not read for too long.

::

    NAMING   --Join-->  PRESENT  --Quit, Dismiss-->  LEAVING  --all delivered-->  CLOSED
       \\------------------- Quit, Dismiss, too many names -----------------------/
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from twisted_suite.chat import messages as m
from twisted_suite.chat.names import Name, read_name
from twisted_suite.chat.room import Delivery, Room

# Mistakes of a person; a machine that guesses names is not helped.
MAX_NAME_TRIES = 10
# A link that stalls recovers within this, or the peer has to come back. So does one that we are closing.
SLOW_AFTER_S = 60.0


class State(Enum):
    """Where a session is."""

    NAMING = auto()
    PRESENT = auto()
    LEAVING = auto()  # no longer a member for the others, but what was said before is still on its way to it
    CLOSED = auto()


class Session:
    """One peer. Changed by the hub only; front ends keep it and read it."""

    __slots__ = ("closed_at", "farewell", "name", "state", "tries")

    def __init__(self) -> None:
        self.state = State.NAMING
        self.name: Name | None = None  # kept after leaving, for the log
        self.tries = 0  # names refused so far
        self.farewell: m.Event | None = None  # the last thing that it is told
        self.closed_at: float | None = None  # when we closed it

    @property
    def is_named(self) -> bool:
        return self.name is not None


@dataclass(frozen=True, slots=True)
class Send:
    """The same events for some peers. A front end encodes them once for all that speak the same way."""

    sessions: tuple[Session, ...]
    events: tuple[m.Event, ...]


@dataclass(frozen=True, slots=True)
class Close:
    """Close the connection when what was sent has gone out."""

    session: Session


@dataclass(frozen=True, slots=True)
class Abort:
    """Cut the connection off: the peer does not read."""

    session: Session
    reason: str


@dataclass(frozen=True, slots=True)
class Flush:
    """Call ``flush`` at the end of this turn of the loop."""


Effect = Send | Close | Abort | Flush


class Hub:
    """All sessions, their names, and the one room."""

    def __init__(self, room: Room[Session, m.Talk] | None = None) -> None:
        self._room = room if room is not None else Room()
        self._present: dict[str, Session] = {}  # by name key
        self._closed: set[Session] = set()  # closed by us; the connection's end not yet seen
        self._flush_wanted = False

    def handle(self, session: Session, command: m.Command, now: float) -> list[Effect]:
        """Do as `command` says. One that makes no sense in the session's state is ignored."""
        step = _STEPS.get((session.state, type(command)))
        effects = step(self, session, command, now) if step is not None else []
        return effects + self._deliver_or_ask(now)

    def flush(self, now: float) -> list[Effect]:
        """Deliver what was said since the last time."""
        self._flush_wanted = False
        return self._deliver(now) + self._deliver_or_ask(now)

    def sweep(self, now: float) -> list[Effect]:
        """Give up on peers that have not taken what was sent for `SLOW_AFTER_S`."""
        deadline = now - SLOW_AFTER_S
        slow = self._room.behind_since(deadline)
        stuck = [session for session in self._closed if (session.closed_at or 0.0) <= deadline]
        return [Abort(session, f"{SLOW_AFTER_S:g} s behind") for session in slow + stuck]

    # --- steps: one for each command that a state understands ---------------------------------------------

    def _greet(self, session: Session, command: m.Connect, now: float) -> list[Effect]:
        return [Send((session,), (m.NameAsked(),))]

    def _join(self, session: Session, command: m.Join, now: float) -> list[Effect]:
        name = read_name(command.name)
        if not isinstance(name, Name):
            return self._refuse(session, m.NameRefused(name), now)
        if name.key in self._present:
            return self._refuse(session, m.NameTaken(), now)
        session.state, session.name = State.PRESENT, name
        self._present[name.key] = session
        self._room.enter(session)
        self._room.post(m.Joined(name.shown), len(name.shown))
        return []

    def _refuse_long_name(self, session: Session, command: m.Overrun, now: float) -> list[Effect]:
        return self._refuse(session, m.NameRefused(m.NameFault.TOO_LONG), now)

    def _refuse(self, session: Session, refusal: m.NameTaken | m.NameRefused, now: float) -> list[Effect]:
        session.tries += 1
        if session.tries < MAX_NAME_TRIES:
            return [Send((session,), (refusal, m.NameAsked()))]
        return [Send((session,), (refusal, m.TriesExhausted())), self._close(session, now)]

    def _say(self, session: Session, command: m.Say, now: float) -> list[Effect]:
        assert session.name is not None  # PRESENT
        said = m.Said(session.name.shown, command.text)
        self._room.post(said, len(said.name) + len(said.text))
        return []

    def _correct(self, session: Session, command: m.Mistype, now: float) -> list[Effect]:
        return self._reply(session, m.NotUnderstood(command.word), now)

    def _refuse_long_message(self, session: Session, command: m.Overrun, now: float) -> list[Effect]:
        return self._reply(session, m.MessageRefused(command.limit_bytes), now)

    def _reply(self, session: Session, event: m.Event, now: float) -> list[Effect]:
        """After what was said before. A peer that does not read gets no replies: they would pile up."""
        if self._room.is_full(session):
            return []
        return [*self._deliver(now), Send((session,), (event,))]

    def _refuse_to_stay(self, session: Session, command: m.Command, now: float) -> list[Effect]:
        """Quit or Dismiss of a peer that never gave a name: nobody has to know."""
        farewell: list[Effect] = (
            [Send((session,), (m.ServerStopped(),))] if isinstance(command, m.Dismiss) else []
        )
        return [*farewell, self._close(session, now)]

    def _quit(self, session: Session, command: m.Quit, now: float) -> list[Effect]:
        session.state = State.LEAVING
        self._room.retire(session, now)
        self._announce_leaving(session)
        return []

    def _dismiss(self, session: Session, command: m.Dismiss, now: float) -> list[Effect]:
        """Everybody goes: no announcement, which each of n would send to n."""
        session.state, session.farewell = State.LEAVING, m.ServerStopped()
        self._room.retire(session, now)
        self._free_name(session)
        return []

    def _lose_member(self, session: Session, command: m.HangUp, now: float) -> list[Effect]:
        self._room.leave(session)
        self._announce_leaving(session)
        session.state = State.CLOSED
        return []

    def _lose_leaver(self, session: Session, command: m.HangUp, now: float) -> list[Effect]:
        self._room.leave(session)
        session.state = State.CLOSED
        return []

    def _lose(self, session: Session, command: m.HangUp, now: float) -> list[Effect]:
        self._closed.discard(session)
        session.state = State.CLOSED
        return []

    def _pause(self, session: Session, command: m.Pause, now: float) -> list[Effect]:
        self._room.pause(session, now)
        return []

    def _resume(self, session: Session, command: m.Resume, now: float) -> list[Effect]:
        self._room.resume(session)
        return []

    # --- parts of steps -----------------------------------------------------------------------------------

    def _announce_leaving(self, session: Session) -> None:
        name = self._free_name(session)
        self._room.post(m.Left(name.shown), len(name.shown))

    def _free_name(self, session: Session) -> Name:
        assert session.name is not None  # it was PRESENT
        del self._present[session.name.key]
        return session.name

    def _close(self, session: Session, now: float) -> Close:
        session.state, session.closed_at = State.CLOSED, now
        self._closed.add(session)
        return Close(session)

    def _deliver(self, now: float) -> list[Effect]:
        return [effect for delivery in self._room.deliveries() for effect in self._execute(delivery, now)]

    def _execute(self, delivery: Delivery[Session, m.Talk], now: float) -> list[Effect]:
        events: tuple[m.Event, ...] = delivery.events
        if delivery.lost:
            events = (m.Missed(delivery.lost), *events)
        effects: list[Effect] = [Send(delivery.members, events)] if events else []
        if delivery.is_last:
            for session in delivery.members:
                effects += self._end(session, now)
        return effects

    def _end(self, session: Session, now: float) -> list[Effect]:
        close = self._close(session, now)
        return [close] if session.farewell is None else [Send((session,), (session.farewell,)), close]

    def _deliver_or_ask(self, now: float) -> list[Effect]:
        effects = self._deliver(now) if self._room.is_bursting else []
        if self._room.is_due and not self._flush_wanted:
            self._flush_wanted = True
            effects.append(Flush())
        return effects


# Each takes the command that it is entered for: a dict cannot say so.
_Step = Callable[[Hub, Session, Any, float], list[Effect]]
_STEPS: dict[tuple[State, type[m.Command]], _Step] = {
    (State.NAMING, m.Connect): Hub._greet,
    (State.NAMING, m.Join): Hub._join,
    (State.NAMING, m.Overrun): Hub._refuse_long_name,
    (State.NAMING, m.Quit): Hub._refuse_to_stay,
    (State.NAMING, m.Dismiss): Hub._refuse_to_stay,
    (State.NAMING, m.HangUp): Hub._lose,
    (State.PRESENT, m.Say): Hub._say,
    (State.PRESENT, m.Mistype): Hub._correct,
    (State.PRESENT, m.Overrun): Hub._refuse_long_message,
    (State.PRESENT, m.Quit): Hub._quit,
    (State.PRESENT, m.Dismiss): Hub._dismiss,
    (State.PRESENT, m.HangUp): Hub._lose_member,
    (State.PRESENT, m.Pause): Hub._pause,
    (State.PRESENT, m.Resume): Hub._resume,
    (State.LEAVING, m.HangUp): Hub._lose_leaver,
    (State.LEAVING, m.Pause): Hub._pause,
    (State.LEAVING, m.Resume): Hub._resume,
    (State.CLOSED, m.HangUp): Hub._lose,
}
