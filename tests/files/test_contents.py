"""What is in a folder of a real disk."""

import os
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.errors import Refused
from twisted_suite.files import contents
from twisted_suite.files.contents import TooMany, Version, entries, items, search, version_tag
from twisted_suite.files.folder import Folder


class ContentsTests(SynchronousTestCase):
    def setUp(self) -> None:
        base = Path(self.mktemp())
        self.root = base / "root"
        (self.root / "sub" / "deep").mkdir(parents=True)
        (base / "secret.txt").write_text("secret")
        (self.root / "a.txt").write_text("content")
        (self.root / "sub" / "deep" / "b.txt").write_text("b")
        (self.root / ".hidden").write_text("h")
        (self.root / ".git").mkdir()
        (self.root / ".git" / "c.txt").write_text("c")
        (self.root / "in.txt").symlink_to("sub/deep/b.txt")
        (self.root / "again").symlink_to("sub")
        (self.root / "sub" / "loop").symlink_to("..")
        (self.root / "out.txt").symlink_to("../secret.txt")
        (self.root / "nowhere").symlink_to("gone")
        os.mkfifo(self.root / "fifo")
        self.folder = Folder(str(self.root))

    def test_entries(self) -> None:
        """What may be had, links within included; nothing hidden, from outside, or that would block."""
        found = {entry.name: (entry.is_folder, entry.size) for entry in entries(self.folder, ())}
        self.assertEqual(
            found, {"sub": (True, 0), "again": (True, 0), "a.txt": (False, 7), "in.txt": (False, 1)}
        )

    def test_hidden_where_shown(self) -> None:
        """Hidden names are listed where the folder shows them."""
        shown = Folder(str(self.root), show_hidden=True)
        self.assertIn(".hidden", {entry.name for entry in entries(shown, ())})

    def test_not_a_folder(self) -> None:
        """A file has no entries, and neither has what is not there."""
        for steps in ((b"a.txt",), (b"gone",), (b"..",)):
            self.assertRaises(Refused, entries, self.folder, steps)

    def test_search(self) -> None:
        """All folders below are searched, none twice by a link, none that is hidden."""
        found, is_cut = search(self.folder, (), "TXT")
        self.assertEqual([entry.name for entry in found], ["a.txt", "in.txt", "sub/deep/b.txt"])
        self.assertFalse(is_cut)
        below, _ = search(self.folder, (b"sub",), "b")
        self.assertEqual([entry.name for entry in below], ["deep/b.txt"])

    def test_a_search_has_an_end(self) -> None:
        """It stops after so many, and says so."""
        self.patch(contents, "MAX_FOUND", 2)
        found, is_cut = search(self.folder, (), "t")
        self.assertEqual((len(found), is_cut), (2, True))

    def test_items(self) -> None:
        """An archive has all below the top: a linked file as a file, a linked folder as an empty one."""
        found = {item.member.name: item.member.size for item in items(self.folder, (), "top")}
        self.assertEqual(
            found,
            {
                "top/a.txt": 7,
                "top/again/": 0,
                "top/in.txt": 1,
                "top/sub/": 0,
                "top/sub/deep/": 0,
                "top/sub/deep/b.txt": 1,
                "top/sub/loop/": 0,
            },
        )

    def test_too_many(self) -> None:
        """A folder that is too large is refused, with the number."""
        self.patch(contents, "MAX_ENTRIES", 3)
        self.assertIn("over 3", str(self.assertRaises(TooMany, items, self.folder, (), "top")))

    def test_version_tag(self) -> None:
        """The tag of an archive changes with any member, and with nothing else."""
        before = version_tag("zip", items(self.folder, (), "top"))
        self.assertEqual(version_tag("zip", items(self.folder, (), "top")), before)
        self.assertNotEqual(version_tag("tar", items(self.folder, (), "top")), before)
        os.utime(self.root / "sub" / "deep" / "b.txt", ns=(1, 1))
        self.assertNotEqual(version_tag("zip", items(self.folder, (), "top")), before)

    def test_descriptors(self) -> None:
        """Nothing stays open."""
        before = len(os.listdir("/dev/fd"))
        items(self.folder, (), "top")
        search(self.folder, (), "t")
        self.assertEqual(len(os.listdir("/dev/fd")), before)

    def test_version_of_a_file(self) -> None:
        """A listed file and the opened one are the same version."""
        (item,) = (item for item in items(self.folder, (), "t") if item.member.name == "t/a.txt")
        opened = self.folder.open(b"a.txt")
        self.addCleanup(opened.close)
        self.assertEqual(Version.of(opened), item.version)
