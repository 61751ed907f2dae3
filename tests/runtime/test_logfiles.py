"""Log files: bounded from inside, moved and cut from outside."""

import os
from pathlib import Path
from typing import Any

from twisted.internet.testing import EventLoggingObserver
from twisted.logger import (
    FilteringLogObserver,
    Logger,
    LogLevel,
    LogLevelFilterPredicate,
    LogPublisher,
    textFileLogObserver,
)
from twisted.python.logfile import LogFile
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.runtime.logfiles import BoundedLogFile, bound_log_files, reopen_log_files


class BoundTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.path = Path(self.mktemp()).absolute()

    def logging_to(self, file: Any) -> tuple[LogPublisher, Logger]:
        observer = textFileLogObserver(file)

        def close() -> None:  # the file that it has in the end
            observer._outFile.close()

        self.addCleanup(close)
        publisher = LogPublisher(FilteringLogObserver(observer, [LogLevelFilterPredicate(LogLevel.info)]))
        return publisher, Logger(observer=publisher)

    def logs(self) -> dict[str, int]:
        return {path.suffix: path.stat().st_size for path in self.path.parent.glob(f"{self.path.name}*")}

    def test_twistds_file_is_bounded(self) -> None:
        """However much is logged, there are never more files than are kept, nor larger ones."""
        file = LogFile.fromFullPath(str(self.path))
        publisher, log = self.logging_to(file)
        self.assertEqual(bound_log_files(1000, 2, publisher), [file])
        for _ in range(300):
            log.info("a line of the log, and not a short one")
        self.assertEqual(set(self.logs()), {"", ".1", ".2"})
        self.assertLess(max(self.logs().values()), 1200)
        file.rotate()  # what twistd does at SIGUSR1, with the file that it knows
        log.info("after")
        self.assertIn("after", self.path.read_text())

    def test_twists_file_is_bounded(self) -> None:
        """The plain file that twist appends to becomes one that is rotated; nothing of it is lost."""
        publisher, log = self.logging_to(self.path.open("a"))
        log.info("before")
        bound_log_files(200, 9, publisher)
        for _ in range(4):
            log.info("a line of the log, and not a short one")
        self.assertIn("before", self.path.with_suffix(".1").read_text())

    def test_zero_never_rotates(self) -> None:
        """Where something else rotates, nothing does here."""
        publisher, log = self.logging_to(LogFile.fromFullPath(str(self.path)))
        bound_log_files(0, 9, publisher)
        for _ in range(3):
            log.info("a line of the log of a million {letter}", letter="x" * 1_000_000)
        self.assertEqual(set(self.logs()), {""})
        self.assertGreater(self.logs()[""], 3_000_000)

    def test_cut_from_outside(self) -> None:
        """After logrotate's copytruncate it goes on at the end that there is now, and counts from there."""
        publisher, log = self.logging_to(LogFile.fromFullPath(str(self.path)))
        bound_log_files(2000, 1, publisher)
        for _ in range(15):
            log.info("a line of the log, and not a short one")
        os.truncate(self.path, 0)
        log.info("after")
        self.assertLess(self.path.stat().st_size, 100)
        self.assertNotIn("\0", self.path.read_text())
        for _ in range(15):
            log.info("a line of the log, and not a short one")
        self.assertEqual(set(self.logs()), {""})

    def test_a_device_is_not_rotated(self) -> None:
        """What is no regular file is written to for ever, and never renamed."""
        file = BoundedLogFile("null", "/dev", rotateLength=10)
        self.addCleanup(file.close)
        file.write(b"x" * 100)
        self.assertFalse(file.shouldRotate())

    def test_standard_output_is_left_alone(self) -> None:
        """A stream without a path is nobody's file to rotate."""
        reading, writing = os.pipe()
        os.close(reading)
        publisher, _ = self.logging_to(os.fdopen(writing, "w"))
        self.assertEqual(bound_log_files(1000, 1, publisher), [])


class ReopenTests(SynchronousTestCase):
    def test_a_rotated_file_is_left_alone(self) -> None:
        """After a rotation from outside, what is logged goes to a new file, through filters too."""
        path = Path(self.mktemp()).absolute()
        file = LogFile.fromFullPath(str(path))
        self.addCleanup(file.close)
        plain = textFileLogObserver(file)
        observer = FilteringLogObserver(plain, [LogLevelFilterPredicate(LogLevel.info)])
        publisher = LogPublisher(observer, EventLoggingObserver())
        log = Logger(observer=publisher)
        log.info("before")
        path.rename(path.with_suffix(".1"))
        self.assertEqual(reopen_log_files(publisher), 1)
        log.info("after")
        self.assertIn("before", path.with_suffix(".1").read_text())
        self.assertNotIn("before", path.read_text())
        self.assertIn("after", path.read_text())

    def test_nothing_to_reopen(self) -> None:
        """Logging to a terminal or a pipe has no file to open anew."""
        self.assertEqual(reopen_log_files(LogPublisher(EventLoggingObserver())), 0)

    def test_what_cannot_be_opened_anew_goes_on(self) -> None:
        """When the new file cannot be opened, the old one is still written to."""
        folder = Path(self.mktemp()).absolute()
        folder.mkdir()
        file: Any = BoundedLogFile("log", str(folder))
        observer = textFileLogObserver(file)
        log = Logger(observer=LogPublisher(observer))
        moved = folder.rename(folder.with_suffix(".moved"))
        self.assertEqual(reopen_log_files(LogPublisher(observer)), 0)
        log.info("still here")
        self.addCleanup(file.close)
        self.assertIn("still here", (moved / "log").read_text())
