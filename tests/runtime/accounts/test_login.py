"""Logging in, over checkers in memory and a clock in the hand."""

from typing import Any

from twisted.cred.checkers import ICredentialsChecker, InMemoryUsernamePasswordDatabaseDontUse
from twisted.cred.credentials import IUsernamePassword, UsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.internet.address import IPv4Address, UNIXAddress
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.task import Clock
from twisted.logger import Logger
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from twisted_suite.runtime.accounts.attempts import BY_ADDRESS
from twisted_suite.runtime.accounts.login import (
    MAX_CHECKS,
    MAX_WAITING,
    REMEMBER_S,
    Accounts,
    Cause,
    LoginRefused,
)

PEER = IPv4Address("TCP", "192.0.2.1", 4242)


@implementer(ICredentialsChecker)
class Slow:
    """Answers when it is told to."""

    credentialInterfaces = (IUsernamePassword,)

    def __init__(self) -> None:
        self.asked: list[Deferred[Any]] = []

    def requestAvatarId(self, credentials: Any) -> Any:
        self.asked.append(Deferred())
        return self.asked[-1]


@implementer(ICredentialsChecker)
class Always:
    """Always the same answer."""

    credentialInterfaces = (IUsernamePassword,)

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.count = 0

    def requestAvatarId(self, credentials: Any) -> Any:
        self.count += 1
        return fail(self.answer) if isinstance(self.answer, Exception) else succeed(self.answer)


def one_account() -> Any:
    checker: Any = InMemoryUsernamePasswordDatabaseDontUse()
    checker.addUser(b"anna", b"secret")
    return checker


class LoginTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.use(one_account())

    def use(self, *checkers: Any) -> None:
        self.accounts = Accounts(checkers, "echo", self.clock)
        self.events: list[Any] = []
        observer: Any = self.events.append
        self.accounts.log = Logger("test", observer=observer)

    def login(self, name: str = "anna", password: str = "secret", peer: Any = PEER, **options: Any) -> Any:
        return self.accounts.authenticate(UsernamePassword(name.encode(), password.encode()), peer, **options)

    def refused(self, login: Any) -> LoginRefused:
        failure = self.failureResultOf(login, LoginRefused)
        refused: LoginRefused = failure.value
        return refused

    def lines(self) -> list[str]:
        return [event["log_format"].format(**event) for event in self.events]

    def test_right(self) -> None:
        """The right password gives the account's name as text, and one line."""
        self.assertEqual(self.successResultOf(self.login()), "anna")
        self.assertEqual(self.lines(), ["echo: 192.0.2.1:4242 logged in as anna"])
        self.assertEqual(self.accounts.outcomes, {"ok": 1})

    def test_wrong(self) -> None:
        """The peer hears no more than that it is wrong; the log says who and whence, and no password."""
        refused = self.refused(self.login("an\nna", "hunter2"))
        self.assertEqual((str(refused), refused.cause), ("wrong name or password", Cause.WRONG))
        (line,) = self.lines()
        self.assertEqual(
            line,
            "echo: login of 'an\\nna' from 192.0.2.1:4242 refused: wrong name or password (1 refused so far)",
        )
        self.assertNotIn("hunter2", repr(self.events))

    def test_several_kinds_of_accounts(self) -> None:
        """The first that knows the account lets it in."""
        self.use(Always(UnauthorizedLogin()), one_account())
        self.assertEqual(self.successResultOf(self.login()), "anna")
        self.refused(self.login("ben"))

    def test_too_many_failures(self) -> None:
        """After so many, even the right password has to wait and hears how long; the log stays short."""
        for n in range(BY_ADDRESS.burst):
            self.refused(self.login(f"guess{n}"))
        before = len(self.events)
        for _ in range(50):
            refused = self.refused(self.login())
        self.assertEqual((refused.cause, refused.wait_s), (Cause.LIMITED, BY_ADDRESS.every_s))
        self.assertEqual(str(refused), "too many failed logins: try again in 6 s")
        self.assertEqual(len(self.events), before + 1)
        self.clock.advance(refused.wait_s)
        self.assertEqual(self.successResultOf(self.login()), "anna")

    def test_a_neighbour_in_the_same_64(self) -> None:
        """An IPv6 network counts as one address."""
        for n in range(BY_ADDRESS.burst):
            self.refused(self.login(password="guess", peer=IPv4Address("TCP", f"2001:db8::{n}", 1)))
        self.assertIs(
            self.refused(self.login("ben", peer=IPv4Address("TCP", "2001:db8::f:1", 1))).cause, Cause.LIMITED
        )
        self.refused(self.login("ben", peer=IPv4Address("TCP", "2001:db8:0:1::1", 1)))

    def test_a_peer_without_an_address(self) -> None:
        """A Unix socket's peer is logged as such."""
        self.successResultOf(self.login(peer=UNIXAddress(None)))
        self.successResultOf(self.login(peer=None))
        self.assertEqual(self.lines()[0], "echo: unix logged in as anna")

    def test_checks_at_once(self) -> None:
        """So many checks run at once and so many wait; the rest is told to come again, and has not failed."""
        slow = Slow()
        self.use(slow)
        logins = [
            self.login(f"name{n}", peer=IPv4Address("TCP", f"192.0.2.{n}", 1))
            for n in range(MAX_CHECKS + MAX_WAITING)
        ]
        self.assertEqual(len(slow.asked), MAX_CHECKS)
        for _ in range(2 * BY_ADDRESS.burst):
            self.assertIs(self.refused(self.login("late")).cause, Cause.BUSY)
        while len(slow.asked) < len(logins):
            slow.asked[-1].callback(b"somebody")
        self.assertEqual(len(slow.asked), MAX_CHECKS + MAX_WAITING)

    def test_a_checker_that_fails(self) -> None:
        """A fault of ours is logged as one; the peer hears nothing of it and has not failed."""
        self.use(Always(ZeroDivisionError("inside")))
        for _ in range(2 * BY_ADDRESS.burst):
            refused = self.refused(self.login())
        self.assertEqual((refused.cause, str(refused)), (Cause.BROKEN, "internal error"))
        self.assertIn("ZeroDivisionError", str(self.events[0]["log_failure"]))

    def test_endless_names_and_passwords(self) -> None:
        """What is longer than any account's is wrong without a check, and its log line has an end."""
        checker = Always(b"anna")
        self.use(checker)
        for name, password in (("x" * 100_000, "secret"), ("anna", "x" * 100_000)):
            self.assertIs(self.refused(self.login(name, password)).cause, Cause.WRONG)
        self.assertEqual(checker.count, 0)
        self.assertLess(max(map(len, self.lines())), 1000)

    def test_remembered_for_a_while(self) -> None:
        """A protocol that sends the password each time has it checked once a minute; a wrong one always."""
        checker = Always(b"anna")
        self.use(checker)
        for _ in range(5):
            self.assertEqual(self.successResultOf(self.login(remember=True)), "anna")
        self.assertEqual(checker.count, 1)
        self.login("annas", "ecret", remember=True)
        self.assertEqual(checker.count, 2)
        self.clock.advance(REMEMBER_S)
        self.login(remember=True)
        self.assertEqual(checker.count, 3)
        self.login()
        self.assertEqual(checker.count, 4)

    def test_what_is_remembered_is_bounded(self) -> None:
        """The credentials that were right longest ago are checked again."""
        checker = Always(b"anna")
        self.use(checker)
        for n in range(1025):
            self.login(password=str(n), remember=True)
        checker.answer = UnauthorizedLogin()
        self.assertEqual(self.successResultOf(self.login(password="1024", remember=True)), "anna")
        self.refused(self.login(password="0", remember=True))
