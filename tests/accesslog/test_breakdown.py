"""What people ask of a log."""

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from tests.accesslog.dialects import LINES
from tests.accesslog.test_agents import CHROME
from tests.accesslog.test_scan import SAMPLE_LOG
from twisted_suite.accesslog.breakdown import breakdown, quantiles, site
from twisted_suite.accesslog.panels import duration_class
from twisted_suite.accesslog.scan import Plan, Scan
from twisted_suite.accesslog.stats import Stats
from twisted_suite.accesslog.tallies import packed


def detailed(log: bytes, **plan: Any) -> Stats:
    """The figures of a log with its panels."""
    scan = Scan("log", Plan(detailed=True, **plan))
    scan.feed(log)
    scan.finish()
    return scan.stats


def line(
    client: bytes, time: bytes, request: bytes = b"GET / HTTP/1.1", tail: bytes = b'200 5 "-" "-"'
) -> bytes:
    """A line of a log."""
    return client + b" - - [15/Nov/2015:" + time + b' +0000] "' + request + b'" ' + tail + b"\n"


class BreakdownTests(SynchronousTestCase):
    def test_the_lectures_log(self) -> None:
        """The panels of the lecture's log agree with its four figures."""
        stats = detailed(SAMPLE_LOG.read_bytes())
        found = breakdown(stats.panels)
        self.assertEqual((found.requests, found.bytes, found.addresses), (493, 29_992_323, 99))
        for name in (
            "statuses",
            "methods",
            "protocols",
            "paths",
            "plain_paths",
            "days",
            "hours",
            "hours_of_day",
        ):
            panel = found.panel(name)
            self.assertEqual(panel.hits, 493, name)
            self.assertEqual(sum(size for _, _, size in panel.rows), 29_992_323, name)
        self.assertEqual(found.panel("statuses").rows[0][:2], (b"200", 327))
        self.assertEqual(found.panel("not_found").hits, 156)
        self.assertEqual(
            [row[0] for row in found.panel("days").rows], [b"2015-11-15", b"2015-11-16", b"2015-11-17"]
        )
        clients = {client: (count, size) for client, count, size in found.panel("clients").rows}
        self.assertEqual(clients, {client: (count, size) for client, count, size in stats.ranking()})

    def test_visitors(self) -> None:
        """Addresses, people, visits and pairs of a day are counted each by its own definition."""
        agents = (CHROME, b"curl/8.0", b"-")
        log = b"".join(
            line(client, time, tail=b'200 5 "-" "' + agents[number] + b'"')
            for client, time, number in (
                (b"a", b"03:00:00", 0),
                (b"a", b"03:10:00", 1),
                (b"a", b"04:00:00", 0),
                (b"b", b"03:00:00", 1),
                (b"c", b"23:59:00", 2),
            )
        )
        found = breakdown(detailed(log).panels)
        self.assertEqual((found.addresses, found.people, found.daily_visitors, found.visits), (3, 2, 4, 4))
        self.assertEqual(found.robot_requests, 2)
        self.assertEqual(found.panel("browsers").rows, [(b"Chrome", 2, 10), (b"-", 1, 5)])
        self.assertEqual(found.panel("bots").rows, [(b"curl", 2, 10)])

    def test_hours(self) -> None:
        """Some hours alone have the figures of their lines."""
        panels = detailed(line(b"a", b"03:00:00") + line(b"b", b"04:00:00")).panels
        last = max(panels.hours)
        found = breakdown(panels, lambda hour: hour == last)
        self.assertEqual((found.requests, found.addresses, found.visits), (1, 1, 1))
        self.assertEqual(breakdown(panels, lambda hour: hour == last + 9, 9 * 3600).visits, 1)

    def test_paths(self) -> None:
        """Paths are counted with and without their query, and a request that is none stands for itself."""
        log = line(b"a", b"03:00:00", b"GET /x?1 HTTP/1.1") + line(b"a", b"03:00:00", b"GET /x?2 HTTP/1.1")
        found = breakdown(detailed(log + line(b"a", b"03:00:00", b"\\x16\\x03", b"404 0")).panels)
        self.assertEqual([row[0] for row in found.panel("paths").rows], [b"/x?1", b"/x?2", b"\\x16\\x03"])
        self.assertEqual(found.panel("plain_paths").rows[0], (b"/x", 2, 10))
        self.assertEqual(found.panel("not_found").rows, [(b"\\x16\\x03", 1, 0)])
        self.assertEqual(found.panel("methods").rows, [(b"GET", 2, 10), (b"-", 1, 0)])

    def test_other_formats(self) -> None:
        """Hosts, TLS and response times are there for formats that have them."""
        found = breakdown(detailed(b"\n".join(line for line, _ in LINES)).panels)
        self.assertEqual({row[0] for row in found.panel("tls").rows}, {b"TLSv1.2", b"TLSv1.3"})
        self.assertEqual(found.panel("hosts").hits, 9)
        self.assertEqual(set(found.durations_us), {0.5, 0.9, 0.95, 0.99})

    def test_sites(self) -> None:
        """The site of a referrer is its host, without www."""
        for referrer, expected in (
            (b"http://WWW.Example.com/a?b", b"example.com"),
            (b"https://user:secret@a.b:80?x", b"a.b:80"),
            (b"-", b"-"),
            (b"android-app://", b"-"),
        ):
            self.assertEqual(site(referrer), expected)

    def test_quantiles(self) -> None:
        """The quantiles of a thousand response times are right to 1 %."""
        durations: dict[int, int] = {}
        for number in range(1, 1_001):
            key = duration_class(number * 1_000)
            durations[key] = durations.get(key, 0) + packed(1, 7)
        for quantile, found in quantiles(durations).items():
            self.assertLess(abs(found / (quantile * 1_000_000) - 1), 0.0101)
        self.assertEqual(quantiles({}), {})
