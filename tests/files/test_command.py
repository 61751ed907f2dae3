"""The options of ``twisted-suite get``; what it does is in tests/files/get and in tests/live."""

from click.testing import CliRunner
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.__main__ import main


class OptionTests(SynchronousTestCase):
    def test_mistakes(self) -> None:
        """What it does not understand is a mistake of usage, named."""
        for arguments, words in (
            ([], "Missing argument 'NAME|URL...'"),
            (["a", "--segments", "0"], "--segments"),
            (["a", "--segments", "17"], "--segments"),
            (["a", "--at-once", "x"], "--at-once"),
            (["a", "--timeout", "0"], "--timeout"),
            (["a", "--retries", "-1"], "--retries"),
        ):
            result = CliRunner().invoke(main, ["get", *arguments])
            self.assertEqual(result.exit_code, 2)
            self.assertIn(words, result.stderr)
