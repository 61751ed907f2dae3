"""The phrases of each language."""

from dataclasses import fields

from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.chat.codecs.line import COMMANDS
from twisted_suite.chat.codecs.phrases import ENGLISH, KOREAN, Phrases
from twisted_suite.chat.names import NameFault
from twisted_suite.chat.replies import Fault


class PhrasesTests(SynchronousTestCase):
    def test_same_tables(self) -> None:
        """Both languages fill the same tables, for every fault there is."""
        self.assertEqual(set(KOREAN.lines), set(ENGLISH.lines))
        for phrases in (KOREAN, ENGLISH):
            self.assertEqual(set(phrases.faults), set(NameFault))
            self.assertEqual(set(phrases.refusals), set(Fault))

    def test_nothing_is_left_untranslated(self) -> None:
        """No phrase is the same in both."""
        for field in fields(Phrases):
            self.assertNotEqual(getattr(KOREAN, field.name), getattr(ENGLISH, field.name), field.name)

    def test_help(self) -> None:
        """Every command stands in the help, in both."""
        for phrases in (KOREAN, ENGLISH):
            self.assertEqual({line.split()[0] for line in phrases.help}, {*COMMANDS, "/quit"} - {"/help"})
