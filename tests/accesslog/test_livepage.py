"""The page that lives."""

import re
from xml.etree import ElementTree

from twisted.trial.unittest import SynchronousTestCase

from tests.accesslog.test_breakdown import detailed
from tests.accesslog.test_scan import SAMPLE_LOG
from tests.support import ROOT
from twisted_suite.accesslog.livepage import live_page, live_panels
from twisted_suite.accesslog.report import Report
from twisted_suite.runtime.text import LANGUAGES


class LivePageTests(SynchronousTestCase):
    def test_page(self) -> None:
        """In each language it is well-formed, has a place for all that its script fills, and one script."""
        script = (ROOT / "twisted_suite/accesslog/static/live.js").read_text("utf-8")
        for language in LANGUAGES:
            page = ElementTree.fromstring(live_page(language).partition("\n")[2])
            self.assertEqual(page.get("lang"), language)
            self.assertEqual([each.get("src") for each in page.iter("script")], ["live.js"])
            places = {each.get("id") for each in page.iter()}
            self.assertTrue({"recent", "panels", "live", *re.findall(r'byId\("(\w+)"\)', script)} <= places)
            self.assertTrue({"lines", "ok", "recovered", "invalid", "pageviews", "lines_per_s"} <= places)
        self.assertNotIn("innerHTML", script)

    def test_panels(self) -> None:
        """The first rows of each panel that has any, by the titles of the language."""
        found = live_panels(Report(detailed(SAMPLE_LOG.read_bytes()), ()), "ko")
        self.assertEqual(found["statuses"], {"title": "상태 코드", "rows": found["statuses"]["rows"]})
        self.assertEqual(found["statuses"]["rows"][0], ["200", 327, 29_727_279])
        self.assertEqual(len(found["plain_paths"]["rows"]), 10)
        self.assertNotIn("hosts", found)
