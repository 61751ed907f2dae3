"""One log that is read as it grows."""

import os

from tests.accesslog.dialects import W3C_FIELDS, W3C_LINE
from tests.accesslog.lines import OK
from tests.accesslog.test_batch import FolderTestCase
from twisted_suite.accesslog.engine import READ_BYTES
from twisted_suite.accesslog.marks import Mark
from twisted_suite.accesslog.scan import Plan
from twisted_suite.accesslog.tail import PipeTail, Tail, open_tail
from twisted_suite.errors import ConfigError


class TailTests(FolderTestCase):
    def tail(self, path: str, mark: Mark | None = None) -> Tail:
        """One that is closed after the test."""
        tail = Tail(path, Plan(), mark)
        self.addCleanup(tail.close)
        return tail

    def test_blocks(self) -> None:
        """A large file is read a block at a time, and says how much is left."""
        log = self.put("log", (OK + b"\n") * (READ_BYTES // len(OK)))
        tail = self.tail(log)
        self.assertEqual(tail.read(), READ_BYTES)
        self.assertEqual(tail.behind(), os.path.getsize(log) - READ_BYTES)
        while tail.read():
            pass
        self.assertEqual((tail.behind(), tail.take().ok), (0, READ_BYTES // len(OK)))
        self.assertEqual(tail.take().ok, 0)

    def test_mark(self) -> None:
        """A mark stands after the last whole line, with what #Fields said; another tail goes on from it."""
        log = self.put("log", W3C_FIELDS + b"\n" + W3C_LINE + b"\n" + W3C_LINE[:9])
        tail = self.tail(log)
        self.assertIsNone(tail.mark())
        tail.read()
        mark = tail.mark()
        assert mark is not None
        self.assertEqual((mark.end, mark.line_number), (len(W3C_FIELDS + W3C_LINE) + 2, 2))
        with open(log, "ab") as file:
            file.write(W3C_LINE[9:] + b"\n")
        second = self.tail(log, mark)
        second.read()
        self.assertEqual((second.take().ok, second.mark().line_number), (1, 3))  # type: ignore[union-attr]

    def test_cut(self) -> None:
        """A truncated file gives nothing until that is noticed; then what was left is known by its start."""
        log = self.put("log", (OK + b"\n") * 3)
        tail = self.tail(log)
        tail.read()
        self.assertFalse(tail.was_cut())
        self.put("log", b"garbage\n" * 100)
        self.assertEqual(tail.read(), 0)
        self.assertTrue(tail.was_cut())
        self.assertEqual(tail.read(), 800)
        self.assertEqual(tail.take().invalid, 100)
        rest = tail.rest
        assert rest is not None
        self.assertTrue(rest.is_in(self.put("copy", (OK + b"\n") * 4)))
        self.assertFalse(rest.is_in(self.put("copy", (OK + b"\n") * 2)))
        self.assertFalse(rest.is_in(self.path("gone")))

    def test_pipes(self) -> None:
        """What is no file is a pipe; a name of nothing is refused."""
        os.mkfifo(self.path("fifo"))
        tail = open_tail(self.path("fifo"), Plan())
        self.assertIsInstance(tail, PipeTail)
        self.assertEqual((tail.read(), tail.ended, tail.mark()), (0, False, None))
        with open(self.path("fifo"), "wb") as file:
            file.write(OK + b"\n" + OK)
        tail.read()
        self.assertEqual((tail.take().ok, tail.finish().ok), (1, 1))
        tail.close()
        self.assertRaises(ConfigError, open_tail, self.path("gone"), Plan())
