"""``twisted-suite check``, as far as it needs no server; the rest is in tests/live."""

from click.testing import CliRunner
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.__main__ import main


class CheckTests(SynchronousTestCase):
    def test_mistakes(self) -> None:
        """What is missing or no number is a mistake of usage."""
        for argv in (
            ["check"],
            ["check", "nope", "x"],
            ["check", "echo"],
            ["check", "echo", "x", "--timeout", "0"],
        ):
            self.assertEqual(CliRunner().invoke(main, argv).exit_code, 2, argv)

    def test_help(self) -> None:
        """It says what its statuses mean."""
        text = CliRunner().invoke(main, ["check", "--help"]).output
        self.assertIn("with 1 when something is not", text)
