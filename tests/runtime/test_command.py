"""What the commands share."""

import click
from click.testing import CliRunner
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.errors import ConfigError, ExitStatus
from twisted_suite.runtime.command import DEFAULT_SERVER, lang_option, one_line_errors, server_option


@click.command()
@server_option("--to")
@lang_option
def shown(endpoint: str, lang: str) -> None:
    """Print what the shared options gave."""
    click.echo(f"{endpoint} {lang}")


@click.command()
def mistaken() -> None:
    """Fail by the operator's mistake."""
    with one_line_errors():
        raise ConfigError("no such thing", ExitStatus.NO_INPUT)


class SharedOptionTests(SynchronousTestCase):
    def test_defaults(self) -> None:
        """The server is the lecture's, the language the environment's."""
        for environment, lang in (({"LANG": "ko_KR.UTF-8"}, "ko"), ({"LANG": "C"}, "en")):
            result = CliRunner().invoke(shown, env={"LC_ALL": "", "LC_MESSAGES": "", **environment})
            self.assertEqual(result.output, f"{DEFAULT_SERVER} {lang}\n")

    def test_words(self) -> None:
        """What is said counts."""
        result = CliRunner().invoke(shown, ["--to", "unix:/run/x", "--lang", "ko"])
        self.assertEqual(result.output, "unix:/run/x ko\n")


class MistakeTests(SynchronousTestCase):
    def test_one_line(self) -> None:
        """A mistake is one line on standard error and its own exit status."""
        result = CliRunner().invoke(mistaken)
        self.assertEqual(result.exit_code, int(ExitStatus.NO_INPUT))
        self.assertEqual((result.stdout, result.stderr), ("", "twisted-suite: no such thing\n"))
