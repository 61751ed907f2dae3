"""Panels as numbers are the panels as dictionaries."""

import subprocess
import sys

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.accesslog.test_scan import SAMPLE_LOG
from tests.support import ROOT, need
from twisted_suite.accesslog.compact import COMPILED, By, Compact, Kind, new_tables
from twisted_suite.accesslog.tallies import Tally, packed
from twisted_suite.accesslog.visits import PAUSE_S, Visits

NOW_S = 63_583_142_400  # in 2015, where `Moment.seconds` begins
_name = st.binary(max_size=20)
_value = st.builds(packed, st.integers(1, 1 << 24), st.integers(0, 1 << 46))
_pairs = st.dictionaries(st.tuples(_name, _name), _value, max_size=8)
_spans = st.lists(st.tuples(_name, st.integers(0, 9 * PAUSE_S), st.integers(0, 2 * PAUSE_S)), max_size=12)


def compact() -> Compact:
    """An empty one."""
    return Compact(new_tables(detailed=True))


# Reports on a log; with a second word, as where the compiled part is not.
REPORT = """
import sys
if len(sys.argv) > 2:
    sys.modules["twisted_suite.accesslog.kernel"] = None
from twisted_suite.accesslog.client import run
from twisted_suite.accesslog.compact import COMPILED
print(COMPILED, file=sys.stderr)
for output in ("json", "csv"):
    run([sys.argv[1]], output=output)
"""


class WithoutTests(SynchronousTestCase):
    def test_not_compiled(self) -> None:
        """Where the compiled part is not, reports are the same."""
        need(COMPILED, "the compiled part of accesslog is not installed")
        reports = []
        for words, compiled in (([], b"True"), (["without"], b"False")):
            command = [sys.executable, "-c", REPORT, str(SAMPLE_LOG), *words]
            ran = subprocess.run(command, capture_output=True, check=True, timeout=60, cwd=ROOT)
            self.assertIn(compiled, ran.stderr)
            reports.append(ran.stdout)
        self.assertEqual(*reports)
        self.assertIn(b"26540048", reports[0])


class CompactTests(SynchronousTestCase):
    def setUp(self) -> None:
        need(COMPILED, "the compiled part of accesslog is not installed")

    @given(_pairs, _pairs)
    @settings(max_examples=60)
    def test_fold(self, first: Tally[tuple[bytes, bytes]], second: Tally[tuple[bytes, bytes]]) -> None:
        """What is folded comes out again; two are added up; sums over hours are by either part, or both."""
        found = compact()
        found.fold(Kind.VISITORS, 5, dict(first))
        other = compact()
        other.fold(Kind.VISITORS, 5, dict(second))
        other.fold(Kind.VISITORS, 7, dict(second))
        found.merge(other)
        hour = {key: first.get(key, 0) + second.get(key, 0) for key in first | second}
        self.assertEqual(found.unfolded(Kind.VISITORS, 5), hour)
        self.assertEqual(found.copy().unfolded(Kind.VISITORS, 5), hour)
        self.assertEqual(sum(found.hours().values()), sum(hour.values()) + sum(second.values()))
        for by, part in ((By.FIRST, 0), (By.SECOND, 1)):
            wanted: Tally[bytes] = {}
            for tally in (hour, second):
                for key, value in tally.items():
                    wanted[key[part]] = wanted.get(key[part], 0) + value
            self.assertEqual(found.tally(Kind.VISITORS, by, [5, 7]), wanted)
        agents = {agent for _, agent in first}
        clients = {client for client, agent in (*first, *second) if agent in agents}
        self.assertEqual(found.clients_with(agents, [5, 7]), len(clients))
        self.assertEqual(found.daily([5, 7]), len(hour))
        self.assertEqual(found.daily([7]), len(second))

    @given(_spans)
    @settings(max_examples=60)
    def test_visits(self, spans: list[tuple[bytes, int, int]]) -> None:
        """Visits are joined as `Visits` joins them, in whatever order they come."""
        wanted, found, folded = Visits(), compact(), Visits()
        for client, first, length in spans:
            wanted.add(client, NOW_S + first, NOW_S + first + length)
            part = Visits()
            part.add(client, NOW_S + first, NOW_S + first + length)
            found.fold_visits(part)
        self.assertEqual(found.unfolded_visits(), wanted)
        folded.merge(wanted.spans)
        again = compact()
        again.fold_visits(folded)
        self.assertEqual(again.unfolded_visits(), wanted)
        self.assertEqual(folded.spans, {})

    def test_second(self) -> None:
        """A sum may be of those with one second part alone."""
        found = compact()
        found.fold(
            Kind.REQUESTS, 1, {(b"a", b"404"): 1, (b"a", b"200"): 2, (b"b", b"404"): 4, (b"c", b"200"): 8}
        )
        self.assertEqual(found.tally(Kind.REQUESTS, By.FIRST, [1], b"404"), {b"a": 1, b"b": 4})
        self.assertEqual(found.tally(Kind.REQUESTS, By.FIRST, [1], b"500"), {})
        self.assertEqual(found.tally(Kind.REQUESTS, By.FIRST, [2], b"404"), {})

    def test_too_much(self) -> None:
        """What is more than 64 bits hold is refused, and stays where it was."""
        found = compact()
        for value in (packed(1, 1 << 70), packed(1, (1 << 53) + 1), packed((1 << 36) + 1, 0)):
            tally = {b"a": value}
            with self.assertRaises(OverflowError):
                found.fold(Kind.HOSTS, 1, tally)
            self.assertEqual(tally, {b"a": value})
        full = {b"a": packed((1 << 22) + 3, (1 << 52) + 1)}  # more than one cell holds
        found.fold(Kind.HOSTS, 1, dict(full))
        found.fold(Kind.HOSTS, 1, {b"a": packed(5, 7)})
        self.assertEqual(found.unfolded(Kind.HOSTS, 1), {b"a": full[b"a"] + packed(5, 7)})
        self.assertEqual(found.copy().unfolded(Kind.HOSTS, 1), {b"a": full[b"a"] + packed(5, 7)})
        visits = Visits()
        visits.add(b"a", 5, 6)
        with self.assertRaises(OverflowError):
            found.fold_visits(visits)
        self.assertEqual(visits.spans, {b"a": [(5, 6)]})
