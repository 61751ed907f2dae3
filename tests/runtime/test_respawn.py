"""The command of a worker, and how many are wanted."""

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.runtime.reactor import obstacle
from twisted_suite.runtime.respawn import worker_command, workers_wanted


class Runner(dict[str, Any]):
    """The options of twist or twistd, as far as they are asked for."""

    shortOpt = "l:"
    longOpt = ("pidfile=", "logfile=")


class CommandTests(SynchronousTestCase):
    def typed(self, *words: str, **options: Any) -> list[str]:
        self.patch(__import__("sys"), "argv", ["twistd", *words])
        command = worker_command(Runner(options))
        return command[command.index("--log-format=json") + 1 :]

    def test_how_many(self) -> None:
        """0 asks for one a processor; a plugin without the option has one."""
        self.assertEqual(workers_wanted({}), 1)
        self.assertEqual(workers_wanted({"workers": 3}), 3)
        self.assertGreaterEqual(workers_wanted({"workers": 0}), 1)

    def test_what_was_typed(self) -> None:
        """The plugin and its words, without those of its runner, whatever they are called."""
        words = self.typed("--pidfile", "echo", "-l", "echo", "echo", "--listen", "tcp:1", reactor="epoll")
        self.assertEqual(words, ["--reactor=epoll", "echo", "--listen", "tcp:1"])

    def test_the_fast_reactor(self) -> None:
        """Where none was asked for, workers run on fastepoll, if it fits."""
        self.assertIsNone(obstacle())
        for options in ({"reactor": object(), "reactorName": "default"}, {}):
            self.assertEqual(self.typed("echo", **options), ["--reactor=fastepoll", "echo"])
        self.assertEqual(self.typed("echo", reactor=object(), reactorName="poll"), ["--reactor=poll", "echo"])
