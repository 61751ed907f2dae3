"""The checks of a chat, over servers that have one fault each; good ones are in tests/live."""

from typing import Any, ClassVar

from tests.check.servers import Answering, ServerTestCase
from twisted_suite.check.findings import Verdict
from twisted_suite.check.of_chat import chat_checks


class Relay(Answering):
    """Passes on all that anybody says, as it comes, with the name before it."""

    members: ClassVar[dict[bytes, Any]] = {}

    def __init__(self) -> None:
        super().__init__(lambda data: b"", greeting=b"name: ")
        self.name = b""

    def dataReceived(self, data: bytes) -> None:
        if not self.name:
            self.name = data
            self.members[data] = self.transport
        for transport in list(self.members.values()):
            transport.write(b"[" + self.name + b"] " + data)

    def connectionLost(self, reason: object = None) -> None:
        self.members.pop(self.name, None)


class ChatCheckTests(ServerTestCase):
    async def test_a_server_that_says_nothing(self) -> None:
        """It is found out at once, and nothing else is tried."""
        found = await self.findings(chat_checks(self.target(lambda: Answering(lambda data: b"", b"hello"))))
        self.assertEqual([finding.verdict for finding in found.values()], [Verdict.FAIL])

    async def test_a_server_that_passes_all_on(self) -> None:
        """Names in pieces, characters in pieces and terminal escapes are too much for it."""
        found = await self.findings(chat_checks(self.target(Relay, 2.0)))
        self.assertEqual(found["answer"].verdict, Verdict.PASS)
        self.assertEqual(found["fragmentation"].verdict, Verdict.FAIL)
        self.assertEqual(found["bad input"].verdict, Verdict.FAIL)
        self.assertIn("terminal escapes", found["bad input"].detail)
