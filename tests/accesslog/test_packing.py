"""Figures as bytes."""

from hypothesis import given, settings
from twisted.trial.unittest import SynchronousTestCase

from tests.accesslog.dialects import LINES
from tests.accesslog.test_breakdown import detailed
from tests.accesslog.test_stats import merged, some_stats
from twisted_suite.accesslog.packing import MAGIC, StateError, from_bytes, sealed, to_bytes
from twisted_suite.accesslog.stats import Stats


class PackingTests(SynchronousTestCase):
    @given(some_stats, some_stats)
    @settings(max_examples=25)
    def test_there_and_back(self, a: Stats, b: Stats) -> None:
        """Figures come back as they were, merge as they would have, and equal ones are equal bytes."""
        self.assertEqual(from_bytes(to_bytes(a)), a)
        self.assertEqual(merged(from_bytes(to_bytes(a)), from_bytes(to_bytes(b))), merged(a, b))
        self.assertEqual(to_bytes(merged(a, b)), to_bytes(merged(b, a)))

    def test_every_field(self) -> None:
        """So do those of every format."""
        stats = detailed(b"\n".join(line for line, _ in LINES))
        self.assertEqual(from_bytes(to_bytes(stats)), stats)

    def test_refused(self) -> None:
        """What is damaged, of another version or something else is refused, and never half read."""
        whole = to_bytes(Stats())
        for data in (
            b"",
            b"TSAL",
            b"192.0.2.1 - -",
            whole[:-1],
            whole[:9] + b"x" + whole[10:],
            MAGIC + b"\x02" + whole[5:],
            sealed([]),
            sealed({"names": []}),
            sealed({**{"names": 5}}),
        ):
            self.assertRaises(StateError, from_bytes, data)
