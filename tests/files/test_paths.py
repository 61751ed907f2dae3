"""Which file a name means: the walk, over folders in memory and against the kernel's own walk."""

import os
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.errors import Refused
from twisted_suite.files.paths import (
    MAX_LINKS,
    MAX_NAME_BYTES,
    MAX_PATH_BYTES,
    Kind,
    check_steps,
    find,
    parse_name,
)

ROOT = b"/srv/top"
# A folder is a dict, a link bytes, a device None, a file an int: the tree below and around the root.
Tree = dict[bytes, "Tree | bytes | int | None"]


class Memory:
    """A `Directory` of a tree in memory."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree

    def kind(self, name: bytes) -> Kind:
        try:
            entry = self.tree[name]
        except KeyError:
            raise Refused("no such file") from None
        kinds = {dict: Kind.DIRECTORY, bytes: Kind.LINK, int: Kind.FILE}
        return kinds.get(type(entry), Kind.OTHER)

    def link_target(self, name: bytes) -> bytes:
        target = self.tree[name]
        assert isinstance(target, bytes)
        return target

    def subdirectory(self, name: bytes) -> "Memory":
        tree = self.tree[name]
        assert isinstance(tree, dict)
        return Memory(tree)


TREE: Tree = {
    b"a.txt": 1,
    b"sub": {b"s.txt": 2, b"deep": {b"d.txt": 3}, b"up": b"../a.txt", b"out": b"../../x", b"back": b".."},
    b"fifo": None,
    b"in": b"sub/../a.txt",
    b"slashes": b".//sub///s.txt",
    b"absolute": b"/srv/top/sub/s.txt",
    b"self": b"/srv/top",
    b"beside": b"/srv/topping",
    b"out": b"/etc/passwd",
    b"above": b"../../etc/passwd",
    b"loop": b"loop",
    b"chain": b"in",
    b"dir": b"sub",
    b"gone": b"nothing",
}


def found(name: bytes) -> object:
    directory, last = find(Memory(TREE), parse_name(name), ROOT)
    return directory.tree[last]


class ParseNameTests(SynchronousTestCase):
    def test_names_are_split(self) -> None:
        """Slashes separate; empty parts and dots mean nothing."""
        for name, steps in [
            (b"a", (b"a",)),
            (b"a/b", (b"a", b"b")),
            (b"./a//b/", (b"a", b"b")),
            ("한글 이름".encode(), ("한글 이름".encode(),)),
            (b"..a", (b"..a",)),
            (b".", ()),
        ]:
            with self.subTest(name=name):
                self.assertEqual(parse_name(name), steps)

    def test_names_that_mean_no_file(self) -> None:
        """What could not be the name of a file here is refused, and the reason says why."""
        for name, reason in [
            (b"", "empty name"),
            (b"a\0b", "NUL in the name"),
            (b"/etc/passwd", "absolute name"),
            (b"../x", "'..' in the name"),
            (b"a/../b", "'..' in the name"),
            (b"a/..", "'..' in the name"),
            (b"\xff\xfe", "name is not UTF-8"),
            (b"\xc0\xae\xc0\xae/x", "name is not UTF-8"),  # ".." in an overlong form
            (b"n" * (MAX_NAME_BYTES + 1), "name longer than 255 bytes"),
            (b"a/" * (MAX_PATH_BYTES // 2) + b"a", "name longer than 1024 bytes"),
        ]:
            with self.subTest(name=name):
                self.assertEqual(str(self.assertRaises(Refused, parse_name, name)), reason)

    def test_the_longest_names(self) -> None:
        """Names as long as the limits are taken."""
        self.assertEqual(parse_name(b"n" * MAX_NAME_BYTES), (b"n" * MAX_NAME_BYTES,))
        self.assertEqual(len(parse_name(b"a/" * (MAX_PATH_BYTES // 2))), MAX_PATH_BYTES // 2)


class FindTests(SynchronousTestCase):
    def test_files_and_links_inside(self) -> None:
        """Files are found in folders and through links that stay below the root, absolute ones too."""
        for name, content in [
            (b"a.txt", 1),
            (b"sub/s.txt", 2),
            (b"sub/deep/d.txt", 3),
            (b"in", 1),
            (b"chain", 1),
            (b"slashes", 2),
            (b"dir/s.txt", 2),
            (b"sub/up", 1),
            (b"sub/back/a.txt", 1),
            (b"absolute", 2),
            (b"self/a.txt", 1),
            (b"sub/back/self/dir/deep/d.txt", 3),
        ]:
            with self.subTest(name=name):
                self.assertEqual(found(name), content)

    def test_everything_else_is_refused(self) -> None:
        """Links that leave, loops, folders, devices and what is not there are refused with the reason."""
        outside = "a symbolic link leads outside the root"
        for name, reason in [
            (b"out", outside),
            (b"above", outside),
            (b"sub/out", outside),
            (b"beside/x", outside),  # a path that only begins with the root's
            (b"loop", "too many symbolic links"),
            (b"fifo", "not a regular file"),
            (b"fifo/x", "not a regular file"),
            (b"a.txt/x", "not a directory"),
            (b"nothing", "no such file"),
            (b"gone", "no such file"),
        ]:
            with self.subTest(name=name):
                self.assertEqual(str(self.assertRaises(Refused, found, name)), reason)

    def test_folders(self) -> None:
        """A folder is found as itself, through links too; without a step it is the root."""
        for name, folder in [(b"sub", TREE[b"sub"]), (b"dir", TREE[b"sub"]), (b".", TREE), (b"self", TREE)]:
            with self.subTest(name=name):
                directory, last = find(Memory(TREE), parse_name(name), ROOT)
                self.assertEqual((directory.tree, last), (folder, b"."))

    def test_hidden_names(self) -> None:
        """A name that begins with a dot is refused anywhere on the way, but for the one meant to be found."""
        for steps in [(b".git", b"config"), (b"sub", b".env")]:
            error = self.assertRaises(Refused, check_steps, steps, show_hidden=False)
            self.assertEqual(str(error), "a hidden name")
            check_steps(steps, show_hidden=True)
        check_steps((b".well-known", b"security.txt"), show_hidden=False)

    def test_number_of_links(self) -> None:
        """A chain of as many links as the kernel follows is followed; one more is not."""
        for length, ok in [(MAX_LINKS, True), (MAX_LINKS + 1, False)]:
            tree: Tree = {b"0": 1, **{b"%d" % n: b"%d" % (n - 1) for n in range(1, length + 1)}}
            steps = (b"%d" % length,)
            if ok:
                self.assertEqual(find(Memory(tree), steps, ROOT)[1], b"0")
            else:
                self.assertRaises(Refused, find, Memory(tree), steps, ROOT)

    def test_root_of_the_system(self) -> None:
        """With / for the root every absolute link is inside."""
        tree: Tree = {b"etc": {b"x": 1}, b"link": b"/etc/x"}
        self.assertEqual(find(Memory(tree), (b"link",), b"/")[1], b"x")


NAMES = st.sampled_from(["a", "b", "c", "d"])
TARGETS = st.lists(st.sampled_from(["..", ".", "a", "b", "c", "ROOT", "/"]), min_size=1, max_size=5)


class AgainstTheKernelTests(SynchronousTestCase):
    def tree(self, entries: dict[tuple[str, str], list[str] | None]) -> Path:
        """A root on the disk with these files and links, and files outside beside it."""
        base = Path(self.mktemp()).resolve()
        root = base / "root"
        for folder in ("a", "b"):
            (root / folder).mkdir(parents=True)
            (base / folder).mkdir()
            (base / folder / "c").write_text("outside")
        for (folder, entry), target in entries.items():
            path = root / (folder if folder in "ab" else ".") / entry
            if path.exists() or path.is_symlink():
                continue
            if target is None:
                path.write_text("inside")
            else:
                path.symlink_to("/".join(target).replace("ROOT", str(root)))
        return root

    @given(
        st.dictionaries(st.tuples(NAMES, NAMES), st.one_of(st.none(), TARGETS), max_size=8),
        st.lists(NAMES, min_size=1, max_size=4),
    )
    def test_never_outside_and_as_the_kernel_walks(
        self, entries: dict[tuple[str, str], list[str] | None], name: list[str]
    ) -> None:
        """In any tree of files and links, a name means the file the kernel says, if it is below the root."""
        root = self.tree(entries)
        requested = root.joinpath(*name)
        try:
            os.stat(requested)  # the kernel's word; realpath alone takes "file/." for the file
            real = Path(os.path.realpath(requested, strict=True))
        except OSError:
            real = None
        try:
            ours: Path | None
            directory, last = find(_Real(root), tuple(step.encode() for step in name), bytes(root))
            ours = directory.path / os.fsdecode(last)
            if last == b".":
                ours = None  # a folder: of those the folder's own tests tell
        except (Refused, OSError):
            ours = None
        if ours is not None:
            self.assertEqual(ours, real)
            self.assertTrue(ours.is_relative_to(root), ours)
        elif real is not None and real.is_file():
            # What the kernel finds and we do not must have been outside, at its end or on its way.
            self.assertTrue(_leaves(requested, root), requested)


class _Real:
    """A `Directory` of the real disk, by path: here nobody races."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def kind(self, name: bytes) -> Kind:
        path = self.path / os.fsdecode(name)
        if path.is_symlink():
            return Kind.LINK
        if path.is_dir():
            return Kind.DIRECTORY
        if not path.exists():
            raise Refused("no such file")
        return Kind.FILE

    def link_target(self, name: bytes) -> bytes:
        return os.fsencode(os.readlink(self.path / os.fsdecode(name)))

    def subdirectory(self, name: bytes) -> "_Real":
        return _Real(self.path / os.fsdecode(name))


def _leaves(requested: Path, root: Path) -> bool:
    """Whether the kernel's way to `requested` steps outside `root`: by a slow walk of its own."""
    left, here = list(requested.relative_to(root).parts), root
    while left:
        step = left.pop(0)
        here = here.parent if step == ".." else here / step
        if not here.is_relative_to(root):
            return True
        if here.is_symlink():
            target = os.readlink(here)
            if os.path.isabs(target):
                if not Path(target).is_relative_to(root):
                    return True
                here = root
                left = list(Path(target).relative_to(root).parts) + left
            else:
                here = here.parent
                left = list(target.split("/")) + left
            left = [part for part in left if part not in ("", ".")]
    return False
