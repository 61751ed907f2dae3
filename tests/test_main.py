"""The twisted-suite command line; what its commands do is in the tests of each client and in tests/live."""

import subprocess
import sys

from click.testing import CliRunner
from twisted.trial.unittest import SynchronousTestCase

from tests.support import every_command
from twisted_suite import __version__
from twisted_suite.__main__ import main


class CommandLineTests(SynchronousTestCase):
    def run_main(self, *argv: str) -> tuple[int, str]:
        result = CliRunner().invoke(main, list(argv))
        return result.exit_code, result.output

    def test_version(self) -> None:
        """--version names the program and its version."""
        self.assertEqual(self.run_main("--version"), (0, f"twisted-suite, version {__version__}\n"))

    def test_help_of_every_command(self) -> None:
        """Each command is listed, and explains itself in both ways of asking."""
        status, text = self.run_main("--help")
        self.assertEqual(status, 0)
        for words, command in every_command():
            if " " not in words:
                self.assertRegex(text, rf"\n  {words} +\w")
            for flag in ("--help", "-h"):
                status, explained = self.run_main(*words.split(), flag)
                self.assertEqual(status, 0)
                self.assertTrue(command.help)
                for parameter in command.params:
                    for option in parameter.opts:
                        if option.startswith("-"):
                            self.assertIn(option, explained)

    def test_commands_load_alone(self) -> None:
        """Listing the commands imports none of them, so that no command waits for another's imports."""
        script = (
            "import sys; from click.testing import CliRunner; from twisted_suite.__main__ import main;"
            "assert CliRunner().invoke(main, ['--help']).exit_code == 0;"
            "print([name for name in sys.modules if name.endswith('.command') or name == 'twisted'])"
        )
        listed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
        self.assertEqual(listed.stdout, "[]\n")

    def test_unknown_words(self) -> None:
        """What it does not know is a mistake of usage."""
        for argv in (["nope"], ["echo", "--nope"], ["get"], ["echo", "--lang", "xx"]):
            status, text = self.run_main(*argv)
            self.assertEqual(status, 2)
            self.assertIn("Error:", text)
