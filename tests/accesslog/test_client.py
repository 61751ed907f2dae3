"""One report, in the foreground."""

import gzip
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.accesslog.lines import OK
from tests.accesslog.test_batch import FolderTestCase
from tests.accesslog.test_scan import SAMPLE_LOG
from tests.support import ROOT
from twisted_suite.accesslog.batch import analyse
from twisted_suite.accesslog.client import fulfil, run
from twisted_suite.accesslog.order import Order
from twisted_suite.accesslog.rendering import Form
from twisted_suite.accesslog.report import to_text
from twisted_suite.errors import ConfigError, ExitStatus

PROGRAM = "import sys; from twisted_suite.accesslog.client import run; sys.exit(run(sys.argv[1:]))"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}
EXPECTED = to_text(analyse([str(SAMPLE_LOG)]), "en").encode()


def process(command: str, *words: str, stdin: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    """Run a line of shell in which ``"$0" "$@"`` is the program."""
    argv = ["sh", "-c", command, sys.executable, "-c", PROGRAM, *words]
    return subprocess.run(argv, input=stdin, capture_output=True, env=ENVIRONMENT, check=False)


class RunTests(FolderTestCase):
    def test_out(self) -> None:
        """The report takes the place of what was there, and nothing else is left."""
        out = self.path("report.json")
        Path(out).write_text("old")
        self.assertIs(run([str(SAMPLE_LOG)], output="json", out=out), ExitStatus.OK)
        self.assertEqual(json.loads(Path(out).read_bytes())["pageviews"], 327)
        self.assertEqual(os.listdir(self.folder), ["report.json"])

    def test_out_by_link(self) -> None:
        """A link to a report stays a link."""
        os.symlink("real", self.path("link"))
        run([str(SAMPLE_LOG)], out=self.path("link"))
        self.assertTrue(os.path.islink(self.path("link")))
        self.assertEqual((self.folder / "real").read_bytes(), EXPECTED)

    def test_out_to_a_device(self) -> None:
        """A device is written to, not replaced."""
        self.assertIs(run([str(SAMPLE_LOG)], out="/dev/null"), ExitStatus.OK)
        self.assertFalse(os.path.isfile("/dev/null"))

    def test_out_cannot_be_written(self) -> None:
        """A place that cannot be written to is named in one line, and keeps what it had."""
        for out, reason in (
            (self.path("no/report"), "No such file or directory"),
            (str(self.folder), "Is a directory"),
            ("/dev/full", "No space left on device"),
        ):
            error = self.assertRaises(ConfigError, run, [str(SAMPLE_LOG)], out=out)
            self.assertEqual((str(error), error.status), (f"{out}: {reason}", ExitStatus.IO))

    def test_failure_leaves_the_old_report(self) -> None:
        """When the log vanishes the old report stays, and no other is left."""
        out = self.put("report", b"old")
        link = self.path("log")

        class Vanishing(list[str]):
            """A log that is there when looked for, and gone when opened."""

            def __iter__(self) -> Iterator[str]:
                os.symlink(SAMPLE_LOG, link)
                yield link
                os.unlink(link)

        self.assertRaises(ConfigError, run, Vanishing([link]), out=out)
        self.assertEqual(Path(out).read_bytes(), b"old")
        self.assertEqual(os.listdir(self.folder), ["report"])

    def test_damaged(self) -> None:
        """A damaged file is warned of in one line, its report is written, and the status is not 0."""
        packed = gzip.compress(SAMPLE_LOG.read_bytes())
        log, out = self.put("a\nlog.gz", packed[:2_000]), self.path("report")
        warnings = io.StringIO()
        self.assertIs(fulfil(Order([log], out=out), warnings), ExitStatus.DATA)
        (line,) = warnings.getvalue().splitlines()
        self.assertRegex(line, r"^warning: .*a\\nlog\.gz: the gzip data is cut off; its \d+ lines before")
        self.assertIn(b"the gzip data is cut off", Path(out).read_bytes())

    def test_invalid_lines_are_no_failure(self) -> None:
        """A log of nothing but invalid lines has a report, and status 0."""
        out = self.path("report")
        self.assertIs(run([self.put("log", b"x\ny\n")], output="json", out=out), ExitStatus.OK)
        self.assertEqual(json.loads(Path(out).read_bytes())["invalid"], 2)

    def test_taken_for(self) -> None:
        """With a report for programs, what the files were taken for is said on standard error."""
        words = io.StringIO()
        fulfil(Order([str(SAMPLE_LOG)], form=Form("json"), out=self.path("report")), words)
        self.assertEqual(
            words.getvalue(), f"{SAMPLE_LOG}: read as common 99.59 %, combined 0.41 % (493 lines)\n"
        )

    def test_invalid(self) -> None:
        """All invalid lines are kept, with where they stood and why, byte for byte."""
        kept = self.path("invalid")
        log = self.put("log", OK + b"\nx\ty\xff\r\n\n" + OK + b"\n{\n")
        fulfil(Order([log], out=self.path("report"), invalid=kept))
        start = log.encode()
        self.assertEqual(
            Path(kept).read_bytes(),
            start + b"\t2\tstart\tx\ty\xff\n" + start + b"\t3\tempty\t\n" + start + b"\t5\tobject\t{\n",
        )

    def test_explain(self) -> None:
        """One line is explained, without any file."""
        out = self.path("explained")
        self.assertIs(fulfil(Order([], explain=os.fsdecode(OK), out=out)), ExitStatus.OK)
        self.assertTrue(Path(out).read_text().startswith("ok\n  format    common\n"))


class ProcessTests(FolderTestCase):
    def test_standard_input_and_output(self) -> None:
        """A dash is standard input, packed or not; the report alone is on standard output."""
        for log in (SAMPLE_LOG.read_bytes(), gzip.compress(SAMPLE_LOG.read_bytes())):
            done = process('"$0" "$@"', "-", stdin=log)
            self.assertEqual(
                (done.returncode, done.stdout, done.stderr),
                (0, EXPECTED.replace(bytes(SAMPLE_LOG), b"-"), b""),
            )

    def test_a_reader_that_has_seen_enough(self) -> None:
        """``| head -1`` is no failure and is not spoken of."""
        rows = b"".join(b'c%d - - [t] "-" 200 1\n' % number for number in range(10_000))
        done = process('{ "$0" "$@"; echo $? >&2; } | head -1', self.put("log", rows))
        self.assertEqual((len(done.stdout.splitlines()), done.stderr), (1, b"0\n"))

    def test_closed(self) -> None:
        """Standard input or output that is closed is named, and no other file is taken for it."""
        for command, reason in (
            ('"$0" "$@" <&-', b"standard input: Bad file descriptor"),
            ('"$0" "$@" >&-', b"standard output: Bad file descriptor"),
        ):
            done = process(command, "-")
            self.assertIn(reason, done.stderr)

    def test_starts_without_twisted(self) -> None:
        """What makes a small report loads no Twisted."""
        code = "import sys, twisted_suite.accesslog.client; sys.exit('twisted' in sys.modules)"
        self.assertEqual(
            subprocess.run([sys.executable, "-c", code], env=ENVIRONMENT, check=False).returncode, 0
        )
