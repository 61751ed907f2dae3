"""A worker process as its parent hears it."""

import json
from typing import Any

from twisted.internet.error import ProcessDone, ProcessExitedAlready, ProcessTerminated
from twisted.internet.task import Clock
from twisted.internet.testing import EventLoggingObserver
from twisted.logger import LogLevel, eventAsJSON, formatEvent, globalLogPublisher
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.runtime.child import MAX_LINE_BYTES, SAY, STDERR, STDOUT, WorkerProcess
from twisted_suite.runtime.tally import Snapshot


class _Process:
    """Notes signals."""

    def __init__(self) -> None:
        self.signals: list[str] = []

    def signalProcess(self, name: str) -> None:
        if self.signals:
            raise ProcessExitedAlready
        self.signals.append(name)


class ChildTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        child: Any = WorkerProcess("0", self.clock)
        self.process = child.transport = _Process()
        self.child = child
        self.log = EventLoggingObserver.createWithCleanup(self, globalLogPublisher)  # type: ignore[arg-type]

    def lines(self) -> list[str]:
        return [formatEvent(event) for event in self.log]

    def test_ready_and_figures(self) -> None:
        """It says when it accepts, and its figures, in lines that may come in pieces."""
        told = Snapshot("quiet", open=3)
        said = b'{"ready": true}\n' + json.dumps({"snapshot": [told.to_json()]}).encode() + b"\n"
        for at in range(len(said)):
            self.child.childDataReceived(SAY, said[at : at + 1])
        self.successResultOf(self.child.ready)
        self.assertTrue(self.child.accepts)
        self.assertEqual(self.child.snapshots, [told])

    def test_its_log_is_ours(self) -> None:
        """An event keeps its time and level; what it only printed is shown with its name."""
        event = {"log_time": 1.0, "log_format": "said {what}", "what": "this", "log_level": LogLevel.info}
        self.child.childDataReceived(STDOUT, f"\x1e{eventAsJSON(event)}\nprinted\n".encode())
        self.child.childDataReceived(STDERR, b"warned\n")
        self.assertEqual(self.lines(), ["said this", "worker 0: printed", "worker 0: warned"])
        self.assertEqual(self.log[0]["log_time"], 1.0)
        self.assertEqual(self.log[0]["log_system"], "worker 0: -#info")

    def test_a_line_without_an_end(self) -> None:
        """Is cut where it is too long to be remembered."""
        for _ in range(3):
            self.child.childDataReceived(STDOUT, b"x" * (MAX_LINE_BYTES // 2 + 1))
        self.assertEqual(len(self.log), 1)
        self.child.childDataReceived(STDOUT, b"\n")
        self.assertEqual(len(self.log), 2)

    def test_signals(self) -> None:
        """It is asked to drain, or ended; that it has ended already is no error."""
        self.child.retire()
        self.assertEqual(self.process.signals, ["TERM"])
        self.child.kill()
        self.assertTrue(self.child.retired)

    def test_its_end(self) -> None:
        """Before it was ready that fails too, with the reason; after, only the end is told."""
        self.clock.advance(2)
        self.assertEqual(self.child.lived_s(), 2)
        self.child.processEnded(Failure(ProcessTerminated(signal=9)))
        self.failureResultOf(self.child.ready, ProcessTerminated)
        self.assertIn("signal 9", self.successResultOf(self.child.ended))
        other: Any = WorkerProcess("1", self.clock)
        other.childDataReceived(SAY, b'{"ready": true}\n')
        other.processEnded(Failure(ProcessDone(0)))
        self.successResultOf(other.ready)
        self.assertIn("exit code 0", self.successResultOf(other.ended))
