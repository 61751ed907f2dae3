"""The report as one HTML file."""

import re
from xml.etree import ElementTree

from twisted.trial.unittest import SynchronousTestCase

from tests.accesslog.dialects import LINES
from tests.accesslog.test_breakdown import detailed, line
from tests.accesslog.test_report import DAMAGED
from tests.accesslog.test_scan import SAMPLE_LOG
from twisted_suite.accesslog.breakdown import breakdown
from twisted_suite.accesslog.comparison import compare
from twisted_suite.accesslog.page import PageOptions, to_html
from twisted_suite.accesslog.report import Report, Source

PLAIN = PageOptions()


def page(log: bytes, options: PageOptions = PLAIN, *sources: Source) -> ElementTree.Element:
    """The page of a log, which is well-formed."""
    stats = detailed(log)
    doctype, _, text = to_html(Report(stats, sources), breakdown(stats.panels), options).partition("\n")
    assert doctype == "<!DOCTYPE html>"
    return ElementTree.fromstring(text)


class PageTests(SynchronousTestCase):
    def test_self_contained(self) -> None:
        """Nothing is loaded, nothing is run, whatever the log says."""
        log = line(b"<script>", b"03:00:00", b"GET /<img src=x onerror=alert(1)> X", b'200 5 "http://a/" "-"')
        for found in (page(SAMPLE_LOG.read_bytes()), page(log)):
            tags = {element.tag for element in found.iter()}
            self.assertEqual(tags & {"script", "img", "iframe", "object", "embed", "base"}, set())
            names = {name for element in found.iter() for name in element.attrib}
            self.assertEqual({name for name in names if name.startswith("on") or name == "src"}, set())
            self.assertEqual([each.get("href") for each in found.iter("link")], ["data:,"])
            (style,) = found.iter("style")
            self.assertNotRegex(style.text or "", r"url\(|@import")

    def test_figures(self) -> None:
        """The lecture's figures are on it in both languages, with charts and every panel that has rows."""
        for language, title in (("en", "Access log"), ("ko", "웹 서버 접속 기록")):
            found = page(SAMPLE_LOG.read_bytes(), PageOptions(language))  # type: ignore[arg-type]
            text = " ".join(found.itertext())
            for word in (title, "327", "29,289 KB", "29,992,323", "223.62.67.5", "26,540,048"):
                self.assertIn(word, text)
            self.assertEqual(found.get("lang"), language)
            sections = {section.get("id") for section in found.iter("section")}
            self.assertTrue({"days", "hours", "statuses", "paths", "not_found", "clients"} <= sections)
            self.assertNotIn("tls", sections)
            self.assertEqual(len(list(found.iter("svg"))), 3)

    def test_comparison(self) -> None:
        """Two periods stand side by side."""
        stats = detailed(SAMPLE_LOG.read_bytes())
        found = page(SAMPLE_LOG.read_bytes(), PageOptions(comparison=compare(stats, "2015-11-15,2015-11-16")))
        rows = found.findall(".//section[@id='comparison']//tr")
        cells = ["".join(cell.itertext()) for cell in rows[1]]
        self.assertEqual(cells, ["Requests", "108", "188", "+74.07 %"])

    def test_response_times(self) -> None:
        """Response times are shown where lines have them, and how exact they are."""
        text = " ".join(page(b"\n".join(line for line, _ in LINES)).itertext())
        self.assertTrue(re.search(r"p50 [\d.e-]+ s, p90 .* \(±1 %\)", text), text[:3_000])

    def test_damage(self) -> None:
        """A file that could only be read in part is named; an empty log has a page too."""
        self.assertIn("the gzip data is cut off", " ".join(page(b"", PageOptions(), DAMAGED).itertext()))
