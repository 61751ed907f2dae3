"""What errors of a transfer say of themselves."""

from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.errors import ConfigError, ExitStatus
from twisted_suite.files.get.failures import Changed, TransferError, Unreachable


class FailureTests(SynchronousTestCase):
    def test_kinds(self) -> None:
        """Each is one line and a status, and says whether it may pass."""
        final = TransferError("no such file", ExitStatus.NO_INPUT)
        for error, status, again in (
            (final, ExitStatus.NO_INPUT, False),
            (Changed("it changed"), ExitStatus.IO, True),
            (Unreachable("refused"), ExitStatus.UNAVAILABLE, True),
        ):
            self.assertIsInstance(error, ConfigError)
            self.assertEqual((error.status, error.again, error.after_s), (status, again, None))
