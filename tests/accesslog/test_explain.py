"""How one line was read."""

from twisted.trial.unittest import SynchronousTestCase

from tests.accesslog.dialects import LINES, W3C_FIELDS
from tests.accesslog.lines import COMBINED, INVALID_LINES, OK_LINES, RECOVERED_LINES
from twisted_suite.accesslog.explain import explain


class ExplainTests(SynchronousTestCase):
    def test_ok(self) -> None:
        """An ok line is told field by field."""
        text = explain(COMBINED, "auto", "en")
        self.assertTrue(text.startswith("ok\n"))
        for row in (
            "  format    combined\n",
            "  client    192.0.2.1\n",
            "            = 2015-11-15T03:45:45+00:00\n",
            "  path      /a b\n",
            "  bytes     12\n",
            "  referrer  http://example.com/\n",
        ):
            self.assertIn(row, text)
        self.assertIn("  duration  0.003000 s\n", explain(LINES[2][0], "auto", "en"))

    def test_other_verdicts(self) -> None:
        """The repair or the reason is said, in both languages."""
        self.assertEqual(explain(b"x", "auto", "en").count("\n"), 1)
        self.assertTrue(explain(b"", "auto", "en").startswith("invalid: empty"))
        self.assertTrue(explain(b"", "auto", "ko").startswith("무효: 빈 줄"))
        self.assertIn("unescaped quote", explain(RECOVERED_LINES[3][1], "auto", "en"))
        self.assertIn("(Fields)", explain(W3C_FIELDS, "auto", "en"))

    def test_no_escapes(self) -> None:
        """Nothing in a line moves a terminal's cursor."""
        for line in (*OK_LINES, *(line for _, line in (*RECOVERED_LINES, *INVALID_LINES))):
            for char in explain(line[:1_000], "auto", "en"):
                self.assertTrue(char.isprintable() or char == "\n")
