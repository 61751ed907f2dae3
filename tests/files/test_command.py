"""The options of ``twisted-suite get``; what it does is in test_client.py and in tests/live."""

from click.testing import CliRunner
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.__main__ import main


class OptionTests(SynchronousTestCase):
    def test_mistake(self) -> None:
        """What it does not understand is a mistake of usage, named."""
        result = CliRunner().invoke(main, ["get"])
        self.assertEqual(result.exit_code, 2)
        self.assertIn("Missing argument 'NAME'", result.stderr)
