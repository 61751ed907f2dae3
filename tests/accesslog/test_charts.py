"""Charts as SVG."""

from xml.etree import ElementTree

from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.accesslog.charts import FOOT, HEIGHT, LABELS, MAX_BARS, WIDTH, columns, meter


class ColumnsTests(SynchronousTestCase):
    def test_bars(self) -> None:
        """Each row has its bar, as high as its hits, which says what it stands for."""
        chart = ElementTree.fromstring(columns([(b"a", 5, 100), (b"<b>", 10, 0)], "Days & hours"))
        self.assertEqual(chart.get("aria-label"), "Days & hours")
        low, high = chart.iter("rect")
        self.assertAlmostEqual(2 * float(low.get("height", 0)), float(high.get("height", 0)), delta=0.02)
        self.assertAlmostEqual(float(high.get("y", 0)) + float(high.get("height", 0)), HEIGHT - FOOT)
        self.assertEqual(high.findtext("title"), "<b>: 10 (0 B)")

    def test_many(self) -> None:
        """Neighbours of a long row are added up: nothing of it is lost, and all of it fits."""
        chart = ElementTree.fromstring(columns([(b"%d" % n, 1, 1) for n in range(10 * MAX_BARS + 1)], ""))
        bars = list(chart.iter("rect"))
        self.assertLessEqual(len(bars), MAX_BARS)
        texts = [bar.findtext("title") or "" for bar in bars]
        self.assertEqual(sum(int(text.split(": ")[1].split()[0]) for text in texts), 10 * MAX_BARS + 1)
        self.assertLessEqual(float(bars[-1].get("x", 0)) + float(bars[-1].get("width", 0)), WIDTH)
        self.assertLessEqual(len(list(chart.iter("text"))), LABELS + 1)

    def test_nothing(self) -> None:
        """No rows are no chart, and rows of nothing are flat."""
        self.assertEqual(columns([], ""), "")
        self.assertIn('height="0.00"', columns([(b"a", 0, 0)], ""))

    def test_meter(self) -> None:
        """A bar beside a figure is as long as its share, and never longer than its place."""
        self.assertIn("width:12.5%", meter(0.125))
        self.assertIn("width:100.0%", meter(7))
