"""One log, from its file to counted lines."""

from pathlib import Path

from tests.accesslog.dialects import W3C_FIELDS, W3C_LINE
from tests.accesslog.lines import OK
from tests.accesslog.test_batch import FolderTestCase
from tests.accesslog.test_compression import PACKERS
from twisted_suite.accesslog.engine import count_file
from twisted_suite.accesslog.marks import HEAD_BYTES, Marks
from twisted_suite.accesslog.scan import Plan


class CountTests(FolderTestCase):
    def test_unended(self) -> None:
        """A last line without a newline is counted apart from the others, and in the source."""
        counted = count_file(self.put("log", OK + b"\n" + OK), Plan())
        self.assertEqual((counted.stats.lines, counted.unended.lines, counted.source.lines), (1, 1, 2))

    def test_marks(self) -> None:
        """With marks only what is new is counted, packed or not, in any number of steps."""
        whole = b"".join(b'c%d - - [t] "-" 200 %d\n' % (n % 7, n) for n in range(3 * HEAD_BYTES // 20))
        for pack in (bytes, *PACKERS.values()):
            marks, total = Marks(), 0
            for part in (whole[:10], whole[: HEAD_BYTES - 1], whole[: HEAD_BYTES + 9], whole, whole):
                log = self.put("log", pack(part))
                total += count_file(log, Plan(), marks).stats.lines
                self.assertEqual(total, part.count(b"\n"))

    def test_context(self) -> None:
        """What #Fields said before the mark holds after it."""
        marks = Marks()
        log = self.put("log", W3C_FIELDS + b"\n" + W3C_LINE + b"\n")
        count_file(log, Plan(), marks)
        Path(log).write_bytes(Path(log).read_bytes() + W3C_LINE + b"\nbad\n")
        counted = count_file(log, Plan(), marks)
        self.assertEqual((counted.stats.ok, counted.stats.invalid), (1, 1))
        ((sample,),) = counted.stats.samples.values()
        self.assertEqual(sample.line_number, 4)
