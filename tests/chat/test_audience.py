"""Who reads the log: cursors that stop and go on, gaps that are told."""

from dataclasses import dataclass, replace

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.chat.audience import Audience, Delivery
from twisted_suite.chat.events import Person, Said
from twisted_suite.chat.log import Log, RoomLimits

LIMITS = RoomLimits(kept_events=5, kept_size=1000, burst_events=4, slice_size=30)


@dataclass(frozen=True)
class Given:
    """A delivery, with each event as the number that it says."""

    members: tuple[object, ...]
    events: tuple[int, ...]
    lost: int = 0
    is_last: bool = False


class Reading:
    """An audience over a log of numbers."""

    def __init__(self, limits: RoomLimits = LIMITS) -> None:
        self.log = Log("r", "e")
        self.audience: Audience[str | int] = Audience(self.log, limits)
        self.enter, self.leave, self.retire = self.audience.enter, self.audience.leave, self.audience.retire
        self.pause, self.resume = self.audience.pause, self.audience.resume

    def post(self, event: int, size: int) -> int:
        self.audience.posted()
        return self.log.append(Said(Person("kim"), str(event)), size, 0.0).number

    def deliveries(self) -> list[Given]:
        return list(map(self.given, self.audience.deliveries()))

    def catch_up(self, member: str) -> list[Given]:
        return list(map(self.given, self.audience.catch_up(member)))

    def given(self, delivery: Delivery[str | int]) -> Given:
        texts = tuple(int(p.event.text) for p in delivery.events if isinstance(p.event, Said))
        return Given(delivery.members, texts, delivery.lost, delivery.is_last)

    @property
    def is_due(self) -> bool:
        return self.audience.is_due

    @property
    def is_bursting(self) -> bool:
        return self.audience.is_bursting

    def __len__(self) -> int:
        return len(self.audience)


def room(limits: RoomLimits = LIMITS) -> Reading:
    return Reading(limits)


class DeliveryTests(SynchronousTestCase):
    def test_shared(self) -> None:
        """Members that keep up get the events of a turn in one delivery, in order, and once."""
        chat = room()
        chat.enter("a")
        chat.enter("b")
        self.assertEqual([chat.post(7, 1), chat.post(8, 1)], [1, 2])
        self.assertEqual(chat.deliveries(), [Given(("a", "b"), (7, 8))])
        self.assertEqual(chat.deliveries(), [])

    def test_newcomer(self) -> None:
        """Who enters in the middle of a turn gets what comes after, not what came before."""
        chat = room()
        chat.enter("a")
        chat.post(1, 1)
        chat.enter("b")
        chat.post(2, 1)
        self.assertEqual(chat.deliveries(), [Given(("a",), (1, 2)), Given(("b",), (2,))])

    def test_due(self) -> None:
        """The room is due when somebody can be given something."""
        chat = room()
        chat.enter("a")
        self.assertFalse(chat.is_due)
        chat.post(1, 1)
        self.assertTrue(chat.is_due)
        chat.deliveries()
        self.assertFalse(chat.is_due)

    def test_leave(self) -> None:
        """Who has left gets nothing."""
        chat = room()
        chat.enter("a")
        chat.post(1, 1)
        chat.leave("a")
        self.assertEqual((chat.deliveries(), len(chat)), ([], 0))

    def test_bursting(self) -> None:
        """By number or by size, so much waiting that deliveries cannot wait for the turn's end."""
        chat = room()
        for number in range(3):
            chat.post(number, 1)
        self.assertFalse(chat.is_bursting)
        chat.post(3, 1)
        self.assertTrue(chat.is_bursting)
        chat.deliveries()
        self.assertFalse(chat.is_bursting)
        chat.post(4, 30)
        self.assertTrue(chat.is_bursting)


class SlowMemberTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.room = room()
        self.room.enter("slow")
        self.room.enter("live")

    def post(self, *events: int) -> list[Given]:
        for event in events:
            self.room.post(event, 10)
        return self.room.deliveries()

    def test_pause(self) -> None:
        """A paused member is sent nothing; the others are not held up."""
        self.room.pause("slow")
        self.assertEqual(self.post(1, 2), [Given(("live",), (1, 2))])

    def test_catch_up(self) -> None:
        """A resumed member reads on where it was, a slice at a time, then is one of the others."""
        self.room.pause("slow")
        self.post(1, 2)
        self.post(3, 4)
        self.room.resume("slow")
        self.assertTrue(self.room.is_due)
        self.assertEqual(self.room.deliveries(), [Given(("slow",), (1, 2, 3))])
        self.assertTrue(self.room.is_due)
        self.assertEqual(self.room.deliveries(), [Given(("slow",), (4,))])
        self.assertFalse(self.room.is_due)
        self.assertEqual(self.post(5), [Given(("live", "slow"), (5,))])

    def test_gap(self) -> None:
        """Past what is kept, a member is told how much it lost, and goes on with what is kept."""
        self.room.pause("slow")
        for first in (1, 4, 7):
            self.post(first, first + 1, first + 2)
        self.room.resume("slow")
        self.assertEqual(self.room.deliveries(), [Given(("slow",), (5, 6, 7), lost=4)])

    def test_kept_size(self) -> None:
        """Few long events are dropped as many short ones are."""
        self.room = room(replace(LIMITS, kept_size=25))
        self.room.enter("slow")
        self.room.pause("slow")
        self.post(1, 2, 3)
        self.room.resume("slow")
        self.assertEqual(self.room.deliveries(), [Given(("slow",), (2, 3), lost=1)])

    def test_nothing_missed(self) -> None:
        """A member that resumes with nothing to catch up on is up to date at once."""
        self.room.pause("slow")
        self.room.resume("slow")
        self.assertFalse(self.room.is_due)
        self.assertTrue(self.room.audience.has_all("slow"))

    def test_has_all(self) -> None:
        """A member has all once it has been given the last event."""
        self.room.pause("slow")
        self.post(1)
        self.assertFalse(self.room.audience.has_all("slow"))
        self.assertTrue(self.room.audience.has_all("live"))
        self.room.resume("slow")
        self.room.deliveries()
        self.assertTrue(self.room.audience.has_all("slow"))

    def test_enter_before(self) -> None:
        """Who enters at an earlier place reads the history first, then is one of the others."""
        self.post(1, 2)
        self.room.enter("new", 2)
        self.assertEqual(self.post(3), [Given(("slow", "live"), (3,)), Given(("new",), (2, 3))])
        self.assertEqual(self.post(4), [Given(("slow", "live", "new"), (4,))])


class CatchUpTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.room = room()
        self.room.enter("a")
        self.room.enter("b")
        self.room.deliveries()

    def test_one_alone(self) -> None:
        """One member may be given at once what the others get at the end of the turn, and gets it once."""
        self.room.post(1, 1)
        self.assertEqual(self.room.catch_up("a"), [Given(("a",), (1,))])
        self.assertEqual(self.room.catch_up("a"), [])
        self.room.post(2, 1)
        self.assertEqual(self.room.deliveries(), [Given(("b",), (1, 2)), Given(("a",), (2,))])
        self.room.post(3, 1)
        self.assertEqual(self.room.deliveries(), [Given(("b", "a"), (3,))])

    def test_all_of_it(self) -> None:
        """It is given everything, in as many slices as that takes."""
        for number in range(3):
            self.room.post(number, 29)
        self.assertEqual(self.room.catch_up("a"), [Given(("a",), (0, 1)), Given(("a",), (2,))])

    def test_full(self) -> None:
        """One whose transport takes nothing is given nothing."""
        self.room.pause("a")
        self.room.post(1, 1)
        self.assertEqual(self.room.catch_up("a"), [])

    def test_on_the_way_out(self) -> None:
        """One that is to leave leaves with it."""
        self.room.post(1, 1)
        self.room.retire("a")
        self.assertEqual(self.room.catch_up("a"), [Given(("a",), (1,), is_last=True)])
        self.assertNotIn("a", self.room.audience)
        self.assertIn("b", self.room.audience)

    def test_stays_after_all(self) -> None:
        """One that was on its way out and enters again misses nothing."""
        self.room.pause("a")
        self.room.retire("a")
        self.room.post(1, 1)
        self.room.enter("a")
        self.room.resume("a")
        self.assertEqual(self.room.deliveries(), [Given(("b",), (1,)), Given(("a",), (1,))])


class RetireTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.room = room()
        self.room.enter("a")

    def test_last_delivery(self) -> None:
        """A member that is told to leave gets what was said before, and that is its last."""
        self.room.post(1, 1)
        self.room.retire("a")
        self.room.post(2, 1)
        self.assertEqual(self.room.deliveries(), [Given(("a",), (1,), is_last=True)])
        self.assertEqual(len(self.room), 0)

    def test_nothing_pending(self) -> None:
        """Its last delivery may be empty."""
        self.room.retire("a")
        self.assertTrue(self.room.is_due)
        self.assertEqual(self.room.deliveries(), [Given(("a",), (), is_last=True)])

    def test_paused(self) -> None:
        """A paused one leaves when it has taken the rest, not before."""
        self.room.post(1, 1)
        self.room.retire("a")
        self.room.pause("a")
        self.assertEqual(self.room.deliveries(), [])
        self.room.resume("a")
        self.assertEqual(self.room.deliveries(), [Given(("a",), (1,), is_last=True)])

    def test_everything_forgotten(self) -> None:
        """If nothing is kept of what it was to get, it is told how much that was."""
        self.room.post(1, 1)
        self.room.pause("a")
        self.room.retire("a")
        for event in range(20):
            self.room.post(event, 1)
            self.room.deliveries()
        self.room.resume("a")
        self.assertEqual(self.room.deliveries(), [Given(("a",), (), lost=1, is_last=True)])


class Readers:
    """Three members that read whenever they may, and check what they are given."""

    def __init__(self, case: SynchronousTestCase) -> None:
        self.case = case
        self.room = room()
        self.last = {0: 0, 1: 0, 2: 0}  # the event that each saw last
        self.stopped: set[int] = set()  # has been, at some time
        self.full: set[int] = set()
        self.posted = 0
        for member in self.last:
            self.room.enter(member)

    def post(self, size: int) -> None:
        self.posted += 1
        self.case.assertEqual(self.room.post(self.posted, size), self.posted)
        if self.room.is_bursting:
            self.deliver()

    def pause(self, member: int) -> None:
        self.room.pause(member)
        self.stopped.add(member)
        self.full.add(member)

    def resume(self, member: int) -> None:
        self.room.resume(member)
        self.full.discard(member)

    def catch_up(self, member: int) -> None:
        for delivery in self.room.audience.catch_up(member):
            self.take(member, self.room.given(delivery))

    def deliver(self, _: int = 0) -> None:
        for delivery in self.room.deliveries():
            for member in delivery.members:
                assert isinstance(member, int)
                self.take(member, delivery)

    def take(self, member: int, delivery: Given) -> None:
        self.case.assertNotIn(member, self.full)
        if member not in self.stopped:
            self.case.assertEqual(delivery.lost, 0)
        for event in delivery.events:
            self.case.assertEqual(
                event, self.last[member] + delivery.lost * (event == delivery.events[0]) + 1
            )
            self.last[member] = event


class CursorPropertyTests(SynchronousTestCase):
    @settings(deadline=None, max_examples=150)
    @given(
        st.lists(
            st.one_of(
                st.tuples(st.just("post"), st.integers(min_value=1, max_value=12)),
                st.tuples(st.sampled_from(["pause", "resume", "catch_up"]), st.sampled_from([0, 1, 2])),
                st.just(("deliver", 0)),
            ),
            max_size=60,
        )
    )
    def test_every_event_once_or_a_gap(self, steps: list[tuple[str, int]]) -> None:
        """However members stop and go on, each sees every event once and in order, or is told of a gap."""
        readers = Readers(self)
        for step, argument in steps:
            getattr(readers, step)(argument)
        for member in readers.last:
            readers.resume(member)
        while readers.room.is_due:
            readers.deliver()
        self.assertEqual(set(readers.last.values()), {readers.posted})
