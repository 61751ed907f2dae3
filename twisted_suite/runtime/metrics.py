"""Prometheus metrics and health at an endpoint of their own, while the services drain too. Adapter.

::

    GET /metrics   -> connections, bytes, refusals, buffers and times by service; lateness of the event loop
    GET /healthz   -> 200: the process lives and its loop turns
    GET /readyz    -> 200: it serves; 503: it is draining
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from twisted.application.service import MultiService
from twisted.internet.task import LoopingCall
from twisted.web.resource import Resource

from twisted_suite.runtime.connections import Connections
from twisted_suite.runtime.limits import ConnectionLimits
from twisted_suite.runtime.listening import Listener
from twisted_suite.runtime.tally import ANSWER_BUCKETS_S, DURATION_BUCKETS_S, Histogram, Snapshot, summed
from twisted_suite.runtime.web import DrainableSite

# Whoever scrapes comes alone; more than a few at once is a mistake or an attack.
MAX_CONNECTIONS = 64
IDLE_TIMEOUT_S = 60.0
# How often the loop's lateness is measured, and the bounds of its buckets, in seconds.
LATENESS_INTERVAL_S = 0.25
LATENESS_BUCKETS_S = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0)
# Linux counts here, for the whole network namespace, what did not fit a listening queue.
NETSTAT = Path("/proc/net/netstat")


class LoopLateness:
    """How much later than asked the loop comes to a timer: what every connection waits at least."""

    def __init__(self, clock: Any) -> None:
        self._clock = clock
        self._due = 0.0
        self._measuring = LoopingCall(self._measure)
        self._measuring.clock = clock
        self.histogram = Histogram(LATENESS_BUCKETS_S)
        self.recent_s = 0.0  # the last that was seen

    def start(self) -> None:
        self._due = self._clock.seconds() + LATENESS_INTERVAL_S
        self._measuring.start(LATENESS_INTERVAL_S, now=False)

    def stop(self) -> None:
        if self._measuring.running:
            self._measuring.stop()

    def _measure(self) -> None:
        now = self._clock.seconds()
        self.recent_s = max(0.0, now - self._due)
        self.histogram.observe(self.recent_s)
        self._due = now + LATENESS_INTERVAL_S


# The figures of each worker by its name; of a program without workers under the empty name.
Source = Callable[[], Mapping[str, Sequence[Snapshot]]]


class ServiceCollector:
    """Asks for figures when somebody scrapes, so that counting costs no connection anything."""

    def __init__(self, source: Source, lateness: LoopLateness) -> None:
        self._source = source
        self._lateness = lateness

    def collect(self) -> Iterator[Metric]:
        by_worker = self._source()
        services = summed(snapshot for snapshots in by_worker.values() for snapshot in snapshots)
        yield from _gauges(services)
        yield from _totals(services)
        yield _durations(services)
        yield _answers(services)
        yield from _workers(by_worker)
        yield _histogram(
            "twisted_suite_loop_lateness_seconds",
            "How much later than asked the event loop came to a timer.",
            [],
            [([], self._lateness.histogram.cumulative(), self._lateness.histogram.total)],
            LATENESS_BUCKETS_S,
        )
        yield from _listen_queue()


def _gauges(services: Sequence[Snapshot]) -> Iterator[Metric]:
    connections = GaugeMetricFamily("twisted_suite_connections", "Connections open now.", labels=["service"])
    buffered = GaugeMetricFamily(
        "twisted_suite_buffered_bytes", "Bytes that wait for peers to take them.", labels=["service"]
    )
    for service in services:
        connections.add_metric([service.service], service.open)
        buffered.add_metric([service.service], service.buffered_bytes)
    yield from (connections, buffered)


def _totals(services: Sequence[Snapshot]) -> Iterator[Metric]:
    ended = CounterMetricFamily(
        "twisted_suite_connections_ended", "Connections that have ended.", labels=["service", "outcome"]
    )
    refused = CounterMetricFamily(
        "twisted_suite_connections_refused", "Connections not let in.", labels=["service", "reason"]
    )
    passed = CounterMetricFamily(
        "twisted_suite_bytes", "Bytes through the sockets.", labels=["service", "direction"]
    )
    held = CounterMetricFamily(
        "twisted_suite_reads_held", "Times that a connection had to wait for its rate.", labels=["service"]
    )
    for service in services:
        held.add_metric([service.service], service.held)
        for outcome, count in service.ended.items():
            ended.add_metric([service.service, outcome], count)
        for reason, count in service.refused.items():
            refused.add_metric([service.service, reason], count)
        passed.add_metric([service.service, "in"], service.bytes_in)
        passed.add_metric([service.service, "out"], service.bytes_out)
    yield from (ended, refused, passed, held)


def _durations(services: Sequence[Snapshot]) -> Metric:
    return _histogram(
        "twisted_suite_connection_seconds",
        "How long connections were open.",
        ["service"],
        [([service.service], service.seconds, service.seconds_total) for service in services],
        DURATION_BUCKETS_S,
    )


def _answers(services: Sequence[Snapshot]) -> Metric:
    return _histogram(
        "twisted_suite_answer_seconds",
        "From a whole request to the beginning of its answer.",
        ["service"],
        [([service.service], service.answers, service.answers_total) for service in services],
        ANSWER_BUCKETS_S,
    )


# What is told of each worker beside the sums: the kind of metric, its name and help, and the figure.
_OF_WORKERS: tuple[tuple[type[Any], str, str, Callable[[Snapshot], int]], ...] = (
    (GaugeMetricFamily, "connections", "Connections open now", lambda service: service.open),
    (
        GaugeMetricFamily,
        "buffered_bytes",
        "Bytes that wait for peers",
        lambda service: service.buffered_bytes,
    ),
    (CounterMetricFamily, "received_bytes", "Bytes received", lambda service: service.bytes_in),
    (CounterMetricFamily, "sent_bytes", "Bytes sent", lambda service: service.bytes_out),
    (CounterMetricFamily, "ended", "Connections that have ended", lambda service: service.ended.total()),
    (CounterMetricFamily, "refused", "Connections not let in", lambda service: service.refused.total()),
)


def _workers(by_worker: Mapping[str, Sequence[Snapshot]]) -> Iterator[Metric]:
    """What each worker has, where there are any."""
    for kind, name, text, figure in _OF_WORKERS:
        family = kind(f"twisted_suite_worker_{name}", f"{text}, in one worker.", labels=["worker", "service"])
        for worker, services in by_worker.items():
            for service in services if worker else ():
                family.add_metric([worker, service.service], figure(service))
        yield family


def owners_below(services: Iterable[Any]) -> Iterator[Connections]:
    """Every owner of connections in a tree of services."""
    for service in services:
        if isinstance(getattr(service, "connections", None), Connections):
            yield service.connections
        elif isinstance(service, MultiService):
            yield from owners_below(service)


def collectors_below(services: Iterable[Any]) -> Iterator[Any]:
    """Services of a tree that have figures of their own, by ``collect()`` as prometheus_client asks."""
    for service in services:
        if callable(getattr(service, "collect", None)):
            yield service
        elif isinstance(service, MultiService):
            yield from collectors_below(service)


def snapshots_below(services: Iterable[Any]) -> Source:
    """The figures of a tree of services in this process."""
    return lambda: {"": [owner.snapshot() for owner in owners_below(services)]}


def _histogram(
    name: str,
    text: str,
    labels: list[str],
    series: Iterable[tuple[list[str], Sequence[int], float]],
    bounds: tuple[float, ...],
) -> Metric:
    family = HistogramMetricFamily(name, text, labels=labels)
    for values, cumulative, total in series:
        family.add_metric(values, list(zip([*map(str, bounds), "+Inf"], cumulative, strict=True)), total)
    return family


def _listen_queue() -> Iterator[Metric]:
    """Connections that the kernel dropped because nobody accepted them in time."""
    try:
        lines = NETSTAT.read_text("ascii").splitlines()
    except OSError:  # not Linux
        return
    for names, values in zip(lines[::2], lines[1::2], strict=False):
        counts = dict(zip(names.split(), values.split(), strict=False))
        if "ListenOverflows" in counts:
            yield CounterMetricFamily(
                "twisted_suite_listen_overflows",
                "Connections dropped from full listening queues, in this network namespace.",
                value=int(counts["ListenOverflows"]),
            )


class MetricsService(MultiService):
    """Serves metrics and health at one endpoint."""

    def __init__(self, endpoint: str, source: Source, reactor: Any, collectors: Iterable[Any] = ()) -> None:
        super().__init__()
        self._lateness = LoopLateness(reactor)
        registry = CollectorRegistry()
        registry.register(ServiceCollector(source, self._lateness))
        for collector in collectors:
            registry.register(collector)
        ProcessCollector(registry=registry)
        self._readiness = Readiness()
        root = Resource()
        root.putChild(b"metrics", _Page(lambda: (200, generate_latest(registry)), CONTENT_TYPE_LATEST))
        root.putChild(b"healthz", _Page(lambda: (200, b"ok\n")))
        root.putChild(b"readyz", _Page(self._readiness.answer))
        limits = ConnectionLimits(MAX_CONNECTIONS, 0, IDLE_TIMEOUT_S)
        connections = Connections(DrainableSite(root, reactor), "metrics", limits, reactor)
        Listener([endpoint], connections, drain_timeout_s=1.0, reactor=reactor).setServiceParent(self)

    def program_drains(self) -> None:
        """From now on the program wants no further connections."""
        self._readiness.draining = True

    def startService(self) -> None:
        super().startService()
        self._lateness.start()

    def stopService(self) -> Any:
        self._lateness.stop()
        return super().stopService()


class Readiness:
    """Whether the program should be sent further connections."""

    def __init__(self) -> None:
        self.draining = False

    def answer(self) -> tuple[int, bytes]:
        return (503, b"draining\n") if self.draining else (200, b"ready\n")


class _Page(Resource):
    isLeaf = True

    def __init__(self, answer: Any, content_type: str = "text/plain; charset=utf-8") -> None:
        super().__init__()
        self._answer = answer
        self._content_type = content_type

    def render_GET(self, request: Any) -> bytes:
        status, body = self._answer()
        request.setResponseCode(status)
        request.setHeader(b"content-type", self._content_type.encode("ascii"))
        answer: bytes = body
        return answer
