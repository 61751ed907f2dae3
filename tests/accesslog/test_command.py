"""The options of ``twisted-suite accesslog``; what it prints is in test_client.py."""

import json
import os
from typing import Any

from click.testing import CliRunner
from twisted.trial.unittest import SynchronousTestCase

from tests.accesslog.test_scan import SAMPLE_LOG
from twisted_suite.__main__ import main
from twisted_suite.accesslog.choices import CHOICES
from twisted_suite.accesslog.command import accesslog


class CommandTests(SynchronousTestCase):
    def run_command(self, *words: str) -> Any:
        return CliRunner().invoke(main, ["accesslog", *words])

    def test_options(self) -> None:
        """It has every choice, and the language."""
        names = [option for parameter in accesslog.params for option in parameter.opts]
        expected = {"files", "--lang", *(f"--{choice.name}" for choice in CHOICES)}
        self.assertEqual(sorted(names), sorted(expected))

    def test_report(self) -> None:
        """Options of each kind reach the report."""
        out = os.path.abspath(self.mktemp())
        words = ["--output=json", "--panels", "--top=2", "--status=404", "--status=301", f"--out={out}"]
        self.assertEqual(self.run_command(*words, str(SAMPLE_LOG)).exit_code, 0)
        with open(out, "rb") as file:
            found = json.load(file)
        self.assertEqual(found["statuses"], {"301": 3, "404": 156})
        self.assertEqual(found["left_out"], 493 - 159)
        self.assertEqual(len(found["panels"]["paths"]["rows"]), 2)

    def test_mistakes(self) -> None:
        """Mistakes are one line and a status, never a traceback."""
        for words in ((), ("--top=0", "x"), ("--format=iis", "x"), ("--output=pdf", "x"), ("gone.log",)):
            result = self.run_command(*words)
            self.assertNotEqual(result.exit_code, 0)
            self.assertNotIn("Traceback", result.output)
