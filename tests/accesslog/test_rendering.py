"""A report in the form that was asked for."""

import json
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from tests.accesslog.test_breakdown import detailed
from tests.accesslog.test_scan import SAMPLE_LOG
from twisted_suite.accesslog.breakdown import breakdown
from twisted_suite.accesslog.rendering import Form, render
from twisted_suite.accesslog.report import OUTPUTS, Report, to_json, to_text

REPORT = Report(detailed(SAMPLE_LOG.read_bytes()), ())


class RenderTests(SynchronousTestCase):
    def test_plain(self) -> None:
        """Without panels text and JSON are the figures and the clients, in UTF-8."""
        self.assertEqual(render(REPORT, Form("json", "ko")), to_json(REPORT).encode("utf-8"))
        self.assertEqual(render(REPORT, Form("text", "ko")), to_text(REPORT, "ko").encode("utf-8"))

    def test_detail(self) -> None:
        """It is known beforehand which forms need the panels."""
        self.assertEqual({output for output in OUTPUTS if Form(output).detailed}, {"html", "csv"})
        self.assertTrue(Form(panels=True).detailed and Form(compare="2015,2016").detailed)

    def json(self, **form: Any) -> Any:
        return json.loads(render(REPORT, Form("json", **form)))

    def test_json_panels(self) -> None:
        """All rows of all panels by default; the first with top, and the sum of the others."""
        found = self.json(panels=True)
        panels = breakdown(REPORT.stats.panels).panels
        self.assertEqual(list(found["panels"]), [panel.name for panel in panels])
        self.assertEqual(len(found["panels"]["paths"]["rows"]), found["panels"]["paths"]["distinct"])
        self.assertEqual(
            set(found["definitions"]) - {"response_time_s"},
            {"visitors", "people", "daily_visitors", "visits"},
        )
        paths = self.json(panels=True, top=3)["panels"]["paths"]
        self.assertEqual(sum(row["requests"] for row in paths["rows"]) + paths["others"]["requests"], 493)
        self.assertEqual(len(paths["rows"]), 3)

    def test_text_panels(self) -> None:
        """The tables follow the figures, each in columns."""
        lines = render(REPORT, Form(panels=True, top=2)).decode().splitlines()
        start = next(index for index, text in enumerate(lines) if text.startswith("Status ("))
        self.assertEqual(lines[start + 1].split(), ["200", "327", "66.33", "%", "29,727,279"])
        self.assertEqual(lines[start + 3].split()[:3], ["(all", "others)", "10"])
        self.assertEqual(len({len(text) for text in lines[start : start + 4]}), 1)

    def test_comparison(self) -> None:
        """Two periods, in text and in JSON."""
        days = "2015-11-15,2015-11-16"
        (row,) = [row for row in self.json(compare=days)["comparison"] if row["value"] == "requests"]
        self.assertEqual(row, {"panel": "summary", "value": "requests", "before": 108, "after": 188})
        self.assertIn("+74.07 %", render(REPORT, Form(compare=days)).decode())
