"""The work of a service that follows."""

import json
from pathlib import Path

from tests.accesslog.lines import OK
from tests.accesslog.test_batch import FolderTestCase
from twisted_suite.accesslog.counting import Counting, Task
from twisted_suite.accesslog.history import load
from twisted_suite.accesslog.order import Order
from twisted_suite.accesslog.rendering import Form


class CountingTests(FolderTestCase):
    def counting(self, **words: object) -> Counting:
        """Of one log of one line."""
        made = Counting(Order([self.put("log")], form=Form("json"), **words))  # type: ignore[arg-type]
        made.follower.begin()
        self.addCleanup(made.follower.close)
        return made

    def test_do(self) -> None:
        """It counts what was pushed and what was written, and reports when asked."""
        counting = self.counting()
        done = counting.do(Task((("syslog", b'"' + OK + b'"\nx\n'),)))
        pulse = done.pulse
        self.assertEqual((pulse.lines, pulse.ok, pulse.recovered, pulse.invalid), (3, 1, 1, 1))
        self.assertEqual((pulse.pageviews, pulse.visitors, pulse.statuses), (2, 1, (("200", 2),)))
        self.assertEqual((pulse.recent[-1], len(pulse.recent)), (OK.decode(), 3))
        self.assertIsNone(done.reading)
        reading = counting.do(Task(report=True)).reading
        assert reading is not None
        self.assertEqual(json.loads(reading.documents["json"])["lines"], 3)
        self.assertEqual(reading.panels["statuses"]["rows"], [["200", 2, 2 * 6812]])

    def test_writes(self) -> None:
        """State and report are written when it is told to, and at the end with a line that has no end yet."""
        counting = self.counting(state=self.path("state"), out=self.path("report"))
        counting.do(Task(write=True))
        self.assertEqual(load(self.path("state")).stats.lines, 1)
        self.assertEqual(json.loads(Path(self.path("report")).read_bytes())["lines"], 1)
        counting.end([("syslog", OK + b"\n")], report=False)
        self.assertEqual(load(self.path("state")).stats.lines, 2)

    def test_anonymous(self) -> None:
        """Nobody is in a report that is to be anonymous, nor are the last lines."""
        done = self.counting(anonymize=True).do(Task(report=True))
        self.assertEqual(done.pulse.recent, ())
        assert done.reading is not None
        for document in done.reading.documents.values():
            self.assertNotIn(b"192.0.2.1", document)
