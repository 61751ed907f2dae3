"""What the reports say, in each language."""

from dataclasses import fields

from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.accesslog.records import Reason, Repair
from twisted_suite.accesslog.words import WORDS, Words
from twisted_suite.runtime.text import LANGUAGES


class WordsTests(SynchronousTestCase):
    def test_complete(self) -> None:
        """Every language has a word for everything."""
        self.assertEqual(set(WORDS), set(LANGUAGES))
        for words in WORDS.values():
            self.assertEqual(set(words.repairs), set(Repair))
            self.assertEqual(set(words.reasons), set(Reason))
            for each in fields(Words):
                self.assertTrue(getattr(words, each.name), each.name)
