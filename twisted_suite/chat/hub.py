"""The conversation of everybody, as one pure machine. Core: every front end's commands come here.

``handle(session, command, now)`` changes the hub and returns effects for the front end to execute at once and
in order. `Flush` asks for ``flush(now)`` at the end of the loop's turn: what was said in one turn reaches a
member in one piece. ``sweep(now)``, called now and then, names peers that do not read.

What a command does is a *step*, in `entrance`, `visits`, `talk` or `moderation`; the table below says in
which state of the session each is understood. Times are seconds since 1970.
"""

from collections.abc import Callable, Iterable
from typing import Any

from twisted_suite.chat import commands as c
from twisted_suite.chat import entrance, moderation, talk, visits
from twisted_suite.chat import replies as r
from twisted_suite.chat.events import Talk
from twisted_suite.chat.house import House, HubLimits
from twisted_suite.chat.log import Posted
from twisted_suite.chat.names import Name, read_room_name
from twisted_suite.chat.sessions import Abort, Effect, Flush, Session, State


class Hub:
    """The house, and which step a command takes in it."""

    def __init__(self, limits: HubLimits | None = None, now: float = 0.0) -> None:
        self.house = House(limits, now)
        self._flush_wanted = False

    def handle(self, session: Session, command: c.Command, now: float) -> list[Effect]:
        """Do as `command` says. One that makes no sense in the session's state is ignored."""
        step = _STEPS.get((session.state, type(command)))
        self.house.now = now
        if step is not None:
            step(self.house, session, command)
        return self._effects()

    def catch_up(self, session: Session, now: float) -> list[Effect]:
        """Send `session` at once what waits for it, for a front end whose answers have to come in order."""
        self.house.now = now
        self.house.catch_up(session)
        return self._effects()

    def flush(self, now: float) -> list[Effect]:
        """Deliver what was said since the last time."""
        self._flush_wanted = False
        self.house.now = now
        self.house.tell_crowds()
        for room in tuple(self.house.due):
            self.house.deliver(room)
        self._note_who_caught_up()
        return self._effects()

    def sweep(self, now: float) -> list[Effect]:
        """Give up on peers that have not taken what was sent for `HubLimits.slow_after_s`."""
        self.house.now = now
        self.house.tell_crowds()
        slow_after_s = self.house.limits.slow_after_s
        deadline = now - slow_after_s
        slow = [session for session in self.house.behind if (session.behind_since or 0.0) <= deadline]
        stuck = [session for session in self.house.closed if (session.closed_at or 0.0) <= deadline]
        return [Abort(session, f"{slow_after_s:g} s behind") for session in slow + stuck] + self._effects()

    def wait_s(self, session: Session, now: float) -> float:
        """How long the next message of `session` has to wait before `handle`; at 0 it is counted as taken."""
        return session.allowance.wait_s(self.house.limits.flood, now)

    # --- for a history ------------------------------------------------------------------------------------

    def restore(self, room: str, epoch: str, events: Iterable[tuple[float, Talk]], first: int) -> None:
        """Before anybody is here: `room` goes on after `events`, the oldest of which has number `first`."""
        name = read_room_name(room)
        assert isinstance(name, Name)
        self.house.open_room(name).restore(epoch, events, first)

    def recalled(
        self, session: Session, room: str, epoch: str, events: tuple[Posted, ...], now: float
    ) -> list[Effect]:
        """The history's answer to `Recall`."""
        self.house.now = now
        if session.state is State.PRESENT:
            self.house.reply(session, r.Recounted(room, epoch, events))
        return self._effects()

    # --- inside -------------------------------------------------------------------------------------------

    def _note_who_caught_up(self) -> None:
        for session in tuple(self.house.behind):
            if not session.is_full and all(room.audience.has_all(session) for room in session.rooms):
                session.behind_since = None
                del self.house.behind[session]

    def _effects(self) -> list[Effect]:
        effects, self.house.effects = self.house.effects, []
        if self.house.due and not self._flush_wanted:
            self._flush_wanted = True
            effects.append(Flush())
        return effects


# Each takes the command that it is entered for: a dict cannot say so.
_Step = Callable[[House, Session, Any], None]
_NAMING: dict[type[c.Command], _Step] = {
    c.Connect: entrance.greet,
    c.Login: entrance.log_in,
    c.SetAccount: entrance.set_account,
    c.Overrun: entrance.refuse_long_name,
    c.Quit: entrance.refuse_to_stay,
    c.Dismiss: entrance.refuse_to_stay,
    c.HangUp: entrance.lose,
    c.Pause: entrance.pause,
    c.Resume: entrance.resume,
}
_PRESENT: dict[type[c.Command], _Step] = {
    c.Say: talk.say,
    c.Tell: talk.tell,
    c.Mistype: talk.correct,
    c.Overrun: talk.refuse_long_message,
    c.Recount: visits.recount,
    c.Join: visits.enter,
    c.Part: visits.leave_room,
    c.AskMembers: visits.show_members,
    c.AskRooms: visits.show_rooms,
    c.AskPerson: visits.show_person,
    c.AskHelp: visits.help_out,
    c.AskTopic: moderation.show_topic,
    c.SetTopic: moderation.set_topic,
    c.AskModes: moderation.show_modes,
    c.AskBans: moderation.show_bans,
    c.SetModes: moderation.set_modes,
    c.Kick: moderation.kick,
    c.Invite: moderation.invite,
    c.Rename: entrance.rename,
    c.SetAway: entrance.set_away,
    c.SetRealname: entrance.set_realname,
    c.SetAccount: entrance.set_account,
    c.Quit: entrance.leave,
    c.Dismiss: entrance.dismiss,
    c.HangUp: entrance.lose_member,
    c.Pause: entrance.pause,
    c.Resume: entrance.resume,
}
_STEPS: dict[tuple[State, type[c.Command]], _Step] = {
    **{(State.NAMING, command): step for command, step in _NAMING.items()},
    **{(State.PRESENT, command): step for command, step in _PRESENT.items()},
    (State.LEAVING, c.HangUp): entrance.lose_leaver,
    (State.LEAVING, c.Pause): entrance.pause,
    (State.LEAVING, c.Resume): entrance.resume,
    (State.CLOSED, c.HangUp): entrance.lose,
}
