"""The folder on a real disk."""

import os
import socket
import threading
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from tests.support import need
from twisted_suite.errors import ConfigError, Refused
from twisted_suite.files.beneath import Openat2, openat2
from twisted_suite.files.folder import Folder, Forbidden, OpenFile, OpenFolder


def descriptors() -> int:
    return len(os.listdir("/dev/fd"))


# Of the race: what is enough, and when to give up on a machine that lets the other thread run too seldom.
LEAST_TURNS, MOST_TURNS = 500, 100_000


class _Cases:
    """What holds however a name is looked up."""

    kernel: Openat2 | None

    def setUp(self: Any) -> None:
        self.base = Path(self.mktemp()).resolve()
        self.root = self.base / "root"
        (self.root / "sub").mkdir(parents=True)
        (self.base / "secret").write_text("secret")
        (self.root / "a.txt").write_text("content")
        (self.root / "sub" / "한글.txt").write_text("한글")
        (self.root / "in").symlink_to("sub/../a.txt")
        (self.root / "absolute").symlink_to(self.root / "a.txt")
        (self.root / "out").symlink_to("../secret")
        (self.root / "out-absolute").symlink_to(self.base / "secret")
        (self.root / "door").symlink_to("..")
        os.mkfifo(self.root / "fifo")
        self.folder = self.handed_out(self.root)

    def handed_out(self, root: Path, *, show_hidden: bool = False) -> Folder:
        return Folder(str(root), show_hidden=show_hidden, kernel=self.kernel)

    def content(self: Any, name: str | bytes) -> bytes:
        file = self.folder.open(name if isinstance(name, bytes) else name.encode())
        try:
            self.assertEqual(file.size, os.fstat(file.fd).st_size)
            return os.read(file.fd, 1000)
        finally:
            file.close()

    def test_opens_what_is_below_the_root(self: Any) -> None:
        """Files, files in folders, and links that stay inside are opened; nothing stays open."""
        before = descriptors()
        for name, content in [
            ("a.txt", "content"),
            ("sub/한글.txt", "한글"),
            ("in", "content"),
            ("absolute", "content"),
        ]:
            with self.subTest(name=name):
                self.assertEqual(self.content(name), content.encode())
        self.assertEqual(descriptors(), before)

    def test_refuses_everything_else(self: Any) -> None:
        """What leaves, blocks or is not there is refused with the reason, and leaves nothing open."""
        with socket.socket(socket.AF_UNIX) as listening:
            here = os.open(".", os.O_RDONLY)
            os.chdir(self.root)
            try:
                listening.bind("socket")
            finally:
                os.chdir(here)
                os.close(here)
        before = descriptors()
        for name, reason in [
            ("out", "a symbolic link leads outside the root"),
            ("out-absolute", "a symbolic link leads outside the root"),
            ("door/secret", "a symbolic link leads outside the root"),
            ("../secret", "'..' in the name"),
            (str(self.base / "secret"), "absolute name"),
            ("fifo", "not a regular file"),
            ("socket", "not a regular file"),
            ("sub", "a directory"),
            ("nothing", "no such file or directory"),
            ("a.txt/x", "not a directory"),
            ("a\0b", "NUL in the name"),
            ("n" * 300, "name longer than 255 bytes"),
        ]:
            with self.subTest(name=name):
                self.assertEqual(str(self.assertRaises(Refused, self.folder.open, name.encode())), reason)
        self.assertEqual(descriptors(), before)

    def test_a_race_is_never_won(self: Any) -> None:
        """While a name changes between a file, links that leave and a folder, nothing outside comes out."""
        swapped = self.root / "swapped"
        stop = threading.Event()

        def swap() -> None:
            while not stop.is_set():
                for target in ("../secret", "a.txt", "sub", ".."):
                    (self.root / "next").symlink_to(target)
                    (self.root / "next").rename(swapped)
                (self.root / "next").write_text("content")
                (self.root / "next").rename(swapped)

        before = descriptors()
        thread = threading.Thread(target=swap)
        thread.start()
        outcomes: set[bytes] = set()
        try:
            for turn in range(MOST_TURNS):
                if turn >= LEAST_TURNS and b"content" in outcomes:
                    break
                for name in ("swapped", "swapped/secret"):
                    try:
                        outcomes.add(self.content(name))
                    except Refused as refused:
                        outcomes.add(str(refused).encode())
        finally:
            stop.set()
            thread.join()
        self.assertIn(b"content", outcomes)
        self.assertNotIn(b"secret", outcomes)
        self.assertEqual(descriptors(), before)

    def test_a_root_that_is_a_link(self: Any) -> None:
        """The root may itself be reached by a link; absolute links are measured by where it really is."""
        alias = self.base / "alias"
        alias.symlink_to("root")
        self.folder = self.handed_out(alias)
        self.assertEqual(self.content("a.txt"), b"content")
        self.assertEqual(self.content("absolute"), b"content")

    def test_folders(self: Any) -> None:
        """A folder is found, the root without a step; it is not a file."""
        before = descriptors()
        for steps, name in [((b"sub",), "한글.txt"), ((), "a.txt")]:
            found = self.folder.find(steps)
            self.assertIsInstance(found, OpenFolder)
            self.assertIn(name, os.listdir(found.fd))
            found.close()
        self.assertEqual(descriptors(), before)

    def test_what_is_known_of_a_file(self: Any) -> None:
        """Size, time and number of a file are those of the one that was opened."""
        found = self.folder.find((b"in",))
        status = (self.root / "a.txt").stat()
        self.assertEqual((found.size, found.modified_ns, found.inode), (7, status.st_mtime_ns, status.st_ino))
        found.close()

    def test_hidden(self: Any) -> None:
        """Hidden names are refused unless they are to be shown."""
        (self.root / ".env").write_text("secret")
        self.assertEqual(str(self.assertRaises(Refused, self.folder.open, b".env")), "a hidden name")
        self.folder = self.handed_out(self.root, show_hidden=True)
        self.assertEqual(self.content(".env"), b"secret")

    def test_no_permission(self: Any) -> None:
        """What this user may not read is told apart from what is not there."""
        (self.root / "locked").write_text("secret")
        (self.root / "locked").chmod(0)
        if os.geteuid() == 0:
            self.base.chmod(0o755)
            self.root.chmod(0o755)
            self.addCleanup(os.seteuid, 0)
            os.seteuid(65534)
        self.assertRaises(Forbidden, self.folder.find, (b"locked",))


class WalkTests(_Cases, SynchronousTestCase):
    """By our own walk along descriptors."""

    kernel = None


class KernelTests(_Cases, SynchronousTestCase):
    """By ``openat2``, with the walk for absolute links."""

    kernel = openat2()

    def setUp(self) -> None:
        need(self.kernel, "openat2 with RESOLVE_CACHED needs Linux 5.12")
        super().setUp()

    def test_at_once(self) -> None:
        """What is in memory is opened without waiting; a name that only the walk can judge is left to it."""
        before = descriptors()
        self.content("a.txt")  # now its way is in memory
        found = self.folder.open_at_once((b"a.txt",))
        assert isinstance(found, OpenFile)
        self.assertEqual(os.read(found.fd, 10), b"content")
        found.close()
        self.assertIsNone(self.folder.open_at_once((b"absolute",)))
        self.assertIsNone(self.folder.open_at_once((b"out",)))
        self.assertRaises(Refused, self.folder.open_at_once, (b"..", b"secret"))
        self.assertRaises(Refused, self.folder.find, (b"nothing",))  # that it is not there is known now
        self.assertRaises(Refused, self.folder.open_at_once, (b"nothing",))
        self.assertEqual(descriptors(), before)

    def test_not_at_once(self) -> None:
        """Without the call nothing is opened at once."""
        self.assertIsNone(Folder(str(self.root)).open_at_once((b"a.txt",)))


class RootTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.base = Path(self.mktemp()).resolve()
        self.root = self.base / "root"
        self.root.mkdir(parents=True)
        (self.base / "secret").write_text("secret")
        self.folder = Folder(str(self.root))

    def test_check(self) -> None:
        """A root that is not there, or is no folder, is said so with its path; a good one passes."""
        self.folder.check()
        for path, words in [
            (self.base / "none", "no such file or directory"),
            (self.base / "secret", "not a directory"),
        ]:
            error = self.assertRaises(ConfigError, Folder(str(path)).check)
            self.assertIn(f"--root {path}: {words}", str(error))

    def test_a_root_one_may_not_read(self) -> None:
        """A root without permission is said so, before anybody asks for a file."""
        locked = self.base / "locked"
        locked.mkdir(mode=0)
        if os.geteuid() == 0:  # root may read anything: be nobody for a moment
            self.base.chmod(0o755)
            self.addCleanup(os.seteuid, 0)
            os.seteuid(65534)
        error = self.assertRaises(ConfigError, Folder(str(locked)).check)
        self.assertIn(f"--root {locked}: permission denied", str(error))
