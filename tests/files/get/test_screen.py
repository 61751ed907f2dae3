"""What the user sees."""

from io import StringIO
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.errors import ConfigError
from twisted_suite.files.get.screen import Screen
from twisted_suite.files.get.watching import Fetched
from twisted_suite.runtime.text import Language


class Terminal(StringIO):
    """Standard error in a terminal."""

    def isatty(self) -> bool:
        return True


class ScreenTests(SynchronousTestCase):
    def show(
        self, *, quiet: bool = False, language: Language = "en", terminal: bool = False
    ) -> tuple[str, str]:
        """Standard output and error of a little of everything."""
        out, err = StringIO(), Terminal() if terminal else StringIO()
        with Screen(language, quiet=quiet, out=out, err=err) as screen:
            screen.began(1, "a[b].iso", 0)
            screen.progressed(1, 500, 1000)
            screen.waiting(1, ConfigError("a[b].iso: broken"), 2.0)
            screen.progressed(1, 1000, 1000)
            screen.checking(1)
            screen.finished(1, Fetched(Path("a[b].iso"), 1000, "sha-256"))
            screen.began(2, "b\x1b[2J", 5)
            screen.failed(2, ConfigError("b\x1b[2J: gone"), 0)
            screen.began(3, "c", 0)
            screen.stopped(3, "c", 1234)
            screen.failed(4, ConfigError("d: never began"), 12)
        return out.getvalue(), err.getvalue()

    def test_for_scripts(self) -> None:
        """Results are lines on standard output, the rest lines on standard error, without a bar."""
        out, err = self.show()
        self.assertEqual(out, "a[b].iso  1,000 bytes, sha-256 matches\n")
        self.assertEqual(
            err.splitlines(),
            [
                "twisted-suite: a[b].iso: broken: trying again in 2 s",
                r"twisted-suite: b\x1b[2J: gone",
                "twisted-suite: c: stopped; 1,234 bytes are kept: run it again to go on",
                "twisted-suite: d: never began; 12 bytes are kept: run it again to go on",
            ],
        )

    def test_quiet(self) -> None:
        """Nothing but what went wrong is said."""
        out, err = self.show(quiet=True, terminal=True)
        self.assertEqual(out, "")
        self.assertNotIn("trying again", err)
        self.assertIn("gone", err)

    def test_a_terminal(self) -> None:
        """A terminal gets bars, by name, and nothing from a peer moves its cursor."""
        out, err = self.show(terminal=True)
        self.assertIn("\ra[b].iso ", err.replace("\x1b[2K", ""))
        self.assertEqual(out, "a[b].iso  1,000 bytes, sha-256 matches\n")
        self.assertNotIn("\x1b[2J", err)

    def test_korean(self) -> None:
        """In Korean, the same."""
        out, err = self.show(language="ko")
        self.assertEqual(out, "a[b].iso  1,000바이트, sha-256 일치\n")
        self.assertIn("1,234바이트를 남겨 두었습니다", err)
