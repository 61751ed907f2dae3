"""The twisted-suite command line; what its commands do is in the tests of each client and in tests/live."""

import click
from click.testing import CliRunner
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite import __version__
from twisted_suite.__main__ import main
from twisted_suite.accesslog.formats import Format


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
        for name, command in main.commands.items():
            self.assertIn(name, text)
            for flag in ("--help", "-h"):
                status, explained = self.run_main(name, flag)
                self.assertEqual(status, 0)
                self.assertTrue(command.help)
                for parameter in command.params:
                    for option in parameter.opts:
                        if option.startswith("-"):
                            self.assertIn(option, explained)

    def test_unknown_words(self) -> None:
        """What it does not know is a mistake of usage."""
        for argv in (["nope"], ["echo", "--nope"], ["get"], ["echo", "--lang", "xx"]):
            status, text = self.run_main(*argv)
            self.assertEqual(status, 2)
            self.assertIn("Error:", text)

    def test_log_formats(self) -> None:
        """The formats that the command line names are those that there are."""
        (parameter,) = (each for each in main.commands["accesslog"].params if each.name == "log_format")
        self.assertIsInstance(parameter.type, click.Choice)
        self.assertEqual(list(getattr(parameter.type, "choices", [])), [each.value for each in Format])
