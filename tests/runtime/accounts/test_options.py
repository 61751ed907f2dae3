"""``--auth`` on a command line, and how a bad one is told."""

from pathlib import Path

from twisted.cred.credentials import ISSHPrivateKey
from twisted.internet.task import Clock
from twisted.python import usage
from twisted.trial.unittest import SynchronousTestCase

from tests.runtime.accounts.test_passwords import CHEAP
from twisted_suite.errors import ConfigError
from twisted_suite.runtime.accounts.login import Accounts
from twisted_suite.runtime.accounts.options import AccountOptions


class Options(AccountOptions, usage.Options):
    pass


class AuthTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.options = Options()

    def test_none(self) -> None:
        """Without --auth there are no accounts."""
        self.options.parseOptions([])
        self.assertIsNone(self.options.accounts("echo", Clock()))

    def test_several(self) -> None:
        """Each --auth adds a kind of accounts."""
        path = Path(self.mktemp())
        path.write_text(f"anna:{CHEAP}\n")
        self.options.parseOptions(["--auth", f"passwd:{path}", "--auth=memory:ben:secret"])
        self.assertIsInstance(self.options.accounts("echo", Clock()), Accounts)
        self.assertEqual(len(self.options["credCheckers"]), 2)

    def test_mistakes(self) -> None:
        """Each is one line that names the words and the remedy."""
        for words, reason in {
            "passwd": "--auth passwd:FILE",
            "passwd:": "--auth passwd:FILE",
            "nope:x": "no such kind of accounts; there are file, memory, passwd",
            "memory:a": "--auth memory: ",
        }.items():
            error = self.assertRaises(usage.UsageError, self.options.parseOptions, ["--auth", words])
            self.assertIn(reason, str(error))
        self.patch(AccountOptions, "supportedInterfaces", (ISSHPrivateKey,))
        error = self.assertRaises(usage.UsageError, Options().parseOptions, ["--auth", "memory:a:b"])
        self.assertIn("--auth memory: these accounts have no passwords to ask for", str(error))

    def test_a_file_that_cannot_be_used(self) -> None:
        """It is the operator's to mend."""
        error = self.assertRaises(
            ConfigError, self.options.parseOptions, ["--auth", "passwd:/nowhere/at-all"]
        )
        self.assertIn("--auth /nowhere/at-all: No such file", str(error))
