"""What a worker is told, and what it says."""

import json
import os
from typing import Any

from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase

from tests.runtime.test_connections import Wire
from tests.runtime.test_metrics import holder
from twisted_suite.runtime.balance import ABSENT
from twisted_suite.runtime.counts import SharedCounts, counts_at
from twisted_suite.runtime.worker import ENVIRONMENT_VARIABLE, Worker


class WorkerTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.reading, self.writing = os.pipe()
        os.set_blocking(self.reading, False)
        self.addCleanup(os.close, self.reading)

    def said(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in os.read(self.reading, 1 << 16).splitlines()]

    def test_only_where_it_is_told(self) -> None:
        """A process is a worker when its environment says so, and its own children are not."""
        self.addCleanup(os.close, self.writing)
        environ = {ENVIRONMENT_VARIABLE: '{"say": 3, "listen": [4, 5]}', "OTHER": "x"}
        worker = Worker.of_this_process(environ)
        assert worker is not None
        self.assertEqual((worker._say_fd, worker._listen_fds), (3, [4, 5]))
        self.assertEqual(environ, {"OTHER": "x"})
        self.assertIsNone(Worker.of_this_process(environ))

    def test_what_it_says(self) -> None:
        """Ready, then figures every second and at the end; a parent that has gone is no error."""
        clock = MemoryReactorClock()
        service = holder("quiet")
        Wire(service.connections).protocol.dataReceived(b"12345")
        worker = Worker({"say": self.writing, "listen": []})
        worker.begin([service], clock, lambda: None)
        ready, first = self.said()
        self.assertEqual(ready, {"ready": True})
        (snapshot,) = first["snapshot"]
        self.assertEqual((snapshot["service"], snapshot["open"], snapshot["bytes_in"]), ("quiet", 1, 5))
        clock.advance(1)
        self.assertEqual(len(self.said()), 1)
        self.assertIsNone(worker.tables)
        clock.triggers["after"]["shutdown"][0][0]()
        self.assertEqual(len(self.said()), 1)
        os.close(self.writing)
        clock.advance(1)

    def test_what_a_suite_is_told(self) -> None:
        """The tables that the parent has read are there for whoever makes the services."""
        self.addCleanup(os.close, self.writing)
        self.assertEqual(
            Worker({"say": 3, "listen": [], "tables": [{"plugin": "echo"}]}).tables, [{"plugin": "echo"}]
        )

    def test_it_takes_its_place(self) -> None:
        """From when it is ready, its connections are in the memory that all share."""
        counts = SharedCounts(2)
        self.addCleanup(os.close, counts.fileno())
        service = holder("quiet")
        place = counts.take()
        worker = Worker({"say": self.writing, "listen": [], "counts": counts.fileno(), "place": place})
        self.assertEqual(list(counts_at(counts.fileno())), [ABSENT, ABSENT])
        worker.begin([service], MemoryReactorClock(), lambda: None)
        self.assertEqual(list(counts_at(counts.fileno())), [0, ABSENT])
        os.close(self.writing)
