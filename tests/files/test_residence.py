"""What of a file is in memory, on file systems that tell, that have no disk, and that do not tell."""

import os
import tempfile
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from tests.support import need
from twisted_suite.files.residence import AT_ONCE, fetch, in_memory, read_at_once

# A large regular file of a kernel's own, on a file system that does not know of reading at once.
UNTOLD = Path("/sys/kernel/btf/vmlinux")
SHARED_MEMORY = Path("/dev/shm")


class ResidenceTests(SynchronousTestCase):
    def opened(self, path: Path) -> int:
        fd = os.open(path, os.O_RDONLY)
        self.addCleanup(os.close, fd)
        return fd

    def setUp(self) -> None:
        need(AT_ONCE, "reading without waiting needs Linux")

    def test_on_a_disk(self) -> None:
        """What was just written is in memory, and is read at once."""
        path = Path(self.mktemp())
        path.write_bytes(b"0123456789" * 1000)
        fd = self.opened(path)
        fetch(os.dup(fd), 0, 10_000)
        self.assertTrue(in_memory(fd, 0, 10_000))
        buffer = bytearray(5)
        self.assertEqual((read_at_once(fd, buffer, 3), buffer), (5, b"34567"))
        self.assertEqual(read_at_once(fd, buffer, 9_998), 2)

    def test_without_a_disk(self) -> None:
        """A file system that has no disk cannot say so, and is known by its kind."""
        need(SHARED_MEMORY.is_dir(), "/dev/shm is needed")
        with tempfile.NamedTemporaryFile(dir=SHARED_MEMORY) as file:
            file.write(b"0123456789")
            file.flush()
            self.assertTrue(in_memory(file.fileno(), 0, 10))
            buffer = bytearray(5)
            self.assertEqual((read_at_once(file.fileno(), buffer, 3), buffer), (5, b"34567"))

    def test_untold(self) -> None:
        """Of one that does not say, nothing is taken for in memory, also when it has been read."""
        need(UNTOLD.exists(), f"{UNTOLD} is needed")
        fd = self.opened(UNTOLD)
        size = UNTOLD.stat().st_size
        fetch(os.dup(fd), 0, size)
        self.assertFalse(in_memory(fd, 0, size))
        self.assertIsNone(read_at_once(fd, bytearray(10), 0))

    def test_errors(self) -> None:
        """What cannot be read is for the reader to find; a thread's copy of the descriptor is closed."""
        fd = self.opened(Path("."))
        self.assertIsNone(read_at_once(fd, bytearray(1), 0))
        copied = os.dup(fd)
        self.assertRaises(IsADirectoryError, fetch, copied, 0, 1)
        self.assertRaises(OSError, os.fstat, copied)
        path = Path(self.mktemp())
        path.write_bytes(b"0")
        fetch(os.open(path, os.O_RDONLY), 0, 100)  # shorter than it was
