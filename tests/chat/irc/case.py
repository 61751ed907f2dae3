"""IRC clients in memory, for the tests of this folder: lines in, lines out."""

import re

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.chat.test_server import Wire
from twisted_suite.chat.exchange import Exchange
from twisted_suite.chat.hub import Hub
from twisted_suite.chat.irc.caps import Cap
from twisted_suite.chat.irc.conversation import ServerFacts
from twisted_suite.chat.irc.server import IrcFactory
from twisted_suite.runtime.accounts.login import Cause, LoginRefused


class FakeAccounts:
    """One account: kim, with the password secret."""

    def authenticate(self, credentials, peer):  # type: ignore[no-untyped-def]
        if (credentials.username, credentials.password) == (b"kim", b"secret"):
            return succeed("kim")
        return fail(LoginRefused(Cause.WRONG))


class SlowAccounts:
    """Asks somebody who never answers, unless told to."""

    def __init__(self) -> None:
        self.answer: Deferred[str] = Deferred()

    def authenticate(self, credentials, peer):  # type: ignore[no-untyped-def]
        return self.answer


class Client:
    """One client. `says` sends lines; `hears` takes what came, without tags, users and hosts; `raw` with."""

    def __init__(self, case: "IrcCase") -> None:
        self.case = case
        self.wire = Wire()
        self.protocol = case.factory.buildProtocol(None)
        self.protocol.makeConnection(self.wire)

    def says(self, *lines: str) -> None:
        self.protocol.dataReceived("".join(f"{line}\r\n" for line in lines).encode())

    def raw(self) -> list[str]:
        self.case.clock.advance(0)
        return self.wire.read().decode().split("\r\n")[:-1]

    def hears(self) -> list[str]:
        lines = [re.sub(r"^@\S+ ", "", line) for line in self.raw()]
        return [re.sub(r"^:([^ !]+)!\S+ ", r":\1 ", line).replace(":chat.test ", "") for line in lines]

    def hears_numerics(self) -> list[str]:
        return [line.split()[0] for line in self.hears()]

    def asks(self, *lines: str) -> list[str]:
        self.hears()
        self.says(*lines)
        return self.hears()

    def hang_up(self) -> None:
        self.protocol.connectionLost(Failure(ConnectionDone()))


class IrcCase(SynchronousTestCase):
    accounts: object = None
    motd: tuple[str, ...] = ("welcome",)

    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(1000.0)
        caps = ~Cap.NONE if self.accounts is not None else ~Cap.SASL
        facts = ServerFacts("chat.test", "suite-1", 0.0, self.motd, caps)
        self.exchange = Exchange(Hub(now=1000.0), self.clock)
        self.factory = IrcFactory(self.exchange, facts, self.accounts)  # type: ignore[arg-type]

    def client(self) -> Client:
        return Client(self)

    def user(self, nick: str, *channels: str, caps: str = "") -> Client:
        """A registered client in `channels`, which has read everything so far."""
        client = self.client()
        if caps:
            client.says("CAP LS 302", f"CAP REQ :{caps}", "CAP END")
        client.says(f"NICK {nick}", f"USER {nick} 0 * :{nick.title()}")
        client.says(*(f"JOIN {channel}" for channel in channels))
        client.hears()
        return client
