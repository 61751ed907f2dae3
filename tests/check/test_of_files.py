"""The checks of a file server, over servers that have one fault each; good ones are in tests/live."""

from typing import Any

from tests.check.servers import Answering, ServerTestCase
from twisted_suite.check.findings import Verdict
from twisted_suite.check.of_files import files_checks

CONTENT = b"content of the file"


class Careless(Answering):
    """Sends a file for whatever is asked for, as soon as anything comes."""

    def __init__(self) -> None:
        super().__init__(lambda data: CONTENT)

    def dataReceived(self, data: bytes) -> None:
        super().dataReceived(data)
        transport: Any = self.transport
        transport.loseConnection()


class FilesCheckTests(ServerTestCase):
    async def test_a_file_that_is_not_there(self) -> None:
        """Without a file nothing else can be told: it says how to name one."""
        found = await self.findings(files_checks(self.target(lambda: Answering(lambda data: None)), "none"))
        self.assertEqual(list(found), ["answer"])
        self.assertIn("--name", found["answer"].detail)

    async def test_a_careless_server(self) -> None:
        """One that serves whatever the name is fails for names that it should refuse."""
        found = await self.findings(files_checks(self.target(Careless, 20.0), "a"))
        self.assertEqual(found["answer"].verdict, Verdict.PASS)
        self.assertEqual(found["bad input"].verdict, Verdict.FAIL)
        self.assertIn("a way out of the root: 19 bytes came", found["bad input"].detail)
