"""Series of figures, with the time in the hand."""

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.runtime.admin.samples import MAX_SAMPLES, Samples
from twisted_suite.runtime.tally import Snapshot


def snapshot(service: str = "echo", **figures: Any) -> Snapshot:
    """Figures of one service."""
    return Snapshot(service, **figures)


class SamplesTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.samples = Samples()

    def only(self) -> dict[str, Any]:
        (found,) = self.samples.to_json()
        return found

    def test_nothing_yet(self) -> None:
        """Before the first sample there are no services; after it there are figures, but no series."""
        self.assertEqual(self.samples.to_json(), [])
        self.samples.add(
            0.0, [snapshot(open=3, ended=Counter(closed=4, lost=1), refused=Counter(draining=2))]
        )
        found = self.only()
        self.assertEqual((found["open"], found["accepted"]), (3, 8))
        self.assertEqual((found["ended"], found["refused"]), ({"closed": 4, "lost": 1}, {"draining": 2}))
        self.assertEqual(set(map(len, found["series"].values())), {0})

    def test_levels_and_rates(self) -> None:
        """Levels are as they were, totals are how fast they grew; the oldest first."""
        for at, opened, received in ((0.0, 0, 0), (2.0, 4, 100), (4.0, 2, 300)):
            self.samples.add(
                at, [snapshot(open=opened, ended=Counter(closed=int(at)), bytes_in=received, bytes_out=1)]
            )
        series = self.only()["series"]
        self.assertEqual(series["open"], [4, 2])
        self.assertEqual(series["accepted"], [3.0, 0.0])
        self.assertEqual(series["received"], [50.0, 100.0])
        self.assertEqual(series["sent"], [0.0, 0.0])

    def test_workers_are_summed(self) -> None:
        """The same service of several processes is one; a worker that ended does not make a rate negative."""
        self.samples.add(0.0, [snapshot(open=1, bytes_in=1000), snapshot(open=2)])
        self.samples.add(2.0, [snapshot(open=2)])
        self.assertEqual(self.only()["series"]["open"], [2])
        self.assertEqual(self.only()["series"]["received"], [0.0])

    def test_services_come_and_go(self) -> None:
        """One that came by a reload has no past, one that went is not shown."""
        self.samples.add(0.0, [snapshot("old")])
        self.samples.add(2.0, [snapshot("old"), snapshot("new")])
        self.samples.add(4.0, [snapshot("new", bytes_in=8)])
        found = self.only()
        self.assertEqual(found["service"], "new")
        self.assertEqual(found["series"]["open"], [0, 0])
        self.assertEqual(found["series"]["received"], [None, 4.0])

    def test_a_clock_that_stands(self) -> None:
        """Two samples at one time have no rate between them."""
        self.samples.add(1.0, [snapshot()])
        self.samples.add(1.0, [snapshot(bytes_in=5)])
        self.assertEqual(self.only()["series"]["received"], [None])

    @given(st.integers(0, MAX_SAMPLES * 2))
    def test_what_is_kept_is_bounded(self, count: int) -> None:
        """No more than the last samples are kept, and all series have the same length."""
        samples = Samples()
        for number in range(count + 1):
            samples.add(number, [snapshot(bytes_in=number)])
        (found,) = samples.to_json()
        self.assertEqual(set(map(len, found["series"].values())), {min(count, MAX_SAMPLES - 1)})
