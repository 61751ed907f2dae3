"""Metrics and health, asked for over loopback."""

import urllib.error
import urllib.request
from collections import Counter
from typing import Any

from prometheus_client.parser import text_string_to_metric_families
from twisted.application.service import MultiService, Service
from twisted.internet import reactor as global_reactor
from twisted.internet.defer import Deferred
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import SynchronousTestCase, TestCase

from tests.runtime.test_connections import Wire
from twisted_suite.runtime.connections import Connections
from twisted_suite.runtime.limits import ConnectionLimits
from twisted_suite.runtime.metrics import LoopLateness, MetricsService, ServiceCollector, snapshots_below
from twisted_suite.runtime.observed import Observed
from twisted_suite.runtime.tally import Snapshot

reactor: Any = global_reactor


class _Holder(Service):
    """A service that has connections."""

    def __init__(self, connections: Connections) -> None:
        self.connections = connections
        self.stopped: Deferred[None] = Deferred()

    def stopService(self) -> "Deferred[None]":
        return self.stopped


def holder(name: str) -> _Holder:
    """A service with room for two connections."""
    factory = Factory.forProtocol(Protocol)
    factory.noisy = False
    return _Holder(Connections(factory, name, ConnectionLimits(max_connections=2), Clock()))


class LatenessTests(SynchronousTestCase):
    def test_counts_how_late_the_loop_comes(self) -> None:
        """A loop that comes in time counts as such, and one that was held up by as long as it was."""
        clock = Clock()
        lateness = LoopLateness(clock)
        lateness.start()
        clock.advance(0.25)
        self.assertEqual(lateness.histogram.cumulative()[0], 1)
        clock.advance(0.85)  # 0.6 s late
        self.assertEqual(lateness.histogram.cumulative()[-1], 2)
        self.assertAlmostEqual(lateness.histogram.total, 0.6)
        lateness.stop()
        lateness.stop()
        self.assertEqual(clock.getDelayedCalls(), [])


class WorkerTests(SynchronousTestCase):
    def test_each_and_all(self) -> None:
        """Each worker's figures are told, and their sums; without workers there are only sums."""
        one = Snapshot("echo", open=1, buffered_bytes=2, bytes_in=3, bytes_out=4, ended=Counter(closed=5))
        other = Snapshot("echo", open=10, bytes_in=30, refused=Counter({"max-per-ip": 7}))
        samples = self.collected({"0": [one], "1": [other]})
        for name, figures in (
            ("connections", (1, 10)),
            ("buffered_bytes", (2, 0)),
            ("received_bytes_total", (3, 30)),
            ("sent_bytes_total", (4, 0)),
            ("ended_total", (5, 0)),
            ("refused_total", (0, 7)),
        ):
            found = tuple(samples[f"twisted_suite_worker_{name}", worker] for worker in "01")
            self.assertEqual(found, figures, name)
        self.assertEqual(samples["twisted_suite_connections", None], 11)
        alone = self.collected({"": [one]})
        self.assertEqual([name for name, _ in alone if "_worker_" in name], [])

    def collected(self, by_worker: dict[str, list[Snapshot]]) -> dict[tuple[str, str | None], float]:
        """What is told, by name and worker."""
        collector = ServiceCollector(lambda: by_worker, LoopLateness(Clock()))
        return {
            (sample.name, sample.labels.get("worker")): sample.value
            for family in collector.collect()
            for sample in family.samples
        }


class MetricsTests(TestCase):
    def setUp(self) -> None:
        self.holder = holder("quiet")
        self.connections = self.holder.connections
        parent = MultiService()
        child: Any = self.holder
        child.setServiceParent(parent)
        tree: Any = parent
        metrics = MetricsService("tcp:0:interface=127.0.0.1", snapshots_below([tree]), reactor)
        self.service = Observed(tree, [metrics])
        self.service.startService()
        listener: Any = next(iter(metrics))
        self.port = listener.addresses()[0].rpartition(":")[2]

    async def get(self, path: str) -> tuple[int, str]:
        def ask() -> tuple[int, str]:
            request = urllib.request.Request(
                f"http://127.0.0.1:{self.port}{path}", headers={"Connection": "close"}
            )
            try:
                with urllib.request.urlopen(request) as answer:
                    return answer.status, answer.read().decode()
            except urllib.error.HTTPError as error:
                return error.code, error.read().decode()

        return await deferToThread(ask)

    async def stop(self) -> None:
        self.holder.stopped.callback(None)
        await self.service.stopService()

    async def test_what_is_told(self) -> None:
        """A scrape has connections, bytes, refusals, ends and times of every service, in Prometheus' form."""
        wires = [Wire(self.connections) for _ in range(3)]
        wires[0].protocol.dataReceived(b"12345")
        wires[0].end()
        self.connections.answered(0.02)
        status, text = await self.get("/metrics")
        self.assertEqual(status, 200)
        values = {
            (sample.name, *sorted(sample.labels.values())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }
        for key, value in {
            ("twisted_suite_connections", "quiet"): 1,
            ("twisted_suite_connections_ended_total", "closed", "quiet"): 1,
            ("twisted_suite_connections_refused_total", "max-connections", "quiet"): 1,
            ("twisted_suite_bytes_total", "in", "quiet"): 5,
            ("twisted_suite_bytes_total", "out", "quiet"): 0,
            ("twisted_suite_buffered_bytes", "quiet"): 0,
            ("twisted_suite_connection_seconds_bucket", "0.001", "quiet"): 1,
            ("twisted_suite_connection_seconds_count", "quiet"): 1,
            ("twisted_suite_answer_seconds_bucket", "0.01", "quiet"): 0,
            ("twisted_suite_answer_seconds_bucket", "0.05", "quiet"): 1,
        }.items():
            self.assertEqual(values.get(key), value, key)
        self.assertIn(("twisted_suite_loop_lateness_seconds_count",), values)
        self.assertIn(("process_resident_memory_bytes",), values)
        wires[1].end()
        await self.stop()

    async def test_health_while_draining(self) -> None:
        """While the services drain the process is healthy but not ready, and it can still be asked."""
        self.assertEqual(await self.get("/healthz"), (200, "ok\n"))
        self.assertEqual(await self.get("/readyz"), (200, "ready\n"))
        stopped = self.service.stopService()
        self.assertEqual(await self.get("/healthz"), (200, "ok\n"))
        self.assertEqual(await self.get("/readyz"), (503, "draining\n"))
        self.assertFalse(stopped.called)
        self.holder.stopped.callback(None)
        await stopped
        with self.assertRaises(urllib.error.URLError):
            await self.get("/healthz")

    async def test_nothing_else_is_there(self) -> None:
        """Other paths are not found."""
        self.assertEqual((await self.get("/nothing"))[0], 404)
        await self.stop()
