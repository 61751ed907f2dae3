"""The checks of an echo, over servers that have one fault each; good ones are in tests/live."""

from tests.check.servers import Answering, ServerTestCase
from twisted_suite.check.findings import Verdict
from twisted_suite.check.of_echo import echo_checks


class EchoCheckTests(ServerTestCase):
    async def test_a_server_that_says_nothing(self) -> None:
        """Nothing of it is right but that it takes no more than it can bear to."""
        target = self.target(lambda: Answering(lambda data: b""))
        found = await self.findings(echo_checks(target))
        self.assertEqual(
            [check for check, finding in found.items() if finding.verdict is Verdict.FAIL],
            ["answer", "fragmentation", "half-close", "back-pressure", "bad input", "broken connections"],
        )
        self.assertEqual(found["non-reader timeout"].verdict, Verdict.SKIP)

    async def test_a_server_of_text(self) -> None:
        """One that takes all for lines of text is found out by bytes that are none."""
        target = self.target(lambda: Answering(lambda data: data.decode("utf-8", "replace").encode()), 2.0)
        found = await self.findings(echo_checks(target))
        self.assertEqual(found["answer"].verdict, Verdict.PASS)
        self.assertEqual(found["bad input"].verdict, Verdict.FAIL)
