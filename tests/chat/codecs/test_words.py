"""Both languages say everything."""

from typing import get_args

from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.chat import messages as m
from twisted_suite.chat.codecs.words import LANGUAGES


class WordsTests(SynchronousTestCase):
    def test_complete(self) -> None:
        """Each language has a line for each event and each fault of a name."""
        for words in LANGUAGES.values():
            self.assertEqual({*words.lines, m.NameRefused}, set(get_args(m.Event)))
            self.assertEqual(set(words.faults), set(m.NameFault))

    def test_line(self) -> None:
        """A line holds the event's own fields; braces in them are only text."""
        self.assertEqual(LANGUAGES["en"].line(m.Said("{0}", "{0.name}")), "[{0}] {0.name}")
        self.assertEqual(LANGUAGES["en"].line(m.NameRefused(m.NameFault.EMPTY)), "Please give a name.")
