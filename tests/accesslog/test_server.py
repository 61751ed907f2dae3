"""The services of the plugin."""

import os
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase, TestCase

from tests.accesslog.lines import OK
from tests.accesslog.test_batch import FolderTestCase
from twisted_suite.accesslog.scan import Plan
from twisted_suite.accesslog.server import (
    LOOK_AGAIN_S,
    REST_PER_READING,
    BatchService,
    Look,
    ReportService,
    in_thread,
    signature,
)
from twisted_suite.errors import ConfigError, ExitStatus
from twisted_suite.runtime.lifecycle import Completed


class Later:
    """A thread that works when the test says so."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Callable[[], Any], Deferred[Any]]] = []

    def __call__(self, work: Callable[[], Any]) -> "Deferred[Any]":
        done: Deferred[Any] = Deferred()
        self.waiting.append((work, done))
        return done

    def run(self) -> None:
        """Do the one piece of work that waits."""
        ((work, done),) = self.waiting
        self.waiting.clear()
        try:
            result = work()
        except Exception:
            result = Failure()
        done.callback(result)


class BatchServiceTests(SynchronousTestCase):
    def test_completes(self) -> None:
        """Starting it is all its work; the status of that is the program's."""
        for status in (ExitStatus.OK, ExitStatus.DATA):
            service = BatchService(lambda status=status: status)  # type: ignore[misc]
            self.assertIs(self.assertRaises(Completed, service.startService).status, status)
        self.assertTrue(BatchService.one_shot)

    def test_interrupted(self) -> None:
        """Ctrl-C ends it as shells expect, without a traceback."""

        def work() -> ExitStatus:
            raise KeyboardInterrupt

        self.assertEqual(self.assertRaises(SystemExit, BatchService(work).startService).code, 130)


class ReportServiceTests(FolderTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.later = Later()
        self.clock = Clock()
        self.log = self.put("access.log")

    def service(self, *names: str) -> ReportService:
        return ReportService(names, Plan(), Look(), background=self.later, clock=self.clock)

    def started(self, *names: str) -> ReportService:
        """One that has read its files."""
        service = self.service(*(names or [self.log]))
        service.startService()
        self.later.run()
        return service

    def lines(self, service: ReportService) -> int:
        """The lines that it has a report on."""
        assert service.reading is not None
        return service.reading.report.stats.lines

    def test_missing(self) -> None:
        """A file that is not there keeps it from starting."""
        service = self.service(self.path("gone"))
        self.assertRaises(ConfigError, service.startService)
        self.assertFalse(service.running)

    def test_reads_in_the_background(self) -> None:
        """It has no report until the files are read, and asking does not have them read twice."""
        service = self.service(self.log)
        service.startService()
        self.assertIsNone(service.reading)
        self.clock.advance(1_000)
        service.refresh()
        self.later.run()
        self.assertEqual(self.lines(service), 1)
        assert service.reading is not None
        self.assertTrue(service.reading.documents["text"].startswith(b"Page views: 1 "))
        self.assertTrue(service.reading.documents["json"].startswith(b"{"))

    def test_changed(self) -> None:
        """Somebody who asks after a while has changed files read again."""
        service = self.started()
        self.put("access.log", OK + b"\n" + OK)
        service.refresh()
        self.assertEqual(self.later.waiting, [])
        self.clock.advance(LOOK_AGAIN_S)
        service.refresh()
        self.assertEqual(self.lines(service), 1)
        self.later.run()
        self.assertEqual(self.lines(service), 2)

    def test_unchanged(self) -> None:
        """Files that have not changed are looked at, and not read."""
        service = self.started()
        before = service.reading
        self.clock.advance(LOOK_AGAIN_S)
        service.refresh()
        self.later.run()
        self.assertIs(service.reading, before)

    def test_new_files(self) -> None:
        """A new file in a folder is found."""
        service = self.started(str(self.folder))
        self.put("access.log.1")
        self.clock.advance(LOOK_AGAIN_S)
        service.refresh()
        self.later.run()
        self.assertEqual(self.lines(service), 2)

    def test_rests(self) -> None:
        """After a long reading it rests the longer."""
        service = self.service(self.log)
        service.startService()
        self.clock.advance(100)
        self.later.run()
        self.clock.advance(100 * REST_PER_READING - 1)
        service.refresh()
        self.assertEqual(self.later.waiting, [])
        self.clock.advance(1)
        service.refresh()
        self.assertEqual(len(self.later.waiting), 1)

    def test_vanished(self) -> None:
        """When a file is gone the old report stays, and it is tried again later."""
        service = self.started()
        os.unlink(self.log)
        self.clock.advance(LOOK_AGAIN_S)
        service.refresh()
        self.later.run()
        self.assertEqual(self.lines(service), 1)
        self.assertEqual(service.error, f"{self.log}: No such file or directory")
        self.put("access.log", b"\n\n\n")
        self.clock.advance(LOOK_AGAIN_S)
        service.refresh()
        self.later.run()
        self.assertEqual((self.lines(service), service.error), (3, None))

    def test_defect(self) -> None:
        """An error of ours is logged with its traceback, and no more of it is said."""
        service = self.service(self.log)
        service.startService()
        ((_, done),) = self.later.waiting
        done.errback(ZeroDivisionError())
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertEqual(service.error, "internal error")

    def test_what_cannot_be_read_twice(self) -> None:
        """Standard input and FIFOs are read once."""
        null = self.started(os.devnull)
        self.clock.advance(1_000)
        null.refresh()
        self.assertEqual(self.later.waiting, [])
        self.assertIsNone(signature([self.log, "-"]))


class ThreadTests(TestCase):
    def test_result(self) -> None:
        """What a thread returns comes to the loop."""
        from twisted.internet import reactor

        return in_thread(reactor)(lambda: 42).addCallback(self.assertEqual, 42)  # type: ignore[return-value]

    def test_error(self) -> None:
        """What a thread raises comes to the loop."""
        from twisted.internet import reactor

        return self.assertFailure(in_thread(reactor)(lambda: 1 / 0), ZeroDivisionError)  # type: ignore[return-value]
