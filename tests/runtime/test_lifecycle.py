"""How a program ends when it cannot start, seen from inside; `tests/live` sees it from outside."""

import io
import os
import resource
import sys
from pathlib import Path
from typing import Any

from twisted.application.service import IService, Service
from twisted.python import usage
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.errors import ConfigError, ExitStatus
from twisted_suite.runtime.lifecycle import (
    MAX_DESCRIPTORS,
    Completed,
    ProgramOptions,
    program,
    raise_descriptor_limit,
)
from twisted_suite.runtime.pidfile import PidFile


class _Options(ProgramOptions):
    def opt_bad(self) -> None:
        """always wrong"""
        raise usage.UsageError("--bad is never good")


class _Runner(usage.Options):
    """Stands for twist's or twistd's own options, which a plugin's options have for a parent."""

    subCommand = "thing"

    def __init__(self, **config: Any) -> None:
        super().__init__()
        self.update(config)


class _Failing(Service):
    """Fails at one stage of its start."""

    def __init__(self, stage: str, error: Exception) -> None:
        self.stage = stage
        self.error = error

    def privilegedStartService(self) -> None:
        if self.stage == "privileged":
            raise self.error

    def startService(self) -> None:
        if self.stage == "start":
            raise self.error


class OneLineErrorTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stderr = io.StringIO()
        self.patch(sys, "__stderr__", self.stderr)
        self.patch(sys, "argv", ["/usr/bin/twist"])
        self.options = _Options()
        self.options.parent = _Runner()

    def ends(self, stage: str, error: Exception) -> tuple[int, str]:
        """Run a program that fails at `stage`; its exit status and what it printed."""

        @program
        def make(options: usage.Options) -> IService:
            if stage == "make":
                raise error
            return _Failing(stage, error)

        def run() -> None:
            service = make(self.options)
            service.privilegedStartService()
            service.startService()

        status = self.assertRaises(SystemExit, run).code
        assert isinstance(status, int)
        return status, self.stderr.getvalue()

    def test_one_line_at_every_stage(self) -> None:
        """A configuration error is one line on the real standard error, and its status, whenever it comes."""
        for stage in ("make", "privileged", "start"):
            with self.subTest(stage=stage):
                self.stderr.truncate(0)
                self.stderr.seek(0)
                ended = self.ends(stage, ConfigError("the folder is not there", ExitStatus.NO_INPUT))
                self.assertEqual(ended, (66, "twist thing: the folder is not there\n"))

    def test_completed_ends_without_a_word(self) -> None:
        """A service that has done its work ends the program with its status, and prints nothing."""
        self.assertEqual(self.ends("start", Completed()), (0, ""))
        self.assertEqual(self.ends("start", Completed(ExitStatus.DATA)), (65, ""))

    def test_defects_are_not_hidden(self) -> None:
        """Any other exception is a defect and goes its way."""

        @program
        def make(options: usage.Options) -> IService:
            raise ZeroDivisionError

        self.assertRaises(ZeroDivisionError, make, self.options)

    def test_a_bad_option_is_one_line(self) -> None:
        """A mistake on the command line says what and where to read on, with status 64; no usage text."""
        for argv, words in [(["--bad"], "--bad is never good"), (["--wat"], "option --wat not recognized")]:
            self.stderr.truncate(0)
            self.stderr.seek(0)
            status = self.assertRaises(SystemExit, self.options.parseOptions, argv).code
            self.assertEqual(
                (status, self.stderr.getvalue()),
                (64, f"twist thing: {words} (see twist thing --help)\n"),
            )

    def test_the_undecorated_raise(self) -> None:
        """What the suite calls instead raises: `parse`, and the function below the decorator."""
        self.assertRaises(usage.UsageError, self.options.parse, ["--bad"])

        @program
        def make(options: usage.Options) -> IService:
            raise ConfigError("no")

        self.assertRaises(ConfigError, make.__wrapped__, self.options)  # type: ignore[attr-defined]  # by functools.wraps

    def test_a_started_program_runs_its_service(self) -> None:
        """Without an error the program starts and stops the service."""

        @program
        def make(options: usage.Options) -> IService:
            return Service()

        running: Any = make(self.options)
        (child,) = running
        running.privilegedStartService()
        running.startService()
        self.assertTrue(child.running)
        self.successResultOf(running.stopService())
        self.assertFalse(child.running)

    def test_twistd_is_answered_and_its_pid_file_removed(self) -> None:
        """A daemon that cannot start tells its waiting parent in time, and leaves no pid file of its own."""
        path = Path(self.mktemp())
        self.options.pid_file = PidFile(str(path))
        self.options.pid_file.write()
        reading, writing = os.pipe()
        self.addCleanup(os.close, reading)
        self.options.parent = _Runner(statusPipe=writing, pidfile=str(path))
        self.ends("start", ConfigError("오류 " + "x" * 200))
        word = os.read(reading, 1000)
        self.assertTrue(word.startswith(b"1 twist thing: \\uc624\\ub958 xxx"), word)
        self.assertEqual(len(word), 100)
        self.assertEqual(os.read(reading, 1), b"")  # closed: nobody waits for more
        self.assertFalse(path.exists())

    def test_a_completed_daemon_started_well(self) -> None:
        """A daemon whose work is done at its start tells its parent that all went well."""
        reading, writing = os.pipe()
        self.addCleanup(os.close, reading)
        self.options.parent = _Runner(statusPipe=writing)
        self.ends("start", Completed())
        self.assertEqual(os.read(reading, 100), b"0")

    def test_the_pid_file_is_held_from_the_options_to_the_end(self) -> None:
        """It is locked before twistd looks at it, names the process when that starts, and goes at the end."""
        path = Path(self.mktemp())
        path.write_text("1")
        runner = self.options.parent = _Runner(pidfile=str(path))
        self.options.parseOptions([])
        self.assertEqual(runner["pidfile"], "")

        @program
        def make(options: usage.Options) -> IService:
            return Service()

        running: Any = make(self.options)
        running.privilegedStartService()
        self.assertEqual(path.read_text(), str(os.getpid()))
        running.startService()
        other = _Options()
        other.parent = _Runner(pidfile=str(path))
        self.assertEqual(self.assertRaises(SystemExit, other.parseOptions, []).code, 69)
        self.assertIn("already running", self.stderr.getvalue())
        self.successResultOf(running.stopService())
        self.assertFalse(path.exists())

    def test_descriptors(self) -> None:
        """The process may open as many files as the system lets it."""
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, before)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(900, before[1]), before[1]))
        raise_descriptor_limit()
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.assertEqual((soft, hard), (min(before[1], MAX_DESCRIPTORS), before[1]))
        raise_descriptor_limit()

    def test_without_a_runner(self) -> None:
        """Options used by hand, without twist around them, still end in one line."""
        self.options.parent = None
        self.assertEqual(self.ends("make", ConfigError("no")), (78, "twist: no\n"))
