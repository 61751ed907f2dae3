"""Servers with one fault each, over loopback, for the tests of checks."""

from collections.abc import Callable
from typing import Any

from twisted.internet import reactor as global_reactor
from twisted.internet.protocol import Factory, Protocol
from twisted.trial.unittest import TestCase

from twisted_suite.check import of_chat, peer
from twisted_suite.check.findings import Finding
from twisted_suite.check.peer import Target

reactor: Any = global_reactor
# Short: in these tests what does not come at once never comes.
PATIENCE_S = 0.3


class Answering(Protocol):
    """Answers what comes by a function."""

    def __init__(self, answer: Callable[[bytes], bytes | None], greeting: bytes = b"") -> None:
        self.answer = answer
        self.greeting = greeting

    def connectionMade(self) -> None:
        self.transport.write(self.greeting)  # type: ignore[union-attr]  # connected

    def dataReceived(self, data: bytes) -> None:
        answer = self.answer(data)
        transport: Any = self.transport
        if answer is None:
            transport.loseConnection()
        else:
            transport.write(answer)


class ServerTestCase(TestCase):
    """Makes servers, and runs checks on them."""

    def setUp(self) -> None:
        self.patch(peer, "STALLED_S", 0.15)
        self.patch(of_chat, "_SAYING_S", 0.2)

    def target(self, make: Callable[[], Protocol], patience_s: float = PATIENCE_S) -> Target:
        """A server whose connections `make` makes."""
        factory = Factory.forProtocol(make)
        factory.noisy = False
        port = reactor.listenTCP(0, factory, interface="127.0.0.1")
        self.addCleanup(port.stopListening)
        endpoint = f"tcp:127.0.0.1:{port.getHost().port}"
        return Target(reactor, endpoint, patience_s=patience_s, timeout_s=None)

    async def findings(self, checks: Any) -> dict[str, Finding]:
        """All that the checks find."""
        return {finding.check: finding async for finding in checks}
