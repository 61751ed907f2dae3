"""``--auth passwd:FILE``: our password file among Twisted's kinds of accounts (strcred). Adapter.

Loaded whenever anybody asks for plugins: it imports next to nothing.
"""

from typing import Any

from twisted.cred.credentials import IUsernamePassword
from twisted.cred.strcred import ICheckerFactory
from twisted.plugin import IPlugin
from zope.interface import implementer


@implementer(ICheckerFactory, IPlugin)
class PasswdCheckerFactory:
    """Makes a `passwd.PasswordFile` of the words behind ``passwd:``."""

    authType = "passwd"
    authHelp = (
        "A file of name:hash lines, with Argon2 or scrypt hashes, which are checked in a thread.\n"
        "Make it, and change it while it is used, with: twisted-suite passwd FILE NAME"
    )
    argStringFormat = "Path of the file."
    credentialInterfaces = (IUsernamePassword,)

    def generateChecker(self, argstring: str) -> Any:
        """Raises `ConfigError` where the file cannot be used."""
        from twisted_suite.runtime.accounts.passwd import PasswordFile

        return PasswordFile(argstring)
