"""Writing to all who hear a room: once for each voice, in slices for large rooms, in order for everybody."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.chat.fanout import FanOut
from twisted_suite.chat.sessions import Deliver, Session

SLICE_MEMBERS = 5


class Loud:
    """A voice that says the room's name, and counts how often it is asked."""

    def __init__(self) -> None:
        self.encoded = 0

    def encode_delivery(self, delivery: Deliver) -> bytes:
        self.encoded += 1
        return delivery.room.encode()


class Ear:
    def __init__(self, voice: Loud) -> None:
        self._voice = voice
        self.heard: list[bytes] = []
        self.write = self.heard.append

    def voice(self, delivery: Deliver) -> Any:
        return self._voice


class FanOutTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.idle = 0
        self.fanout = FanOut(self.clock, self.count, SLICE_MEMBERS)
        self.voices = Loud(), Loud()

    def count(self) -> None:
        self.idle += 1

    def sessions(self, number: int) -> tuple[Session, ...]:
        return tuple(Session(Ear(self.voices[index % 2])) for index in range(number))

    def heard(self, sessions: tuple[Session, ...]) -> list[int]:
        return [len(session.peer.heard) for session in sessions]

    def test_small(self) -> None:
        """A small room is written to at once, and each voice asked once."""
        small = self.sessions(5)
        self.fanout.deliver(Deliver("a", small, ()))
        self.assertEqual(self.heard(small), [1] * 5)
        self.assertEqual([voice.encoded for voice in self.voices], [1, 1])
        self.assertFalse(self.fanout.is_busy)

    def test_large(self) -> None:
        """A large room is written to in slices, with the loop between them, and then it is told so once."""
        large = self.sessions(SLICE_MEMBERS * 2 + 1)
        self.fanout.deliver(Deliver("a", large, ()))
        self.assertEqual(sum(self.heard(large)), SLICE_MEMBERS)
        self.assertTrue(self.fanout.is_busy)
        self.clock.advance(0)
        self.assertEqual(set(self.heard(large)), {1})
        self.assertEqual((self.idle, self.fanout.is_busy), (1, False))
        self.assertEqual([voice.encoded for voice in self.voices], [1, 1])

    def test_settle(self) -> None:
        """Who is to be told something else in between is given its share first, and not again."""
        large = self.sessions(SLICE_MEMBERS + 10)
        self.fanout.deliver(Deliver("a", large, ()))
        self.fanout.settle(large[-1])
        self.fanout.settle(large[0])
        self.assertEqual((large[-1].peer.heard, large[0].peer.heard), ([b"a"], [b"a"]))
        self.clock.pump([0] * 3)
        self.assertEqual(set(self.heard(large)), {1})

    @settings(deadline=None, max_examples=25)
    @given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 3)), max_size=8))
    def test_order(self, deliveries: list[tuple[str, int]]) -> None:
        """Whichever rooms are told, and whenever the loop turns, each hears all of its own in order."""
        members = self.sessions(SLICE_MEMBERS + 3)
        rooms = {"a": members, "b": members[-3:], "c": members[: SLICE_MEMBERS + 1]}
        expected: dict[Session, list[bytes]] = {session: [] for session in members}
        for room, turns in deliveries:
            self.fanout.deliver(Deliver(room, rooms[room], ()))
            for session in rooms[room]:
                expected[session].append(room.encode())
            self.clock.pump([0] * turns)
        self.clock.pump([0] * 40)
        self.assertFalse(self.fanout.is_busy)
        self.assertEqual([session.peer.heard for session in members], list(expected.values()))
