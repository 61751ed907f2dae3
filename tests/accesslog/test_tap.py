"""The accesslog plugin's command line."""

from pathlib import Path
from typing import Any

from twisted.python import usage
from twisted.trial.unittest import SynchronousTestCase

from tests.accesslog.test_scan import SAMPLE_LOG
from twisted_suite.accesslog.server import BatchService, ReportService
from twisted_suite.accesslog.tap import ONE_PROCESS, Options, makeService
from twisted_suite.errors import ConfigError, ExitStatus
from twisted_suite.runtime.lifecycle import Completed
from twisted_suite.runtime.listening import Listener
from twisted_suite.runtime.parts import one_process

LOG = str(SAMPLE_LOG)


def made(*argv: str) -> Any:
    """The service of this command line."""
    options = Options()
    options.parse(list(argv))
    return makeService.__wrapped__(options)  # type: ignore[attr-defined]  # by functools.wraps


class BatchTests(SynchronousTestCase):
    def test_report(self) -> None:
        """With files alone it makes one report, and the program ends."""
        out = self.mktemp()
        service = made("--out", out, "--lang=ko", "--format=combined", LOG)
        self.assertIsInstance(service, BatchService)
        self.assertTrue(service.one_shot)
        self.assertIs(self.assertRaises(Completed, service.startService).status, ExitStatus.OK)
        self.assertTrue(Path(out).read_text("utf-8").startswith("총 페이지뷰: [327]\n고유 방문자수: [99]\n"))

    def test_output(self) -> None:
        """The form of the report can be chosen."""
        out = self.mktemp()
        self.assertRaises(Completed, made("--out", out, "--output=json", LOG, LOG).startService)
        self.assertIn('"lines": 986', Path(out).read_text("utf-8"))

    def test_missing_file(self) -> None:
        """A file that is not there is the operator's error."""
        error = self.assertRaises(ConfigError, made("nope.log").startService)
        self.assertEqual(
            (str(error), error.status), ("nope.log: No such file or directory", ExitStatus.NO_INPUT)
        )


class DashboardTests(SynchronousTestCase):
    def test_serves(self) -> None:
        """With --web it reads first, then listens, for as long as it runs."""
        root = made(
            "--web=tcp:1", "--web=tcp:2", "--max-connections=5", "--drain-timeout=1.5", "--lang=ko", LOG
        )
        reports, listener = root
        self.assertIsInstance(reports, ReportService)
        self.assertEqual(reports.language, "ko")
        self.assertIsInstance(listener, Listener)
        self.assertEqual([endpoint.description for endpoint in listener], ["tcp:1", "tcp:2"])
        self.assertEqual(listener.connections.limits.max_connections, 5)
        self.assertEqual(listener._drain_timeout_s, 1.5)
        self.assertFalse(getattr(root, "one_shot", False))

    def test_missing_file(self) -> None:
        """A file that is not there keeps it from listening."""
        self.assertRaises(ConfigError, made("--web=tcp:1", "nope.log").startService)

    def test_bad_endpoint(self) -> None:
        """What is no endpoint is refused."""
        self.assertRaises(ConfigError, made, "--web=nope", LOG)


class MistakeTests(SynchronousTestCase):
    def test_mistakes(self) -> None:
        """No file, and words that mean nothing here, are refused in one line."""
        for argv in (
            (),
            ("--web=tcp:1",),
            ("--web=tcp:1", "--out=report", LOG),
            ("--lang=xx", LOG),
            ("--format=iis", LOG),
            ("--output=pdf", LOG),
            ("--top=0", LOG),
            ("--bots=some", LOG),
            ("--since=soon", LOG),
            ("--compare=2015", LOG),
            ("--web=tcp:1", "--state=s", LOG),
            ("--listen=tcp:1", LOG),
        ):
            error = self.assertRaises(usage.UsageError, made, *argv)
            self.assertEqual(len(str(error).splitlines()), 1)

    def test_language_of_the_environment(self) -> None:
        """With no --lang the environment's language is taken."""
        options = Options()
        options.parse([LOG])
        self.assertIn(options["lang"], ("en", "ko"))


class FollowTests(SynchronousTestCase):
    def test_one_process(self) -> None:
        """What is followed stays in one process: several would count each line as often."""
        log = self.mktemp()
        Path(log).touch()
        self.assertEqual(one_process(made("--follow", "--web", "tcp:0", log)), ONE_PROCESS)
        self.assertEqual(one_process(made("--web", "tcp:0", log)), "")
