"""The pid file, between processes that come and go."""

import os
import subprocess
import sys
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.errors import ConfigError, ExitStatus
from twisted_suite.runtime.pidfile import PidFile, take_from


class PidFileTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.path = Path(self.mktemp()).absolute()

    def held(self) -> PidFile:
        file = PidFile(str(self.path))
        self.addCleanup(file.release)
        return file

    def test_names_the_process_until_it_ends(self) -> None:
        """Empty while it starts, then this process, then gone."""
        file = self.held()
        file.write()
        self.assertEqual(self.path.read_text(), str(os.getpid()))
        file.release()
        self.assertFalse(self.path.exists())
        file.release()  # again: nothing

    def test_a_stale_or_foreign_number_does_not_block(self) -> None:
        """Whatever process it names, or none: without the lock it is free."""
        for left in ("1", str(os.getppid()), "4194305", "", "99\n"):
            with self.subTest(left=left):
                self.path.write_text(left)
                file = PidFile(str(self.path))
                self.assertEqual(file.replaced, left.strip())
                file.release()

    def test_one_that_runs_does(self) -> None:
        """A second start is refused, with the number of the process that holds it, and changes nothing."""
        self.held().write()
        error = self.assertRaises(ConfigError, PidFile, str(self.path))
        self.assertEqual(error.status, ExitStatus.UNAVAILABLE)
        self.assertIn(f"already running, as process {os.getpid()}", str(error))
        self.assertEqual(self.path.read_text(), str(os.getpid()))

    def test_the_lock_ends_with_the_process(self) -> None:
        """A process that is killed leaves its file, and nothing that holds it."""
        source = (
            "import sys, os; from twisted_suite.runtime.pidfile import PidFile; "
            "PidFile(sys.argv[1]).write(); os.kill(os.getpid(), 9)"
        )
        ended = subprocess.run(
            [sys.executable, "-c", source, str(self.path)], cwd=Path.cwd().anchor, check=False
        )
        self.assertEqual(ended.returncode, -9)
        self.assertTrue(self.held().replaced.isdigit())

    def test_something_else_is_not_overwritten(self) -> None:
        """A file that holds no number is somebody's: it is refused and stays."""
        for content in (b"dear diary", b"1 2", b"\xff", b"1" * 40):
            self.path.write_bytes(content)
            error = self.assertRaises(ConfigError, PidFile, str(self.path))
            self.assertIn("holds something else", str(error))
            self.assertEqual(self.path.read_bytes(), content)

    def test_a_folder_that_is_not_there(self) -> None:
        """What cannot be opened is one line with its path."""
        error = self.assertRaises(ConfigError, PidFile, str(self.path / "missing"))
        self.assertIn("No such file or directory", str(error))

    def test_what_cannot_be_removed_is_emptied(self) -> None:
        """Without the right to remove it, as after a change of user, it names nobody any more."""
        file = self.held()
        file.write()
        moved = self.path.rename(self.path.with_suffix(".moved"))  # so that it is not at its path
        file.release()
        self.assertEqual(moved.read_text(), "")

    def test_one_that_was_taken_away_is_not_ours(self) -> None:
        """Who locked a file that is not at the path any more would hold nothing: a new one is made."""
        first = self.held()
        self.path.unlink()
        second = self.held()
        second.write()
        self.assertEqual(self.path.read_text(), str(os.getpid()))
        self.assertNotEqual(first._fd, second._fd)

    def test_twistd_is_told_of_none(self) -> None:
        """From then on it neither looks at the file nor removes it; twist, without one, has none."""
        runner = {"pidfile": str(self.path)}
        file = take_from(runner)
        assert file is not None
        self.addCleanup(file.release)
        self.assertEqual(runner, {"pidfile": ""})
        self.assertIsNone(take_from(runner))
        self.assertIsNone(take_from({}))
        self.assertIsNone(take_from(None))
