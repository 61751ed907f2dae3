"""Logging in: the one way to accounts, whatever the service and wherever the accounts are kept. Adapter.

::

    accounts = options.accounts("files", reactor)             # None where no --auth was given
    accounts.authenticate(UsernamePassword(name, password), transport.getPeer())
        -> Deferred: the account's name, or LoginRefused, whose text and `cause` the peer may be told

`--auth` names Twisted's own kinds of accounts, our password file, or those of other plugins (strcred).
"""

import hashlib
import secrets
from collections import Counter, OrderedDict
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import UsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.internet.defer import Deferred, DeferredSemaphore, ensureDeferred, maybeDeferred
from twisted.internet.interfaces import IAddress, IReactorTime
from twisted.logger import Logger

from twisted_suite.errors import ProtocolError
from twisted_suite.runtime.accounts.attempts import Attempts
from twisted_suite.runtime.accounts.passwords import MAX_NAME_BYTES, MAX_PASSWORD_BYTES, normal
from twisted_suite.runtime.connection import peer_name
from twisted_suite.runtime.limits import address_key
from twisted_suite.runtime.text import printable

# Checks at once: each takes a thread and, by our own hashes, 64 MiB.
MAX_CHECKS = 2
# Logins that wait for their check. More is a flood: they are told to come again.
MAX_WAITING = 64
# Those who need not wait may be many: a line for each that does would be a flood of lines.
LIMITED_LOG_INTERVAL_S = 1.0
# For protocols that send the password with every request (HTTP).
REMEMBER_S = 60.0
MAX_REMEMBERED = 1024


class Cause(StrEnum):
    """Why a login was refused; what logins are counted by."""

    WRONG = "wrong"
    LIMITED = "limited"
    BUSY = "busy"
    BROKEN = "broken"


_TEXTS = {
    Cause.WRONG: "wrong name or password",
    Cause.LIMITED: "too many failed logins: try again in {wait_s:.0f} s",
    Cause.BUSY: "too many logins at once: try again in {wait_s:.0f} s",
    Cause.BROKEN: "internal error",
}
BUSY_WAIT_S = 5.0


class LoginRefused(ProtocolError):
    """Not logged in. The text is fit for the peer; `wait_s` is for one that may try again then."""

    def __init__(self, cause: Cause, wait_s: float = 0.0) -> None:
        super().__init__(_TEXTS[cause].format(wait_s=wait_s))
        self.cause = cause
        self.wait_s = wait_s


class Accounts:
    """The accounts of one service. What it remembers is bounded, and so is what waits."""

    log = Logger()

    def __init__(
        self, checkers: Sequence[ICredentialsChecker], service_name: str, clock: IReactorTime
    ) -> None:
        self.service_name = service_name
        self.outcomes: Counter[str] = Counter()  # "ok" and the causes of refusals
        self._checkers = checkers
        self._clock = clock
        self._attempts = Attempts()
        self._checks = DeferredSemaphore(MAX_CHECKS)
        self._recent = _Recent()
        self._limited_logged_at = -LIMITED_LOG_INTERVAL_S

    def authenticate(
        self, credentials: UsernamePassword, peer: IAddress | None, *, remember: bool = False
    ) -> Deferred[str]:
        """The name of the account that `credentials` are right for; `LoginRefused` where there is none.

        With `remember`, the same credentials are right for a minute without a new check. A peer that hangs up
        need not cancel this: what becomes of it is counted and logged all the same.
        """
        return ensureDeferred(self._authenticate(credentials, peer, remember))

    async def _authenticate(
        self, credentials: UsernamePassword, peer: IAddress | None, remember: bool
    ) -> str:
        now = self._clock.seconds()
        if remember and (recent := self._recent.account(credentials, now)) is not None:
            return recent
        name, address = _name(credentials.username), address_key(getattr(peer, "host", None))
        try:
            self._admit(address, name, now)
            account = await self._checks.run(self._check, credentials)
        except LoginRefused as refused:
            if refused.cause in (Cause.BUSY, Cause.BROKEN):
                self._attempts.withdraw(address, name, self._clock.seconds())
            self._log_refusal(name, peer, refused)
            raise
        now = self._clock.seconds()
        self._attempts.succeeded(address, name, now)
        self.outcomes["ok"] += 1
        self.log.info(
            "{service}: {peer} logged in as {name}",
            service=self.service_name,
            peer=_whence(peer),
            name=printable(account),
        )
        if remember:
            self._recent.remember(credentials, account, now)
        return account

    def _admit(self, address: str | None, name: str, now: float) -> None:
        wait_s = self._attempts.begin(address, name, now)
        if wait_s:
            raise LoginRefused(Cause.LIMITED, max(1.0, wait_s))
        if len(self._checks.waiting) >= MAX_WAITING:
            raise LoginRefused(Cause.BUSY, BUSY_WAIT_S)

    async def _check(self, credentials: UsernamePassword) -> str:
        """Ask each kind of account in turn."""
        if len(credentials.username) > MAX_NAME_BYTES or len(credentials.password) > MAX_PASSWORD_BYTES:
            raise LoginRefused(Cause.WRONG)
        for checker in self._checkers:
            try:
                avatar: Any = await maybeDeferred(checker.requestAvatarId, credentials)
            except UnauthorizedLogin:
                continue
            except Exception:
                self.log.failure("{service}: asking for an account", service=self.service_name)
                raise LoginRefused(Cause.BROKEN) from None
            return avatar.decode() if isinstance(avatar, bytes) else str(avatar)
        raise LoginRefused(Cause.WRONG)

    def _log_refusal(self, name: str, peer: IAddress | None, refused: LoginRefused) -> None:
        self.outcomes[refused.cause] += 1
        if refused.cause in (Cause.LIMITED, Cause.BUSY):
            now = self._clock.seconds()
            if now - self._limited_logged_at < LIMITED_LOG_INTERVAL_S:
                return
            self._limited_logged_at = now
        self.log.warn(
            "{service}: login of {name} from {peer} refused: {reason} ({total} refused so far)",
            service=self.service_name,
            name=repr(name),
            peer=_whence(peer),
            reason=str(refused),
            total=self.outcomes.total() - self.outcomes["ok"],
        )


def _name(username: bytes) -> str:
    """What attempts are counted under and logged as; no longer than a name can be."""
    return normal(username[:MAX_NAME_BYTES].decode("utf-8", "backslashreplace"))


def _whence(peer: IAddress | None) -> str:
    return "nowhere" if peer is None else peer_name(peer)


class _Recent:
    """Credentials that were right a moment ago, as keyed digests: no password stays in memory."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(hashlib.blake2b.MAX_KEY_SIZE)
        self._accounts: OrderedDict[bytes, tuple[str, float]] = OrderedDict()  # until when

    def account(self, credentials: UsernamePassword, now: float) -> str | None:
        account, until = self._accounts.get(self._digest(credentials), (None, 0.0))
        return account if now < until else None

    def remember(self, credentials: UsernamePassword, account: str, now: float) -> None:
        digest = self._digest(credentials)
        self._accounts.pop(digest, None)
        self._accounts[digest] = account, now + REMEMBER_S
        if len(self._accounts) > MAX_REMEMBERED:
            self._accounts.popitem(last=False)

    def _digest(self, credentials: UsernamePassword) -> bytes:
        digest = hashlib.blake2b(key=self._key)
        for part in (credentials.username, credentials.password):
            digest.update(len(part).to_bytes(8, "big"))
            digest.update(part)
        return digest.digest()
