"""Process 1, as far as a process that is not can be asked; in a container it is tested in `tests/live`."""

import os
import sys

from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.runtime.pid1 import _reap, leave_pid1


def _ended(source: str) -> int:
    """The number of a child that has run `source` and ended, and that nobody has reaped."""
    child = os.posix_spawn(sys.executable, [sys.executable, "-Sc", source], os.environ)
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    return child


class Pid1Tests(SynchronousTestCase):
    def test_any_other_process_goes_on(self) -> None:
        """Nothing is forked where this is not process 1."""
        before = os.getpid()
        leave_pid1()
        self.assertEqual(os.getpid(), before)

    def test_all_are_reaped_and_one_decides(self) -> None:
        """Orphans are buried; the status is the program's, with signals as shells tell them."""
        orphan = _ended("")
        self.assertIsNone(_reap(child=0))
        self.assertRaises(ChildProcessError, os.waitpid, orphan, os.WNOHANG)
        _ended("raise SystemExit(1)")
        self.assertEqual(_reap(_ended("raise SystemExit(78)")), 78)
        self.assertEqual(_reap(_ended("import os; os.kill(os.getpid(), 15)")), 143)
