"""Our password file among Twisted's kinds of accounts."""

import sys
from pathlib import Path
from subprocess import run

from twisted.cred import strcred
from twisted.cred.strcred import ICheckerFactory
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from tests.runtime.accounts.test_passwords import CHEAP
from twisted_suite.runtime.accounts.passwd import PasswordFile
from twisted_suite.runtime.accounts.plugin import PasswdCheckerFactory


class PluginTests(SynchronousTestCase):
    def test_it_is_found(self) -> None:
        """``passwd:FILE`` is known to every program that asks strcred."""
        path = Path(self.mktemp())
        path.write_text(f"anna:{CHEAP}\n")
        checker = strcred.makeChecker(f"passwd:{path}")
        self.assertIsInstance(checker, PasswordFile)
        self.assertEqual(checker.path, str(path.absolute()))

    def test_its_interface(self) -> None:
        """It explains itself as strcred asks."""
        factory = PasswdCheckerFactory()
        verifyObject(ICheckerFactory, factory)
        self.assertIn("twisted-suite passwd", factory.authHelp)

    def test_nobody_waits_for_it(self) -> None:
        """To be asked for plugins loads neither the hashes nor the reactor."""
        code = (
            "import sys, twisted.plugins.twisted_suite_plugins; "
            "sys.exit(str(sorted({'argon2', 'hashlib', 'twisted.internet.reactor'} & set(sys.modules))))"
        )
        done = run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        self.assertNotIn("argon2", done.stderr)
        self.assertNotIn("reactor", done.stderr)
