"""``twisted-suite passwd``, at standard input and with its words in both languages."""

import stat
from pathlib import Path

from click.testing import CliRunner
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.__main__ import main
from twisted_suite.runtime.accounts.passwords import matches, parse


class PasswdTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.path = Path(self.mktemp())

    def run_passwd(self, *argv: str, stdin: str | bytes | None = None) -> tuple[int, str]:
        result = CliRunner().invoke(main, ["passwd", str(self.path), *argv, "--lang", "en"], input=stdin)
        return result.exit_code, result.output

    def test_from_standard_input(self) -> None:
        """The first line is the password; its line end is not."""
        self.assertEqual(
            self.run_passwd("anna", "--hash", "scrypt", stdin="비밀\r\nmore\n"),
            (0, f"anna is new in {self.path}\n"),
        )
        self.assertEqual(stat.S_IMODE(self.path.stat().st_mode), 0o600)
        entries = parse(self.path.read_text("utf-8"), "")
        self.assertTrue(matches(entries["anna"], "비밀"))
        result = CliRunner().invoke(main, ["passwd", str(self.path), "anna", "--delete", "--lang", "ko"])
        self.assertEqual(result.output, f"{self.path}에서 anna 계정을 지웠습니다\n")

    def test_mistakes(self) -> None:
        """Each is one line and a status, and no file is made."""
        for argv, stdin, status, words in (
            (["anna"], "", 65, "no password on standard input"),
            (["anna"], "\n", 78, "the password is empty"),
            (["anna"], b"\xff\n", 65, "not UTF-8"),
            (["a:b"], "secret\n", 78, "cannot be a name"),
            (["anna", "--delete"], None, 78, "there is no account 'anna'"),
            (["anna", "--hash", "md5"], "secret\n", 2, "Invalid value for '--hash'"),
        ):
            found = self.run_passwd(*argv, stdin=stdin)
            self.assertEqual(found[0], status, found)
            self.assertIn(words, found[1])
            self.assertNotIn("Traceback", found[1])
        self.assertFalse(self.path.exists())
