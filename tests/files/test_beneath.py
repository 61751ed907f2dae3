"""The system call that opens below a folder."""

import errno
import os
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from tests.support import need
from twisted_suite.files.beneath import Openat2, openat2


class Openat2Tests(SynchronousTestCase):
    def setUp(self) -> None:
        call = openat2()
        need(call, "openat2 with RESOLVE_CACHED needs Linux 5.12")
        assert call is not None
        self.call: Openat2 = call
        base = Path(self.mktemp())
        (base / "root").mkdir(parents=True)
        (base / "secret").write_text("secret")
        (base / "root" / "a").write_text("content")
        (base / "root" / "out").symlink_to("../secret")
        self.root = os.open(base / "root", os.O_RDONLY)
        self.addCleanup(os.close, self.root)

    def test_opens_below(self) -> None:
        """What is below is opened, both ways, and is not inherited by child processes."""
        for way in (self.call.open, self.call.open_at_once):
            fd = way(self.root, b"a")
            self.assertEqual(os.read(fd, 100), b"content")
            self.assertFalse(os.get_inheritable(fd))
            os.close(fd)

    def test_not_outside(self) -> None:
        """What leads outside, by a link or by itself, is an error of its own."""
        for path in (b"out", b"../secret", b"/etc/passwd"):
            with self.subTest(path=path):
                error = self.assertRaises(OSError, self.call.open, self.root, path)
                self.assertEqual(error.errno, errno.EXDEV)

    def test_errors(self) -> None:
        """The system's errors are Python's."""
        self.assertRaises(FileNotFoundError, self.call.open, self.root, b"nothing")
        self.assertRaises(NotADirectoryError, self.call.open, self.root, b"a/b")
