"""Hours and their fields."""

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.accesslog.dialects import LINES
from twisted_suite.accesslog.panels import DURATION_STEP, UNDATED, Panels, duration_class, duration_of
from twisted_suite.accesslog.tallies import packed


class PanelsTests(SynchronousTestCase):
    def test_fields(self) -> None:
        """Each field of a request is counted in its hour."""
        panels = Panels()
        for _, record in LINES[:3]:
            panels.add(record)
        self.assertEqual(len(panels.hours), 2)
        hour = max(panels.hours)
        self.assertEqual(panels.hours[hour].requests, {(b"GET /a?b=c HTTP/2.0", b"200"): packed(1, 366)})
        self.assertEqual(panels.hours[hour].visitors, {(b"192.0.2.2", b"curl/7.46.0"): packed(1, 366)})
        self.assertEqual(panels.hours[hour].tls, {b"TLSv1.2": packed(1, 366)})
        self.assertEqual(panels.hours[hour].durations, {duration_class(3_000): packed(1, 366)})
        first = panels.hours[min(panels.hours)]
        self.assertEqual(set(first.hosts), {b"example.com:443", b"www.example.com"})
        self.assertEqual((set(first.users), first.referrers), ({b"bob"}, {b"-": packed(2, 10)}))
        self.assertEqual(panels.visits.count, 3)

    def test_undated(self) -> None:
        """A request without a time is in no hour, and no visit."""
        panels = Panels()
        panels.add_columns([(b"c", b"?", b"-", b"200", b"5", None, None)])
        self.assertEqual(list(panels.hours), [UNDATED])
        self.assertEqual(panels.visits.count, 0)

    @given(st.integers(1, 10**12))
    @settings(max_examples=50)
    def test_durations(self, duration_us: int) -> None:
        """A response time is known to 1 %."""
        found = duration_of(duration_class(duration_us))
        self.assertLess(abs(found - duration_us), duration_us * (DURATION_STEP - 1) / 2 + 1e-9)

    def test_no_duration(self) -> None:
        """Less than a microsecond is as one."""
        self.assertEqual(duration_of(duration_class(0)), 1.0)
