"""``--auth``: what the command line of every service that has accounts shares. Adapter."""

from typing import Any

from twisted.cred import strcred
from twisted.cred.credentials import IUsernamePassword
from twisted.internet.interfaces import IReactorTime
from twisted.python import usage

from twisted_suite.errors import ConfigError
from twisted_suite.runtime.accounts.login import Accounts


class AccountOptions(strcred.AuthOptionMixin):
    """Mixed into a plugin's options, before their base class."""

    supportedInterfaces = (IUsernamePassword,)

    def opt_auth(self, description: str) -> None:
        """
        only for those with an account: passwd:FILE (see twisted-suite passwd) or another kind of --help-auth;
        repeatable
        """
        if description in ("passwd", "passwd:"):
            raise usage.UsageError("--auth passwd: the file is missing: --auth passwd:FILE")
        try:
            self.addChecker(strcred.makeChecker(description))
        except strcred.InvalidAuthType as error:
            kinds = ", ".join(sorted(factory.authType for factory in self._checkerFactoriesForOptHelpAuth()))
            kind = description.partition(":")[0]
            raise usage.UsageError(f"--auth {kind}: no such kind of accounts; there are {kinds}") from error
        except strcred.UnsupportedInterfaces as error:
            kind = description.partition(":")[0]
            raise usage.UsageError(f"--auth {kind}: these accounts have no passwords to ask for") from error
        except ConfigError as error:
            raise ConfigError(f"--auth {error}", error.status) from error
        except Exception as error:  # each kind, other plugins' too, refuses bad words in its own way
            raise usage.UsageError(f"--auth {description.partition(':')[0]}: {error}") from error

    def accounts(self, service_name: str, clock: IReactorTime) -> Accounts | None:
        """The accounts that ``--auth`` names; None where it was not given."""
        options: Any = self
        checkers = options.get("credCheckers")
        return Accounts(checkers, service_name, clock) if checkers else None
