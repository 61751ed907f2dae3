"""What get says."""

from dataclasses import fields
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.files.get.watching import Fetched
from twisted_suite.files.get.words import WORDS
from twisted_suite.runtime.text import LANGUAGES

WHOLE = Fetched(Path("a.iso"), 3000, "sha-256", 1000)


class WordTests(SynchronousTestCase):
    def test_every_language(self) -> None:
        """Both languages fill in the same."""
        for field in fields(WORDS["en"]):
            spots = {getattr(WORDS[language], field.name).count("{") for language in LANGUAGES}
            self.assertEqual(len(spots), 1, field.name)

    def test_results(self) -> None:
        """A result says how much, what was kept, and what was checked."""
        self.assertEqual(
            WORDS["en"].finished("a.iso", WHOLE),
            "a.iso  3,000 bytes, 1,000 of them from an earlier run, sha-256 matches",
        )
        self.assertEqual(WORDS["en"].finished("b", Fetched(Path("b"), 5)), "b  5 bytes")
        self.assertEqual(
            WORDS["ko"].finished("b", Fetched(Path("b"), 5, skipped=True)), "b  5바이트, 이미 있음"
        )

    def test_what_is_left(self) -> None:
        """A part that is kept is told with what to do; none is told too."""
        self.assertIn("1,234 bytes are kept", WORDS["en"].left(1234))
        self.assertEqual(WORDS["en"].left(0), "nothing is kept")
