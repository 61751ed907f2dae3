"""How far the reading is."""

import io
import os

from tests.accesslog.test_batch import FolderTestCase
from twisted_suite.accesslog.progress import PATIENCE_S, shown


class Terminal(io.StringIO):
    """What a person looks at."""

    def isatty(self) -> bool:
        return True


class ProgressTests(FolderTestCase):
    def show(self, paths: list[str], seconds: float, stream: io.StringIO) -> str:
        """What stands there after one block that took so long."""
        now_s = 0.0
        with shown(paths, stream, lambda: now_s) as tell:
            if tell is not None:
                now_s = seconds
                tell(500_000)
                tell(250_000)
        return stream.getvalue()

    def test_terminal(self) -> None:
        """A person who waits sees how much of all logs is read, and nothing of it stays."""
        log = self.put("log", b"x" * 1_000_000)
        text = self.show([log, log], PATIENCE_S, Terminal())
        self.assertIn("/2.0 MB", text)
        self.assertIn("0.", text)

    def test_unknown_size(self) -> None:
        """A pipe does not say how long it is; the rate is shown all the same."""
        self.assertIn("750.0/? kB", self.show([os.devnull], PATIENCE_S, Terminal()))

    def test_nobody_waits(self) -> None:
        """What is quick, or seen by nobody, is not shown."""
        log = self.put("log")
        self.assertEqual(self.show([log], PATIENCE_S / 2, Terminal()), "")
        self.assertEqual(self.show([log], PATIENCE_S, io.StringIO()), "")
