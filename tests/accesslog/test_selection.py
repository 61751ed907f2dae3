"""Which requests are counted."""

from dataclasses import replace
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.accesslog.records import Record
from twisted_suite.accesslog.selection import Selection, SelectionError, period

RECORD = Record(
    b"192.0.2.7", b"15/Nov/2015:23:45:45 +0900", b"GET /shop/a?b=1 HTTP/1.1", b"404", 5, "combined",
    host=b"www.example.com", agent=b"curl/8.0",
)  # fmt: skip


def selects(record: Record = RECORD, **tests: Any) -> bool:
    """Whether these tests want the record."""
    test = Selection(**tests).test()
    assert test is not None
    return test(record)


class SelectionTests(SynchronousTestCase):
    def test_nothing_asked(self) -> None:
        """No test at all is no test for any line."""
        self.assertIsNone(Selection().test())

    def test_time(self) -> None:
        """Times are on the wall; the end is the end of what it names; a line without a time is not in it."""
        rows: tuple[tuple[dict[str, Any], bool], ...] = (
            ({"since": "2015-11-15"}, True),
            ({"since": "2015-11-15T23:45:45"}, True),
            ({"since": "2015-11-15T23:45:46"}, False),
            ({"until": "2015-11-15"}, True),
            ({"until": "2015-11-15T23"}, True),
            ({"until": "2015-11-15T22"}, False),
            ({"since": "2015", "until": "2015-11"}, True),
            ({"since": "2015-12"}, False),
        )
        for tests, expected in rows:
            self.assertEqual(selects(**tests), expected, tests)
        self.assertFalse(selects(replace(RECORD, time=b"?"), since="2015"))

    def test_clients(self) -> None:
        """A client is an address or in a network; a name is in none."""
        for clients, expected in (
            (["192.0.2.7"], True),
            (["198.51.100.0/24", "192.0.2.0/24"], True),
            (["2001:db8::/32"], False),
        ):
            self.assertEqual(selects(clients=clients), expected)
            self.assertEqual(selects(clients=clients), expected)
        self.assertFalse(selects(replace(RECORD, client=b"\xff"), clients=["0.0.0.0/0"]))

    def test_others(self) -> None:
        """Statuses by class, hosts and paths by pattern, robots by their agents."""
        rows: tuple[tuple[dict[str, Any], bool], ...] = (
            ({"statuses": ["404"]}, True),
            ({"statuses": ["2xx", "4xx"]}, True),
            ({"statuses": ["2xx"]}, False),
            ({"hosts": ["*.example.com"]}, True),
            ({"hosts": ["example.com"]}, False),
            ({"paths": ["/shop/*"]}, True),
            ({"paths": ["/shop"]}, False),
            ({"bots": "drop"}, False),
            ({"bots": "only"}, True),
            ({"bots": "only", "statuses": ["200"]}, False),
        )
        for tests, expected in rows:
            self.assertEqual(selects(**tests), expected, tests)
        self.assertFalse(selects(replace(RECORD, host=None), hosts=["*"]))

    def test_mistakes(self) -> None:
        """What means nothing is refused in one line."""
        mistakes: tuple[dict[str, Any], ...] = (
            {"since": "yesterday"},
            {"until": "2015-13"},
            {"until": "9999"},
            {"clients": ["192.0.2.0/33"]},
            {"statuses": ["4"]},
        )
        for tests in mistakes:
            error = self.assertRaises(SelectionError, Selection(**tests).test)
            self.assertEqual(len(str(error).splitlines()), 1)


class PeriodTests(SynchronousTestCase):
    def test_lengths(self) -> None:
        """A period lasts as long as the last part that it names."""
        for text, seconds in (
            ("2016", 366 * 86_400),
            ("2015-12", 31 * 86_400),
            ("2016-02", 29 * 86_400),
            ("2015-11-15", 86_400),
            ("2015-11-15T03", 3_600),
            ("2015-11-15 03:45", 60),
            ("2015-11-15T03:45:45", 1),
            ("2015-11-15..2015-11-16", 2 * 86_400),
        ):
            found = period(text)
            self.assertEqual(found.end_s - found.start_s, seconds, text)
        self.assertRaises(SelectionError, period, "2015-11-16..2015-11-15")
