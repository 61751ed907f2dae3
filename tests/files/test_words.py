"""The words of a folder's page."""

from dataclasses import asdict
from string import Formatter

from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.files.words import WORDS
from twisted_suite.runtime.text import LANGUAGES


class WordsTests(SynchronousTestCase):
    def test_every_language_has_the_same_places(self) -> None:
        """What is put into a sentence is put into it in each language."""
        self.assertEqual(set(WORDS), set(LANGUAGES))
        english = asdict(WORDS["en"])
        for words in WORDS.values():
            for key, text in asdict(words).items():
                self.assertTrue(text, key)
                places = [
                    {field for _, field, _, _ in Formatter().parse(each)} for each in (text, english[key])
                ]
                self.assertEqual(places[0] - {None}, places[1] - {None}, key)
