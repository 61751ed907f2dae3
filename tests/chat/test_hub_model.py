"""The hub against a dictionary: whatever peers do, everybody in a room sees the same conversation."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    rule,
    run_state_machine_as_test,
)
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.chat import commands as c
from twisted_suite.chat import events as e
from twisted_suite.chat.commands import DEFAULT_ROOM
from twisted_suite.chat.entrance import MAX_NAME_TRIES
from twisted_suite.chat.hub import Hub
from twisted_suite.chat.log import Posted
from twisted_suite.chat.sessions import Append, Close, Deliver, Effect, Flush, Send, Session

NAMES = {"kim": "kim", "KIM": "kim", "ｋim": "kim", "lee": "lee", "김": "김"}
ROOMS = [DEFAULT_ROOM, "dev", "개발"]
names, rooms = st.sampled_from(sorted(NAMES)), st.sampled_from(ROOMS)
Seen = tuple[Any, ...]


def seen(event: e.Talk) -> Seen:
    match event:
        case e.Said(who, text):
            return "said", who.name, text
        case e.Renamed(who, name):
            return "renamed", who.name, name
        case e.Kicked(who, name):
            return "kicked", who.name, name
    return type(event).__name__, event.who.name


class Conversation(RuleBasedStateMachine):
    """`here`, `shown` and `expected` are the model; what the hub sends is held against it."""

    peers: Bundle[Session] = Bundle("peers")

    def __init__(self) -> None:
        super().__init__()
        self.hub = Hub()
        self.all: list[Session] = []
        self.here: dict[str, list[Session]] = {room: [] for room in ROOMS}
        self.operators: dict[str, set[Session]] = {room: set() for room in ROOMS}
        self.shown: dict[Session, str] = {}  # of those who are present
        self.expected: dict[tuple[Session, str], list[Seen]] = {}
        self.got: dict[tuple[Session, str], list[Seen]] = {}
        # Put out of a room while they did not read, and what has happened there since.
        self.fading: dict[tuple[Session, str], list[Seen]] = {}
        self.numbers: dict[str, list[Posted]] = {room: [] for room in ROOMS}
        self.full: set[Session] = set()
        self.leaving: set[Session] = set()
        self.closed: set[Session] = set()
        self.flush_asked = False

    def do(self, peer: Session, command: c.Command) -> None:
        self.execute(self.hub.handle(peer, command, 0.0))

    def execute(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Deliver(room, sessions, posted, lost):
                    assert not lost
                    assert set(posted) <= set(self.numbers[room]), "delivered before it was appended"
                    self.take(room, sessions, posted)
                case Append(_, posted):
                    self.numbers[posted[0].room] += posted
                case Send(sessions):
                    named = {session for session in sessions if session.is_named}
                    assert not self.full & named  # refused names are told of anyway: there are few
                case Close(session):
                    assert session in self.leaving
                    for room in ROOMS:
                        assert self.got[session, room] == self.expected[session, room]
                    self.closed.add(session)
                case Flush():
                    assert not self.flush_asked
                    self.flush_asked = True
                case _:
                    raise AssertionError(f"{effect}: nobody sweeps, nobody has an archive")

    def take(self, room: str, sessions: tuple[Session, ...], posted: tuple[Posted, ...]) -> None:
        for session in sessions:
            assert session not in self.full and session not in self.closed
            self.got[session, room] += [seen(p.event) for p in posted]

    # --- the model ----------------------------------------------------------------------------------------

    def happened(self, room: str, *what: Any) -> None:
        for member in self.here[room]:
            self.expected[member, room].append(what)
        for (_, where), missed in self.fading.items():
            if where == room:
                missed.append(what)

    def enters(self, peer: Session, room: str) -> None:
        # Who never read of its leaving reads on as if it had stayed.
        self.expected[peer, room] += self.fading.pop((peer, room), [])
        if not self.here[room] and room != DEFAULT_ROOM:
            self.operators[room].add(peer)
        self.here[room].append(peer)
        self.happened(room, "Joined", self.shown[peer])

    def forget_fading(self, peer: Session) -> None:
        for room in ROOMS:
            self.fading.pop((peer, room), None)

    def leaves(self, peer: Session, room: str) -> None:
        self.here[room].remove(peer)
        self.operators[room].discard(peer)

    def gone(self, peer: Session) -> None:
        for room in ROOMS:
            if peer in self.here[room]:
                self.leaves(peer, room)
                self.happened(room, "Gone", self.shown[peer])
        self.shown.pop(peer, None)

    def is_free(self, name: str, peer: Session) -> bool:
        return all(other is peer or NAMES[shown] != NAMES[name] for other, shown in self.shown.items())

    # --- what peers do ------------------------------------------------------------------------------------

    @rule(target=peers)
    def connect(self) -> Session:
        peer = Session()
        self.all.append(peer)
        for room in ROOMS:
            self.got[peer, room], self.expected[peer, room] = [], []
        self.do(peer, c.Connect())
        return peer

    @rule(peer=peers, name=names)
    def log_in(self, peer: Session, name: str) -> None:
        may = not peer.is_named and peer not in self.leaving and self.is_free(name, peer)
        if peer.tries >= MAX_NAME_TRIES - 1 and not may:
            return  # one more refusal closes; see the hub's own tests
        self.do(peer, c.Login(name))
        if may:
            self.shown[peer] = name
            self.enters(peer, DEFAULT_ROOM)

    @rule(peer=peers, name=names)
    def rename(self, peer: Session, name: str) -> None:
        self.do(peer, c.Rename(name))
        if peer in self.shown and self.is_free(name, peer) and self.shown[peer] != name:
            for room in ROOMS:
                if peer in self.here[room]:
                    self.happened(room, "renamed", self.shown[peer], name)
            self.shown[peer] = name

    @rule(peer=peers, room=rooms)
    def join(self, peer: Session, room: str) -> None:
        self.do(peer, c.Join(room))
        if peer in self.shown and peer not in self.here[room]:
            self.enters(peer, room)

    @rule(peer=peers, room=rooms)
    def part(self, peer: Session, room: str) -> None:
        self.do(peer, c.Part(room))
        if peer in self.here[room]:
            self.happened(room, "Left", self.shown[peer])
            self.put_out(peer, room)

    @rule(peer=peers, other=peers, room=rooms)
    def kick(self, peer: Session, other: Session, room: str) -> None:
        name = self.shown.get(other, "nobody")
        self.do(peer, c.Kick(name, room))
        if peer in self.operators[room] and other in self.here[room]:
            self.happened(room, "kicked", self.shown[peer], name)
            self.put_out(other, room)

    def put_out(self, peer: Session, room: str) -> None:
        self.leaves(peer, room)
        if peer in self.full:
            self.fading[peer, room] = []

    @rule(peer=peers, room=rooms, text=st.sampled_from("abc"))
    def say(self, peer: Session, room: str, text: str) -> None:
        self.do(peer, c.Say(text, room))
        if peer in self.here[room]:
            self.happened(room, "said", self.shown[peer], text)

    @rule(peer=peers, name=names, command=st.sampled_from([c.Mistype("/x"), c.AskMembers(), c.AskRooms()]))
    def ask(self, peer: Session, name: str, command: c.Command) -> None:
        """Questions and private words leave the conversation as it is."""
        self.do(peer, command)
        self.do(peer, c.Tell(name, "psst"))

    @rule(peer=peers)
    def pause(self, peer: Session) -> None:
        self.do(peer, c.Pause())
        if peer not in self.closed:
            self.full.add(peer)

    @rule(peer=peers)
    def resume(self, peer: Session) -> None:
        self.full.discard(peer)
        self.forget_fading(peer)
        self.do(peer, c.Resume())
        self.end_of_turn()

    @rule(peer=peers)
    def quit(self, peer: Session) -> None:
        self.leaving.add(peer)
        if not peer.is_named:
            self.full.discard(peer)  # it is closed at once, whatever it has read
        self.do(peer, c.Quit())
        self.gone(peer)

    @rule(peer=consumes(peers))
    def hang_up(self, peer: Session) -> None:
        self.do(peer, c.HangUp())
        self.gone(peer)
        self.closed.add(peer)  # to a connection that is gone nothing may be sent
        self.forget_fading(peer)

    @rule()
    def end_of_turn(self) -> None:
        if self.flush_asked:
            self.flush_asked = False
            self.execute(self.hub.flush(0.0))

    # --- what must hold -----------------------------------------------------------------------------------

    @invariant()
    def nobody_sees_what_did_not_happen(self) -> None:
        """What was sent is a beginning of what was to be seen: in order, no doubles, nothing left out."""
        for key, got in self.got.items():
            assert got == self.expected[key][: len(got)], key

    @invariant()
    def nobody_misses_anything(self) -> None:
        """With no flush outstanding, all that can take events have them all."""
        if self.flush_asked:
            return
        for room, members in self.here.items():
            for peer in members:
                assert peer in self.full or self.got[peer, room] == self.expected[peer, room]

    @invariant()
    def numbers_are_dense(self) -> None:
        """The history is offered every event of a room once, numbered without gaps, under one epoch."""
        for posted in self.numbers.values():
            assert [p.number for p in posted] == list(range(1, len(posted) + 1))

    @invariant()
    def the_hub_agrees(self) -> None:
        """Who is where, under which name, and who may kick."""
        house = self.hub.house
        assert {s: s.person.name for s in house.present.values()} == self.shown
        found = {room.name.shown: room for room in house.rooms}
        for shown, members in self.here.items():
            room = found.get(shown)
            assert (list(room.statuses) if room else []) == members
            assert {p for p in members if room and room.is_operator(p)} == self.operators[shown]


class ModelTests(SynchronousTestCase):
    def test_conversation(self) -> None:
        """Same order for all, nothing lost, no name twice, and leaving is final."""
        run_state_machine_as_test(
            Conversation, settings=settings(deadline=None, max_examples=40, stateful_step_count=50)
        )
