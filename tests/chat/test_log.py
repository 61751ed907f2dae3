"""A room's log: dense numbers, bounded memory, reads from any place."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.chat.hubcase import person
from twisted_suite.chat.events import Said
from twisted_suite.chat.log import Log, Posted, RoomLimits

LIMITS = RoomLimits(kept_events=10, kept_size=100)


def filled(count: int, first: int = 1) -> Log:
    log = Log("dev", "epoch", first)
    for number in range(first, first + count):
        log.append(Said(person("kim"), str(number)), 1, at=float(number))
    return log


def numbers(events: tuple[Posted, ...]) -> list[int]:
    return [posted.number for posted in events]


class LogTests(SynchronousTestCase):
    def test_append(self) -> None:
        """An event gets the next number, its room and its time."""
        log = filled(2)
        posted = log.append(Said(person("kim"), "x"), 1, at=7.5)
        self.assertEqual((posted.room, posted.number, posted.at, log.end), ("dev", 3, 7.5, 4))

    def test_read(self) -> None:
        """A read goes from a cursor to an end, or as far as its size reaches."""
        log = filled(5)
        self.assertEqual(numbers(log.read(2, 5).events), [2, 3, 4])
        reading = log.read(2, 6, size=2)
        self.assertEqual((numbers(reading.events), reading.cursor, reading.lost), ([2, 3], 4, 0))
        self.assertEqual(log.read(6, 6).events, ())

    def test_forget(self) -> None:
        """The oldest go first, by number or by size; a read then tells how many it lacks."""
        log = filled(25)
        log.forget(LIMITS)
        reading = log.read(3, log.end)
        self.assertEqual((log.first, reading.lost, len(reading.events)), (16, 13, 10))
        log.append(Said(person("kim"), "x"), 95, 0.0)
        log.forget(LIMITS)
        self.assertEqual(log.first, 21)
        log.forget(replace(LIMITS, kept_events=0))
        self.assertEqual((log.first, log.end), (27, 27))

    def test_last(self) -> None:
        """The newest, or those before a number, never more than is kept."""
        log = filled(5)
        self.assertEqual(numbers(log.last(2)), [4, 5])
        self.assertEqual(numbers(log.last(2, before=4)), [2, 3])
        self.assertEqual(numbers(log.last(9, before=2)), [1])
        self.assertEqual(log.last(9, before=1), ())

    def test_first_since(self) -> None:
        """A time leads to a number."""
        log = filled(5, first=11)
        self.assertEqual([log.first_since(at) for at in (0.0, 12.5, 15.0, 15.5)], [11, 13, 15, 16])

    def test_goes_on(self) -> None:
        """A log that a history has kept goes on where that ended."""
        self.assertEqual(numbers(filled(2, first=100).last(5)), [100, 101])

    @settings(deadline=None)
    @given(st.integers(0, 30), st.integers(1, 40), st.integers(1, 40), st.integers(0, 12))
    def test_any_read(self, count: int, cursor: int, until: int, keep: int) -> None:
        """From whichever end the log is walked, a read gives what a list would."""
        log = filled(count)
        log.forget(replace(LIMITS, kept_events=keep))
        cursor, until = min(cursor, log.end), min(until, log.end)
        until = max(cursor, until)
        reading = log.read(cursor, until)
        self.assertEqual(numbers(reading.events), list(range(max(cursor, log.first), until)))
        self.assertEqual(reading.lost, max(0, min(log.first, until) - cursor))
