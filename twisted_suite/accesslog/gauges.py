"""The figures of logs that are followed, as Prometheus has them. Core."""

from collections.abc import Iterator

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

from twisted_suite.accesslog.pulse import Pulse

_PREFIX = "twisted_suite_accesslog"


def families(pulse: Pulse, dropped: int) -> Iterator[Metric]:
    """What a scrape is told."""
    lines = CounterMetricFamily(
        f"{_PREFIX}_lines", "Lines counted, by what became of them.", labels=["outcome"]
    )
    for outcome, count in (("ok", pulse.ok), ("recovered", pulse.recovered), ("invalid", pulse.invalid)):
        lines.add_metric([outcome], count)
    yield lines
    requests = CounterMetricFamily(f"{_PREFIX}_requests", "Requests, by status.", labels=["status"])
    for status, count in pulse.statuses:
        requests.add_metric([status], count)
    yield requests
    for name, words, value in (
        ("page_views", "Requests with status 200.", pulse.pageviews),
        ("bytes", "Bytes sent to clients.", pulse.bytes),
        ("dropped", "Messages that came faster than they could be counted.", dropped),
    ):
        yield CounterMetricFamily(f"{_PREFIX}_{name}", words, value=value)
    for name, words, number in (
        ("visitors", "Distinct client addresses.", pulse.visitors),
        ("behind_bytes", "Bytes that are written and not counted yet.", pulse.behind_bytes),
        ("open_files", "Logs that are open.", pulse.files),
    ):
        yield GaugeMetricFamily(f"{_PREFIX}_{name}", words, value=number)
