"""The suite: plugins of one file in one process."""

import contextlib
import io
import urllib.request
from pathlib import Path
from typing import Any

from twisted.internet import reactor as global_reactor
from twisted.internet.threads import deferToThread
from twisted.python import usage
from twisted.trial.unittest import SynchronousTestCase, TestCase

from twisted_suite.errors import ConfigError, ExitStatus
from twisted_suite.runtime.admin.admin import AdminService
from twisted_suite.runtime.config import parse
from twisted_suite.runtime.tap import Options, makeService

reactor: Any = global_reactor
ECHO = '[[service]]\nplugin = "echo"\nlisten = "tcp:0:interface=127.0.0.1"\n'


def made(*argv: str) -> Any:
    options = Options()
    options.parse(list(argv))
    return makeService.__wrapped__(options)  # type: ignore[attr-defined]  # by functools.wraps


class SuiteTestCase(SynchronousTestCase):
    def config(self, text: str) -> str:
        path = Path(self.mktemp())
        path.write_text(text, encoding="utf-8")
        return f"--config={path}"


class MistakeTests(SuiteTestCase):
    def refused(self, text: str) -> str:
        config = self.config(text)
        error = str(self.assertRaises(ConfigError, made, config))
        self.assertTrue(error.startswith(config.removeprefix("--config=")), error)
        self.assertNotIn("\n", error)
        return error

    def test_the_plugins_own_words(self) -> None:
        """A mistake in a table is told in the words of the plugin's command line, with the table's place."""
        for text, words in [
            ('plugin = "nope"', "service 2 (nope): there is no such plugin; there are"),
            ('plugin = "suite"', "service 2 (suite): there is no such plugin"),
            ('plugin = "echo"\nudp = 99999', "service 2 (echo): --udp: '99999' is not a whole number"),
            ('plugin = "echo"\nliste = "x"', "service 2 (echo): unknown key 'liste': did you mean 'listen'?"),
            ('plugin = "echo"\nlisten = "x"', "service 2 (echo): 'x' is not an endpoint"),
            ('plugin = "echo"\nargs = ["x"]', "service 2 (echo): "),
            ('plugin = "files"', "service 2 (files): --root DIR is needed"),
            ('plugin = "echo"\nhelp = true', "service 2 (echo): unknown key 'help'"),
            ('plugin = "web"\npath = "/x"\nlisten = "nope:1"', "service 2 (web): "),
        ]:
            with self.subTest(text=text):
                self.assertIn(words, self.refused(f"{ECHO}[[service]]\n{text}"))

    def test_what_would_end_has_no_place(self) -> None:
        """A service that does its work and ends the program is refused, with what to do instead."""
        log = Path(self.mktemp())
        log.touch()
        error = self.refused(f'[[service]]\nplugin = "accesslog"\nargs = ["{log.absolute()}"]')
        self.assertIn("give it a place to listen", error)

    def test_a_file_that_cannot_be_read(self) -> None:
        """A file that is not there, or is no text, is named."""
        error = self.assertRaises(ConfigError, made, "--config=/nowhere.toml")
        self.assertEqual(str(error), "--config /nowhere.toml: No such file or directory")
        self.assertEqual(error.status, ExitStatus.NO_INPUT)
        path = Path(self.mktemp())
        path.write_bytes(b"\xff")
        self.assertIn(f"--config {path}: ", str(self.assertRaises(ConfigError, made, f"--config={path}")))

    def test_workers_of_the_file(self) -> None:
        """The file may say how many processes; the command line has the last word."""
        config = self.config(f"workers = 3\n{ECHO}")
        for words, expected in (([], 3), (["--workers", "2"], 2)):
            options = Options()
            options.parse([*words, config])
            self.assertEqual((options["workers"], options["worker-sockets"]), (expected, "shared"))
        for wrong, reason in (
            ('workers = "many"', "'many' is not a whole number"),
            ('worker-sockets = "x"', "'x'"),
        ):
            error = self.assertRaises(usage.UsageError, Options().parse, [self.config(f"{wrong}\n{ECHO}")])
            self.assertIn(reason, str(error))

    def test_tables_that_a_worker_is_told(self) -> None:
        """A worker makes those, whatever stands in the file by now."""
        options = Options()
        options.parse([self.config(ECHO)])
        options["tables"] = [table.to_json() for table in parse(ECHO * 2, "told")]
        self.assertEqual(len(list(makeService.__wrapped__(options))), 2)  # type: ignore[attr-defined]

    def test_base_port(self) -> None:
        """--base-port has its bounds, and means nothing beside a file."""
        for argv in (["--base-port=80"], ["--base-port=65535"], [self.config(ECHO), "--base-port=10000"]):
            self.assertRaises(usage.UsageError, made, *argv)


class DefaultTests(SuiteTestCase):
    def test_the_four_services(self) -> None:
        """Without a file it is all four, and the sample that they show is there."""
        admin, suite = made()
        self.assertIsInstance(admin, AdminService)
        self.assertEqual([member.table.plugin for member in suite], ["echo", "files", "chat", "accesslog"])
        root = next(word for member in suite for word in member.table.argv if word.startswith("--root="))
        self.assertTrue(Path(root.removeprefix("--root="), "access_log").is_file())

    def test_the_admin_page(self) -> None:
        """It moves with the other ports, may be elsewhere or nowhere, and beside a file there is none."""
        for argv, endpoint in (
            ([], "tcp:8099:interface=127.0.0.1"),
            (["--base-port=10009"], "tcp:9099:interface=127.0.0.1"),
            (["--admin=unix:/run/admin"], "unix:/run/admin"),
            (["--admin="], ""),
        ):
            options = Options()
            options.parse(argv)
            self.assertEqual(options["admin"], endpoint)
        options = Options()
        options.parse([self.config(ECHO)])
        self.assertIsNone(options["admin"])


class RunningTests(TestCase, SuiteTestCase):
    async def test_ours_and_twisteds_own(self) -> None:
        """Echo and Twisted's web server run from one file; it says where they listen, and stops them."""
        folder = Path(self.mktemp())
        folder.mkdir()
        (folder / "a.txt").write_text("from twisted.web")
        web = f'{ECHO.replace("echo", "web")}path = "{folder.absolute()}"\n'
        suite = made(self.config(ECHO + web))
        suite.privilegedStartService()
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            suite.startService()
        echo, web_member = suite
        (address,) = echo.addresses()
        self.assertIn(address, printed.getvalue())
        self.assertIn("web", printed.getvalue())
        (web_address,) = web_member.addresses()
        port = int(web_address.rpartition(":")[2])
        url = f"http://127.0.0.1:{port}/a.txt"
        body = await deferToThread(lambda: urllib.request.urlopen(url).read())
        self.assertEqual(body, b"from twisted.web")
        await suite.stopService()

    async def test_a_taken_port(self) -> None:
        """When one service cannot start the error names its table."""
        first = made(self.config(ECHO))
        with contextlib.redirect_stdout(io.StringIO()):
            first.startService()
        (member,) = first
        port = member.addresses()[0].rpartition(":")[2]
        for start in ("privilegedStartService", "startService"):
            second = made(self.config(ECHO.replace("tcp:0", f"tcp:{port}")))
            error = self.assertRaises(ConfigError, getattr(second, start))
            self.assertIn(f"service 1 (echo): cannot listen on tcp:{port}", str(error))
            self.assertEqual(error.status, ExitStatus.UNAVAILABLE)
        await first.stopService()
