"""A hub whose effects are executed on lists: for the tests of the hub and of its steps."""

from dataclasses import fields, is_dataclass, replace
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.chat import commands as c
from twisted_suite.chat import events as e
from twisted_suite.chat import replies as r
from twisted_suite.chat.house import HubLimits
from twisted_suite.chat.hub import Hub
from twisted_suite.chat.sessions import Abort, Append, Close, Deliver, Effect, Flush, Send, Session


def person(name: str) -> e.Person:
    return e.Person(name)


def plain(event: Any) -> Any:
    """`event` with nothing of anybody but the name, so that it can be compared."""
    if not is_dataclass(event) or isinstance(event, type):
        return event
    if isinstance(event, e.Person):
        return person(event.name)
    if isinstance(event, e.Gone | e.Renamed):
        event = replace(event, rooms=())
    changed = {field.name: plain(getattr(event, field.name)) for field in fields(event)}
    return type(event)(**changed)


class HubCase(SynchronousTestCase):
    """`unsaid` are replies that a text front end has no words for, and that these tests do not look at."""

    unsaid: tuple[type[r.Reply], ...] = (r.LoggedIn, r.Entered, r.Goodbye)
    limits: HubLimits | None = None

    def setUp(self) -> None:
        self.hub = Hub(self.limits)
        self.now = 0.0
        self.got: dict[Session, list[e.Talk | r.Reply]] = {}
        self.writes: list[tuple[Session, ...]] = []
        self.appended: list[Append] = []
        self.closed: list[Session] = []
        self.aborted: list[tuple[Session, str]] = []
        self.others: list[Effect] = []
        self.flushes = 0  # asked for and not yet made

    def execute(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Deliver(_, sessions, posted, lost):
                    gap = [r.Missed(lost)] if lost else []
                    self.writes.append(sessions)
                    self.send(sessions, [*gap, *(p.event for p in posted)])
                case Send(sessions, events):
                    self.send(sessions, [event for event in events if not isinstance(event, self.unsaid)])
                case Append():
                    self.appended.append(effect)
                case Close(session):
                    self.closed.append(session)
                case Abort(session, reason):
                    self.aborted.append((session, reason))
                case Flush():
                    self.flushes += 1
                case _:
                    self.others.append(effect)

    def send(self, sessions: tuple[Session, ...], events: list[Any]) -> None:
        for session in sessions:
            self.assertNotIn(session, self.closed)
            self.got[session].extend(map(plain, events))

    def do(self, session: Session, *commands: c.Command) -> None:
        for command in commands:
            self.execute(self.hub.handle(session, command, self.now))

    def turn(self) -> None:
        """The loop's turn is over."""
        while self.flushes:
            self.flushes -= 1
            self.execute(self.hub.flush(self.now))

    def connected(self) -> Session:
        session = Session()
        self.got[session] = []
        self.do(session, c.Connect())
        return session

    def member(self, name: str, *rooms: str) -> Session:
        """Somebody in the default room, and then in `rooms`, who has read everything so far."""
        session = self.connected()
        self.do(session, c.Login(name), *map(c.Join, rooms))
        self.turn()
        for got in self.got.values():
            got.clear()
        return session

    def assert_got(self, session: Session, *events: e.Talk | r.Reply) -> None:
        self.turn()
        self.assertEqual(self.got[session], list(events))
        self.got[session].clear()
