"""Finding the files that were named, and counting them."""

import gzip
import os
import sys
from fcntl import ioctl
from pathlib import Path
from termios import FIONREAD
from threading import Thread

from twisted.trial.unittest import SynchronousTestCase

from tests.accesslog.lines import OK
from tests.accesslog.test_compression import PACKERS
from tests.accesslog.test_scan import SAMPLE_LOG, scanned
from twisted_suite.accesslog.batch import analyse, find
from twisted_suite.errors import ConfigError, ExitStatus


class FolderTestCase(SynchronousTestCase):
    """Tests with a folder of their own."""

    def setUp(self) -> None:
        self.folder = Path(self.mktemp()).absolute()
        self.folder.mkdir()

    def put(self, name: str, content: bytes = OK + b"\n") -> str:
        """Make a file; returns its path."""
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        return str(path)

    def path(self, name: str) -> str:
        """The path of something in the folder."""
        return str(self.folder / name)


class FindTests(FolderTestCase):
    def refusal(self, name: str) -> str:
        """What is said of a name that means no file."""
        error = self.assertRaises(ConfigError, find, [name])
        self.assertIs(error.status, ExitStatus.NO_INPUT)
        self.assertEqual(len(str(error).splitlines()), 1)
        return str(error)

    def test_names(self) -> None:
        """Names are taken in the order given, and as often; a dash is standard input."""
        one, two = self.put("one"), self.put("two")
        self.assertEqual(find([two, "-", one, two]), [two, "-", one, two])

    def test_folder(self) -> None:
        """A folder means its regular files, each once, the oldest first; none that is hidden or special."""
        for name in ("access.log.2.gz", "access.log", "access.log.1", ".hidden", "deeper/access.log"):
            self.put(name)
        os.symlink("access.log.1", self.path("yesterday"))
        os.symlink("gone", self.path("dangling"))
        os.mkfifo(self.path("fifo"))
        expected = [self.path(name) for name in ("access.log.2.gz", "access.log.1", "access.log")]
        self.assertEqual(find([str(self.folder)]), expected)

    def test_glob(self) -> None:
        """A glob means what it matches, folders' files too, each once."""
        a, b, deep = self.put("a.log"), self.put("b.log"), self.put("old.log/c")
        self.put("d.txt")
        self.assertEqual(find([self.path("*.log")]), [a, b, deep])
        self.assertEqual(find([self.path("**/*")]), [a, b, self.path("d.txt"), deep])
        older = self.put("a.log.1")
        self.assertEqual(find([self.path("a.*")]), [older, a])

    def test_a_name_like_a_glob(self) -> None:
        """A file whose name looks like a glob is meant before what the glob matches."""
        strange = self.put("log[1]")
        self.put("log1")
        self.assertEqual(find([strange]), [strange])

    def test_missing(self) -> None:
        """What is not there is refused by name."""
        self.assertEqual(self.refusal("gone.log"), "gone.log: No such file or directory")
        self.assertEqual(self.refusal("go\nne.log"), "go\\nne.log: No such file or directory")
        self.assertEqual(self.refusal(self.path("*.log")), f"{self.path('*.log')}: no file is there")
        self.assertEqual(self.refusal(str(self.folder)), f"{self.folder}: no file is there")
        self.assertIn("null", self.refusal("a\0b"))

    def test_unreadable(self) -> None:
        """What may not be read is refused by name."""
        path = self.put("secret")
        os.chmod(path, 0)
        if os.geteuid() == 0:  # root may read anything: be nobody for a moment
            self.addCleanup(os.seteuid, 0)
            os.seteuid(65534)
        self.assertEqual(self.refusal(path), f"{path}: Permission denied")


class AnalyseTests(FolderTestCase):
    def test_the_lectures_log(self) -> None:
        """A file's figures are those of its lines, and the file says what it gave."""
        report = analyse([str(SAMPLE_LOG)])
        self.assertEqual(report.stats, scanned(SAMPLE_LOG.read_bytes()))
        (source,) = report.sources
        self.assertEqual((source.name, source.compression), (str(SAMPLE_LOG), "plain"))
        self.assertEqual((source.lines, source.ok, source.damage), (493, 493, None))

    def test_packed(self) -> None:
        """A packed file is known by content, whatever its name, and counts the same."""
        for name, pack in PACKERS.items():
            report = analyse([self.put("access.log", pack(SAMPLE_LOG.read_bytes()))])
            self.assertEqual(report.stats, analyse([str(SAMPLE_LOG)]).stats)
            self.assertEqual(report.sources[0].compression, name)

    def test_many(self) -> None:
        """Several files are added up."""
        report = analyse([self.put("a"), self.put("b", OK), self.put("c", b""), self.put("d", b"\n\n")])
        self.assertEqual([source.lines for source in report.sources], [1, 1, 0, 2])
        self.assertEqual((report.stats.lines, report.stats.ok, report.stats.visitors), (4, 2, 1))

    def test_large(self) -> None:
        """A file of many blocks is counted to the line."""
        self.assertEqual(analyse([self.put("large", (OK + b"\r\n") * 10_000)]).stats.ok, 10_000)

    def test_damaged(self) -> None:
        """A damaged file counts up to the damage, the files after it count too, and the report says so."""
        packed = gzip.compress(SAMPLE_LOG.read_bytes())
        damaged, whole = self.put("damaged.gz", packed[: len(packed) // 2]), self.put("whole")
        report = analyse([damaged, whole])
        self.assertEqual([source.name for source in report.damaged], [damaged])
        first, second = report.sources
        self.assertEqual(first.damage, "the gzip data is cut off")
        self.assertTrue(200 < first.lines < 400)
        self.assertEqual(second.lines, 1)

    def test_cannot_be_read(self) -> None:
        """A file whose reading fails in its midst is damaged, and one that cannot be opened is refused."""
        (source,) = analyse(["/proc/self/mem"]).sources
        self.assertIn("reading failed: ", source.damage or "")
        error = self.assertRaises(ConfigError, analyse, [self.path("gone")])
        self.assertEqual(str(error), f"{self.path('gone')}: No such file or directory")

    def test_fifo(self) -> None:
        """A FIFO is read to its end, though the first byte of its packed content comes alone."""
        fifo = self.path("fifo")
        os.mkfifo(fifo)
        packed = gzip.compress(OK + b"\n" + OK)

        def feed() -> None:
            with open(fifo, "wb", buffering=0) as file:
                file.write(packed[:1])
                while int.from_bytes(ioctl(file, FIONREAD, bytes(4)), sys.byteorder):
                    os.sched_yield()  # until the first byte has been read alone
                file.write(packed[1:])

        writer = Thread(target=feed)
        writer.start()
        report = analyse(find([fifo]))
        writer.join()
        self.assertEqual((report.stats.ok, report.sources[0].compression), (2, "gzip"))
