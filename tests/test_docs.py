"""The documentation says what the programs do: every option and command, both languages, the two commands."""

import re
from typing import Any

from twisted.application.service import IServiceMaker
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock
from twisted.internet.testing import MemoryReactorClock
from twisted.plugin import getPlugins
from twisted.trial.unittest import SynchronousTestCase

from tests.readme import commands
from tests.support import ROOT, every_command
from twisted_suite.errors import ExitStatus
from twisted_suite.runtime.config import parse
from twisted_suite.runtime.metrics import LoopLateness, ServiceCollector

OURS = {"echo", "files", "chat", "accesslog", "suite"}


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


class OptionTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.operations = read("docs/operations.md")

    def test_every_plugin_option_is_documented(self) -> None:
        """Each option of each plugin stands in docs/operations.md, and explains itself in --help."""
        makers = {maker.tapname: maker for maker in getPlugins(IServiceMaker) if maker.tapname in OURS}
        self.assertEqual(set(makers), OURS)
        for name, maker in makers.items():
            options = maker.options()
            for option in (word.rstrip("=") for word in options.longOpt):
                if option not in ("help", "version"):
                    self.assertIn(f"`--{option}", self.operations, f"twist {name} --{option}")
                    self.assertIn(f"--{option}", str(options), f"twist {name} --help")

    def test_every_client_option_is_documented(self) -> None:
        """So does each command and option of twisted-suite."""
        for name, command in every_command():
            self.assertIn(f"`twisted-suite {name}", self.operations)
            for parameter in command.params:
                for option in parameter.opts:
                    if option.startswith("--"):
                        self.assertIn(f"`{option}", self.operations, f"twisted-suite {name} {option}")

    def test_documented_options_exist(self) -> None:
        """No option is documented that nobody has."""
        known = {
            "--help",
            "--version",
            "--pidfile",
            "--logfile",
            "--log-file",
            "--log-format",
            "--now",
            "--reactor",
        }
        for maker in getPlugins(IServiceMaker):
            if maker.tapname in OURS:
                known |= {"--" + option.rstrip("=") for option in maker.options().longOpt}
        for _, command in every_command():
            known |= {option for parameter in command.params for option in parameter.opts}
        documented = set(re.findall(r"--[a-z][a-z-]*", self.operations))
        self.assertEqual(documented - known, set())

    def test_defaults_are_documented(self) -> None:
        """The defaults that the tables name are the programs' own."""
        for maker in getPlugins(IServiceMaker):
            if maker.tapname in OURS - {"suite"}:
                options = maker.options()
                idle = f"{options['idle-timeout']:.0f}"
                self.assertIn(f"{maker.tapname} {idle}", self.operations)
                self.assertIn(f"| `--max-connections N` | {options['max-connections']} |", self.operations)
                self.assertIn(f"| `--max-per-ip N` | {options['max-per-ip']} |", self.operations)
                self.assertIn(f"| `--drain-timeout S` | {options['drain-timeout']:g} |", self.operations)
                self.assertIn(
                    f"| `--handshake-timeout S` | {options['handshake-timeout']:g} |", self.operations
                )
                self.assertIn(f"| `--log-keep N` | {options['log-keep']} |", self.operations)
                for name in ("max-buffered", "max-buffered-total", "log-size"):
                    self.assertIn(f"| `--{name} SIZE` | {options[name] >> 20}M |", self.operations)
                rates = options["max-byte-rate"], options["max-message-rate"]
                self.assertEqual(rates, (256 << 10, 200) if maker.tapname == "chat" else (128 << 20, 0))
        self.assertIn("| `--max-byte-rate SIZE` | 128M, chat 256K |", self.operations)
        self.assertIn("| `--max-message-rate N` | 0, chat 200 |", self.operations)

    def test_every_metric_is_documented(self) -> None:
        """Each metric has its row, with its labels."""
        collector = ServiceCollector(dict, LoopLateness(Clock()))
        names = {family.name for family in collector.collect()}
        self.assertIn("twisted_suite_connections", names)
        for name in names:
            self.assertRegex(self.operations, rf"\| `{name}(_total)?` \|")

    def test_every_exit_status_is_documented(self) -> None:
        """Each exit status has its row."""
        for status in ExitStatus:
            self.assertIn(f"\n| {int(status)} |", self.operations)

    def test_the_example_is_a_suite(self) -> None:
        """The TOML of the documentation is one that the suite reads."""
        (example,) = re.findall(r"```toml\n(.*?)```", self.operations, re.DOTALL)
        self.assertEqual(
            [table.plugin for table in parse(example, "docs")], ["echo", "files", "accesslog", "web"]
        )


class ProgramTests(SynchronousTestCase):
    def test_the_example_for_programmers_runs(self) -> None:
        """The limits around a factory of one's own, as the documentation has them, listen."""
        (example,) = re.findall(r"```python\n(.*?)```", read("docs/operations.md"), re.DOTALL)
        reactor = MemoryReactorClock()
        names: dict[str, Any] = {"factory": Factory.forProtocol(Protocol), "reactor": reactor}
        imported = "from twisted.internet import reactor\n"
        self.assertIn(imported, example)
        exec(example.replace(imported, ""), names)  # our own documentation
        port, gate = reactor.tcpServers[0][:2]
        self.assertEqual(port, 8080)
        self.assertIs(getattr(gate, "factory", None), names["limited"])
        self.assertEqual(names["limited"].snapshot().open, 0)
        self.successResultOf(names["limited"].drain(30))


class ReadmeTests(SynchronousTestCase):
    def test_the_same_commands_in_both_languages(self) -> None:
        """Both READMEs have the same two commands."""
        self.assertEqual(set(commands()), {"run", "test"})
        self.assertEqual(commands("README.ko.md"), commands())
        self.assertTrue(commands()["run"].endswith("twist suite"))
        self.assertTrue(commands()["test"].endswith("-m tests"))

    def test_every_service_and_program_has_its_row(self) -> None:
        """The tables name every plugin and each of the lecture's programs, in both languages."""
        for name in ("README.md", "README.ko.md"):
            text = read(name)
            for plugin in OURS:
                self.assertIn(f"| `twist {plugin}", text)
            for program in ("echo_server1", "echo_client1", "echo_server2", "echo_client2"):
                self.assertIn(f"`{program}.py`", text)
            for program in ("file_server", "file_client", "chat_server", "chat_client"):
                self.assertIn(f"| `{program}.py` |", text)
            for section in ("1.1", "1.2", "1.3", "1.4"):
                self.assertIn(section, text)

    def test_links_lead_somewhere(self) -> None:
        """Every relative link in the documents names a file that is there."""
        for path in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
            for target in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
                if not target.startswith("http"):
                    self.assertTrue((path.parent / target).exists(), f"{path.name}: {target}")
