"""What a check found, in words and in JSON."""

import json

from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.check.findings import (
    CHECKS,
    HEADINGS,
    VERDICTS,
    Verdict,
    failed,
    human_bytes,
    passed,
    skipped,
    to_json,
)
from twisted_suite.runtime.text import LANGUAGES


class FindingTests(SynchronousTestCase):
    def test_json(self) -> None:
        """Each finding is an object with its three words."""
        findings = [passed("answer", "well"), failed("half-close", "잃음"), skipped("bad input", "why")]
        self.assertEqual(
            json.loads(to_json(findings)),
            [
                {"check": "answer", "verdict": "pass", "detail": "well"},
                {"check": "half-close", "verdict": "fail", "detail": "잃음"},
                {"check": "bad input", "verdict": "skip", "detail": "why"},
            ],
        )

    def test_languages(self) -> None:
        """Every verdict and heading has its word in each language; English names the checks as JSON does."""
        for language in LANGUAGES:
            self.assertEqual(set(VERDICTS[language]), set(Verdict))
            self.assertEqual(len(HEADINGS[language]), 3)
        self.assertEqual(CHECKS["en"], {})
        self.assertIn("half-close", CHECKS["ko"])

    def test_sizes(self) -> None:
        """Sizes are told in the unit that fits."""
        for count, text in ((0, "0 bytes"), (9999, "9999 bytes"), (20480, "20 KB"), (6 << 20, "6.0 MB")):
            self.assertEqual(human_bytes(count), text)
