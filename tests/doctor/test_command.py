"""``twisted-suite doctor``, as far as it needs no loop; the rest is in tests/live."""

from click.testing import CliRunner
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.__main__ import main


class DoctorTests(SynchronousTestCase):
    def test_help(self) -> None:
        """It says what its statuses mean."""
        text = CliRunner().invoke(main, ["doctor", "--help"]).output
        self.assertIn("Ends with 1 when there is a problem", " ".join(text.split()))

    def test_mistakes(self) -> None:
        """It examines one file."""
        self.assertEqual(CliRunner().invoke(main, ["doctor", "a", "b"]).exit_code, 2)
