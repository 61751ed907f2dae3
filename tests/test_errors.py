"""The kinds of errors, and what goes with them."""

from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.errors import ConfigError, ExitStatus, LimitExceeded, ProtocolError, Refused, SuiteError


class ErrorTests(SynchronousTestCase):
    def test_peers_errors_are_not_the_operators(self) -> None:
        """What a peer does wrong is caught as such, and never ends the program as a configuration error."""
        for kind in (LimitExceeded, Refused):
            self.assertTrue(issubclass(kind, ProtocolError))
        self.assertFalse(issubclass(ProtocolError, ConfigError))
        self.assertTrue(issubclass(ConfigError, SuiteError))

    def test_config_error_has_a_failing_status(self) -> None:
        """An operator's error ends the program with a status that is not success, sysexits' 78 by default."""
        self.assertEqual(ConfigError("no").status, 78)
        self.assertEqual(ConfigError("no", ExitStatus.NO_INPUT).status, 66)
        self.assertTrue(all(status for status in ExitStatus if status is not ExitStatus.OK))
