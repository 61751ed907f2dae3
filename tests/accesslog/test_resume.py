"""Where logs are taken up again; whole histories are in test_follower.py."""

import gzip
import os

from tests.accesslog.lines import OK
from tests.accesslog.test_batch import FolderTestCase
from twisted_suite.accesslog.history import State
from twisted_suite.accesslog.marks import Mark, Marks, digest
from twisted_suite.accesslog.resume import Resumption
from twisted_suite.accesslog.scan import Plan

LINES = b"".join(b'c%d - - [t] "-" 200 1\n' % number for number in range(9))
HALF = LINES.index(b"c5")


class ResumptionTests(FolderTestCase):
    def state(self, path: str, seen_ns: int = 1) -> State:
        """One that has counted the first half of this log."""
        status = os.stat(path)
        head = LINES[:HALF]
        mark = Mark(status.st_dev, status.st_ino, len(head), digest(head), HALF, 5, "", open=True)
        return State(marks=Marks([mark]), seen_ns=seen_ns)

    def test_where_it_was(self) -> None:
        """The same file under its name goes on where it was left."""
        log = self.put("access.log", LINES)
        resumption = Resumption(self.state(log), Plan(), [log])
        mark = resumption.start_of(log)
        assert mark is not None
        self.assertEqual((mark.end, [*resumption.rotated()], resumption.open), (HALF, [], []))

    def test_under_any_name(self) -> None:
        """Renamed to whatever, the file is known by device and inode."""
        log = self.put("access.log", LINES)
        state = self.state(log)
        os.rename(log, self.path("yesterday"))
        (tail,) = Resumption(state, Plan(), [log]).rotated()
        self.addCleanup(tail.close)
        tail.read()
        self.assertEqual((tail.path, tail.take().ok), (self.path("yesterday"), 4))

    def test_packed(self) -> None:
        """Packed, it is known by its start, and counted at once; a half-made archive is not."""
        log = self.put("access.log", LINES)
        state = self.state(log)
        os.unlink(log)
        self.put("access.log.2.gz", gzip.compress(OK * 1000)[:-20])
        self.put("access.log.1.gz", gzip.compress(LINES))
        self.assertEqual([*Resumption(state, Plan(), [log]).rotated()], [])
        self.assertEqual((state.stats.ok, [mark.open for mark in state.marks]), (4, [False]))

    def test_gone(self) -> None:
        """What is not found is remembered all the same: its twin may come back."""
        log = self.put("access.log", LINES)
        state = self.state(log)
        os.unlink(log)
        resumption = Resumption(state, Plan(), [log])
        self.assertEqual([*resumption.rotated()], [])
        self.assertEqual(len(resumption.open), 1)
        self.assertIsNotNone(state.marks.find(LINES))
