"""The hub against a dictionary: whatever peers do, everybody sees the same conversation."""

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

from twisted_suite.chat import messages as m
from twisted_suite.chat.hub import Abort, Close, Effect, Flush, Hub, Send, Session

NAMES = {"kim": "kim", "KIM": "kim", "ｋim": "kim", "lee": "lee", "김": "김"}


class Conversation(RuleBasedStateMachine):
    """`present` and `expected` are the model; what the hub sends is held against it."""

    peers: Bundle[Session] = Bundle("peers")

    def __init__(self) -> None:
        super().__init__()
        self.hub = Hub()
        self.present: dict[str, Session] = {}  # by folded name
        self.shown: dict[Session, str] = {}
        self.expected: dict[Session, list[m.Event]] = {}
        self.got: dict[Session, list[m.Event]] = {}
        self.full: set[Session] = set()
        self.leaving: set[Session] = set()
        self.closed: set[Session] = set()
        self.flush_asked = False

    def do(self, peer: Session, command: m.Command) -> None:
        self.execute(self.hub.handle(peer, command, 0.0))

    def execute(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Send(sessions, events):
                    for session in sessions:
                        assert session not in self.full and session not in self.closed
                        self.got[session] += [e for e in events if isinstance(e, m.Talk)]
                        assert not any(isinstance(e, m.Missed) for e in events)
                case Close(session):
                    assert session in self.leaving
                    assert self.got[session] == self.expected[session]
                    self.closed.add(session)
                case Flush():
                    assert not self.flush_asked
                    self.flush_asked = True
                case Abort():
                    raise AssertionError("nobody sweeps")

    def happened(self, event: m.Event) -> None:
        for member in self.present.values():
            self.expected[member].append(event)

    def gone(self, peer: Session) -> None:
        folded = NAMES[self.shown[peer]]
        if self.present.get(folded) is peer:
            del self.present[folded]
            self.happened(m.Left(self.shown[peer]))

    @rule(target=peers)
    def connect(self) -> Session:
        peer = Session()
        self.got[peer], self.expected[peer] = [], []
        self.do(peer, m.Connect())
        return peer

    @rule(peer=peers, name=st.sampled_from(sorted(NAMES)))
    def join(self, peer: Session, name: str) -> None:
        may = peer not in self.shown and peer not in self.leaving and NAMES[name] not in self.present
        if peer.tries >= 9 and not may:
            return  # the tenth refusal closes; see the hub's own tests
        self.do(peer, m.Join(name))
        if may:
            self.present[NAMES[name]] = peer
            self.shown[peer] = name
            self.happened(m.Joined(name))

    @rule(peer=peers, text=st.sampled_from("abc"))
    def say(self, peer: Session, text: str) -> None:
        self.do(peer, m.Say(text))
        if peer in self.present.values():
            self.happened(m.Said(self.shown[peer], text))

    @rule(peer=peers)
    def mistype(self, peer: Session) -> None:
        self.do(peer, m.Mistype("/x"))

    @rule(peer=peers)
    def pause(self, peer: Session) -> None:
        self.do(peer, m.Pause())
        if peer in self.shown and peer not in self.closed:
            self.full.add(peer)

    @rule(peer=peers)
    def resume(self, peer: Session) -> None:
        self.full.discard(peer)
        self.do(peer, m.Resume())

    @rule(peer=peers)
    def quit(self, peer: Session) -> None:
        self.leaving.add(peer)
        self.do(peer, m.Quit())
        if peer in self.shown:
            self.gone(peer)

    @rule(peer=consumes(peers))
    def hang_up(self, peer: Session) -> None:
        self.do(peer, m.HangUp())
        if peer in self.shown:
            self.gone(peer)
        self.closed.add(peer)  # to a connection that is gone nothing may be sent

    @rule()
    def end_of_turn(self) -> None:
        if self.flush_asked:
            self.flush_asked = False
            self.execute(self.hub.flush(0.0))

    @invariant()
    def nobody_sees_what_did_not_happen(self) -> None:
        """What was sent is a beginning of what was to be seen: in order, no doubles, nothing left out."""
        for peer, got in self.got.items():
            assert got == self.expected[peer][: len(got)], peer

    @invariant()
    def nobody_misses_anything(self) -> None:
        """With no flush outstanding, all that can take events have them all."""
        if self.flush_asked:
            return
        for peer in self.present.values():
            assert peer in self.full or self.got[peer] == self.expected[peer]

    @invariant()
    def names_agree(self) -> None:
        for peer in self.got:
            assert peer.is_named == (peer in self.shown)


class ModelTests(SynchronousTestCase):
    def test_conversation(self) -> None:
        """Same order for all, nothing lost, no name twice, and leaving is final."""
        run_state_machine_as_test(
            Conversation, settings=settings(deadline=None, max_examples=40, stateful_step_count=40)
        )
