"""Reports for spreadsheets and for Prometheus."""

import csv
import io

from prometheus_client.parser import text_string_to_metric_families
from twisted.trial.unittest import SynchronousTestCase

from tests.accesslog.test_breakdown import detailed, line
from tests.accesslog.test_report import DAMAGED, ODD_LOG
from tests.accesslog.test_scan import SAMPLE_LOG
from twisted_suite.accesslog.breakdown import Panel, breakdown
from twisted_suite.accesslog.report import Report
from twisted_suite.accesslog.tables import cut, to_csv, to_prometheus


def rows(log: bytes, top: int | None = None) -> list[list[str]]:
    """The table of a log."""
    stats = detailed(log)
    return list(csv.reader(io.StringIO(to_csv(Report(stats, ()), breakdown(stats.panels), top))))


class CSVTests(SynchronousTestCase):
    def test_the_lectures_log(self) -> None:
        """The figures stand first, and every client has its row."""
        head, *table = rows(SAMPLE_LOG.read_bytes())
        self.assertEqual(head, ["panel", "value", "requests", "bytes"])
        summary = {value: number for panel, value, number, _ in table if panel == "summary"}
        self.assertEqual(
            (summary["pageviews"], summary["visitors"], summary["bytes"]), ("327", "99", "29992323")
        )
        clients = [row for row in table if row[0] == "clients"]
        self.assertEqual((len(clients), clients[0]), (99, ["clients", "223.62.67.5", "167", "26540048"]))

    def test_no_formulas(self) -> None:
        """What a spreadsheet would calculate is text, and a quote or a comma breaks no row."""
        table = rows(line(b"a", b"03:00:00", b'=1+cmd|"x",1') + line(b"b", b"03:00:00", b"-"))
        self.assertTrue(all(len(row) == 4 for row in table))
        paths = [value for panel, value, *_ in table if panel == "paths"]
        self.assertEqual(paths, ["-", '\'=1+cmd|\\"x\\",1'.replace('\\"', '"')])

    def test_top(self) -> None:
        """The first rows of each panel; of times all, and what is left out is summed."""
        log = b"".join(line(b"c%d" % n, b"0%d:00:00" % n) for n in range(6))
        panels = [panel for panel, *_ in rows(log, 2)]
        self.assertEqual((panels.count("clients"), panels.count("hours")), (2, 6))
        panel = Panel("paths", [(b"a", 3, 30), (b"b", 2, 20), (b"c", 1, 10)])
        self.assertEqual(cut(panel, 1), ([(b"a", 3, 30)], (b"", 3, 30)))
        self.assertEqual(cut(panel, 3), (panel.rows, None))


class PrometheusTests(SynchronousTestCase):
    def test_the_figures(self) -> None:
        """Prometheus' own parser finds the lines, which add up, and the figures."""
        stats = detailed(ODD_LOG)
        found = {
            family.name.removeprefix("twisted_suite_accesslog_"): family.samples
            for family in text_string_to_metric_families(to_prometheus(Report(stats, (DAMAGED,))))
        }
        self.assertEqual(sum(sample.value for sample in found["lines"]), stats.lines)
        self.assertEqual(found["page_views"][0].value, stats.pageviews)
        self.assertEqual(found["bytes"][0].value, stats.total_bytes)
        self.assertEqual(found["visitors"][0].value, stats.visitors)
        self.assertEqual(found["damaged_files"][0].value, 1)
        self.assertEqual(sum(sample.value for sample in found["requests"]), sum(stats.statuses.values()))
