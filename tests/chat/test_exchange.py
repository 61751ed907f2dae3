"""The exchange: effects executed on peers, each delivery encoded once for all that speak alike."""

from collections.abc import Callable
from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.chat.hubcase import person
from twisted_suite.chat import commands as c
from twisted_suite.chat import events as e
from twisted_suite.chat import replies as r
from twisted_suite.chat.exchange import Exchange
from twisted_suite.chat.hub import Hub
from twisted_suite.chat.sessions import Append, Deliver, Recall, Session


class Plain:
    """A voice that counts how often it is asked."""

    def __init__(self) -> None:
        self.encoded = 0

    def encode_delivery(self, delivery: Deliver) -> bytes:
        self.encoded += 1
        return b" ".join(p.event.text.encode() for p in delivery.events if isinstance(p.event, e.Said))


class FakePeer:
    def __init__(self, voice: Plain) -> None:
        self.session = Session(self)
        self._voice = voice
        self.did: list[Any] = []

    def voice(self, delivery: Deliver) -> Plain:
        return self._voice

    def write(self, data: bytes) -> None:
        self.did.append(data)

    def tell(self, events: tuple[r.Reply, ...]) -> None:
        self.did += [event for event in events if isinstance(event, r.NotUnderstood)]

    def close(self) -> None:
        self.did.append("close")

    def abort(self, reason: str) -> None:
        self.did.append(reason)


class ExchangeTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.exchange = Exchange(Hub(), self.clock)
        self.voice = Plain()

    def member(self, name: str) -> FakePeer:
        peer = FakePeer(self.voice)
        self.exchange.handle(peer.session, c.Connect())
        self.exchange.handle(peer.session, c.Login(name))
        self.clock.advance(0)
        return peer

    def test_encoded_once(self) -> None:
        """What two peers hear in the same way is encoded once, and written once to each."""
        kim, lee = self.member("kim"), self.member("lee")
        before = self.voice.encoded
        for text in "ab":
            self.exchange.handle(kim.session, c.Say(text))
        self.assertEqual(kim.did, [])
        self.clock.advance(0)
        self.assertEqual((kim.did, lee.did, self.voice.encoded), ([b"a b"], [b"a b"], before + 1))

    def test_replies_and_ends(self) -> None:
        """Replies, closing and cutting off are the peer's to do."""
        kim, lee = self.member("kim"), self.member("lee")
        self.exchange.start()
        self.exchange.start()
        self.exchange.handle(kim.session, c.Mistype("/x"))
        self.exchange.handle(kim.session, c.Quit())
        self.exchange.handle(lee.session, c.Pause())
        self.clock.pump([5.0] * 13)
        self.assertEqual(kim.did[:2], [r.NotUnderstood("/x"), "close"])
        self.assertEqual(lee.did[0], "60 s behind")
        self.exchange.stop()
        self.assertEqual(len(self.clock.getDelayedCalls()), 1)
        self.exchange.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_observers(self) -> None:
        """What a log takes is told to observers before any peer hears it."""
        kim = self.member("kim")
        seen: list[tuple[Append, list[Any]]] = []
        self.exchange.on_append.append(lambda append: seen.append((append, list(kim.did))))
        self.exchange.handle(kim.session, c.Say("a"))
        self.clock.advance(0)
        ((append, done),) = seen
        self.assertEqual(
            ([p.event.text for p in append.events if isinstance(p.event, e.Said)], done), (["a"], [])
        )

    def test_recall(self) -> None:
        """What only a history may have is asked of the one that there is; without one of nobody."""
        kim = self.member("kim")
        recall = Recall(kim.session, "lobby", 5, 3)
        self.exchange.execute([recall])
        asked: list[Recall] = []
        answer: Callable[[Recall], None] = asked.append
        self.exchange.on_recall = answer
        self.exchange.execute([recall])
        self.assertEqual(asked, [recall])

    def test_pacing(self) -> None:
        """The allowance is the hub's."""
        self.assertEqual(self.exchange.wait_s(self.member("kim").session), 0)
        self.assertEqual(person("kim").name, "kim")

    def test_flush_waits(self) -> None:
        """What is said while a large room is written to is joined, and heard after it."""
        self.exchange = Exchange(Hub(), self.clock, slice_members=1)
        kim = self.member("kim")
        lee = self.member("lee")
        kim.did.clear()
        self.exchange.handle(kim.session, c.Say("a"))
        self.clock.advance(0)
        for text in "bc":
            self.exchange.handle(kim.session, c.Say(text))
            self.clock.advance(0)
        self.clock.pump([0] * 9)
        self.assertEqual(b" ".join(kim.did), b"a b c")
        self.assertEqual(kim.did, lee.did)
