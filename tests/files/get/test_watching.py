"""What is told of a file that is here."""

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.files.get.watching import Fetched


class FetchedTests(SynchronousTestCase):
    def test_nothing_special(self) -> None:
        """A file that simply came was not checked, not resumed and not here before."""
        result = Fetched(Path("a"), 5)
        self.assertEqual((result.checked, result.kept_bytes, result.skipped), (None, 0, False))
