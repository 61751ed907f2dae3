"""The folder on a real disk."""

import os
import socket
import threading
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.errors import ConfigError, Refused
from twisted_suite.files.folder import Folder


def descriptors() -> int:
    return len(os.listdir("/dev/fd"))


# Of the race: what is enough, and when to give up on a machine that lets the other thread run too seldom.
LEAST_TURNS, MOST_TURNS = 500, 100_000


class FolderTests(SynchronousTestCase):
    def setUp(self) -> None:
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
        self.folder = Folder(str(self.root))

    def content(self, name: str | bytes) -> bytes:
        file = self.folder.open(name if isinstance(name, bytes) else name.encode())
        try:
            self.assertEqual(file.size, os.fstat(file.fd).st_size)
            return os.read(file.fd, 1000)
        finally:
            file.close()

    def test_opens_what_is_below_the_root(self) -> None:
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

    def test_refuses_everything_else(self) -> None:
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

    def test_a_race_is_never_won(self) -> None:
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

    def test_a_root_that_is_a_link(self) -> None:
        """The root may itself be reached by a link; absolute links are measured by where it really is."""
        alias = self.base / "alias"
        alias.symlink_to("root")
        self.folder = Folder(str(alias))
        self.assertEqual(self.content("a.txt"), b"content")
        self.assertEqual(self.content("absolute"), b"content")

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
