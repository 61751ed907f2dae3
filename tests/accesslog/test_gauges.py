"""The figures of followed logs for Prometheus."""

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from twisted.trial.unittest import SynchronousTestCase

from tests.support import ROOT
from twisted_suite.accesslog.gauges import families
from twisted_suite.accesslog.pulse import Pulse


class GaugeTests(SynchronousTestCase):
    def test_scraped(self) -> None:
        """What Prometheus' own parser finds in a scrape are the figures, and every metric is documented."""

        class Collector:
            def collect(self) -> object:
                return families(Pulse(6, 3, 2, 1, 4, 5, 7, 8, 9, (("200", 4), ("404", 1))), 10)

        registry = CollectorRegistry()
        registry.register(Collector())  # type: ignore[arg-type]
        text = generate_latest(registry).decode()
        found = {family.name: family.samples for family in text_string_to_metric_families(text)}
        start = "twisted_suite_accesslog_"
        self.assertEqual([sample.value for sample in found[start + "lines"]], [3, 2, 1])
        self.assertEqual(
            {s.labels["status"]: s.value for s in found[start + "requests"]}, {"200": 4, "404": 1}
        )
        for name, value in (
            ("page_views", 4), ("visitors", 5), ("bytes", 7), ("behind_bytes", 8), ("open_files", 9),
            ("dropped", 10),
        ):  # fmt: skip
            self.assertEqual(found[start + name][0].value, value, name)
        operations = (ROOT / "docs" / "operations.md").read_text("utf-8")
        for name in found:
            self.assertRegex(operations, rf"`{name}(_total)?`")
