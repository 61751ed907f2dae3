"""Sums over hours, of dictionaries and of what the fast lane counted."""

from dataclasses import fields

from hypothesis import given, settings
from twisted.trial.unittest import SynchronousTestCase

from tests.accesslog.dialects import LINES
from tests.accesslog.proven import by_lane, corpus, some_lines, strict
from tests.support import need
from twisted_suite.accesslog.compact import COMPILED
from twisted_suite.accesslog.panels import Panels
from twisted_suite.accesslog.totals import Totals, totals


def shown(found: Totals) -> list[object]:
    """All of it, as something that can be compared."""
    return [
        getattr(found, each.name)
        if each.name != "with_any_of"
        else found.with_any_of(set(found.agents) - {b"-"})
        for each in fields(found)
    ]


class TotalsTests(SynchronousTestCase):
    def setUp(self) -> None:
        need(COMPILED, "the compiled part of accesslog is not installed")

    def check(self, lines: list[bytes]) -> None:
        """Compare the sums of both, over all hours and over some."""
        wanted, found = strict(lines).panels, by_lane(lines)[0].panels
        some = set(list(wanted.hours)[::2])
        for hours in (lambda hour: True, some.__contains__, lambda hour: False):
            self.assertEqual(shown(totals(found, hours, -7200)), shown(totals(wanted, hours, -7200)))

    def test_the_corpus(self) -> None:
        """Lines of all formats: proven ones are numbers, the others dictionaries."""
        self.check(corpus)

    @given(some_lines)
    @settings(max_examples=40)
    def test_any(self, lines: list[bytes]) -> None:
        """Any lines."""
        self.check(lines)

    def test_too_much(self) -> None:
        """A sum that numbers cannot hold makes dictionaries of all."""
        lines = [line for line, _ in LINES[:1]]
        huge = lines[0].replace(b"200 5 ", b"200 99999999999999999999 ")
        self.check([*lines, huge])
        self.assertIsNone(by_lane([*lines, huge])[0].panels.folded())

    def test_no_lane(self) -> None:
        """Without the lane there are dictionaries alone."""
        self.assertIsNone(Panels().folded())
        self.assertEqual(totals(Panels(), lambda hour: True, 0).visits, 0)
