"""Which file below a root a requested name means, if any. Core: it asks a `Directory` and opens nothing.

Checking a path and then opening it is a race that a renamed symbolic link wins. So nothing is checked by its
path: the walk goes from the root one name at a time, each looked up in the directory that is held, follows
links itself, and never steps above the root.
"""

from collections import deque
from enum import Enum, auto
from typing import Protocol, Self, TypeVar

from twisted_suite.errors import Refused

# What one name may have on Linux, macOS and the BSDs (NAME_MAX).
MAX_NAME_BYTES = 255
# A path of several names; the lecture's server takes what one recv(1024) holds.
MAX_PATH_BYTES = 1024
# Hidden by its name and meant to be found (RFC 8615).
SHOWN = frozenset({b".well-known"})
# As the Linux kernel allows in one look-up (path_resolution(7)).
MAX_LINKS = 40


class Kind(Enum):
    """What a name in a directory is."""

    FILE = auto()
    DIRECTORY = auto()
    LINK = auto()
    OTHER = auto()  # a device, FIFO or socket: reading it may block or act


class Directory(Protocol):
    """A directory held open. Its methods raise `Refused` for what is not there or may not be read."""

    def kind(self, name: bytes) -> Kind:
        """What `name` is, links not followed."""

    def link_target(self, name: bytes) -> bytes:
        """The text of the link `name`."""

    def subdirectory(self, name: bytes) -> Self:
        """The directory `name`, which must not be a link."""


DirectoryT = TypeVar("DirectoryT", bound=Directory)


def parse_name(name: bytes) -> tuple[bytes, ...]:
    """The names on the way to the requested file, or `Refused` where no file could be meant."""
    if not name:
        raise Refused("empty name")
    if b"\0" in name:
        raise Refused("NUL in the name")
    if len(name) > MAX_PATH_BYTES:
        raise Refused(f"name longer than {MAX_PATH_BYTES} bytes")
    try:
        name.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("name is not UTF-8") from None
    if name.startswith(b"/"):
        raise Refused("absolute name")
    steps = tuple(step for step in name.split(b"/") if step not in (b"", b"."))
    check_steps(steps, show_hidden=True)
    return steps


def check_steps(steps: tuple[bytes, ...], *, show_hidden: bool) -> None:
    """Raise `Refused` where no file could be meant, or one that is not to be seen."""
    for step in steps:
        if step == b"..":
            raise Refused("'..' in the name")
        if len(step) > MAX_NAME_BYTES:
            raise Refused(f"name longer than {MAX_NAME_BYTES} bytes")
        if step.startswith(b".") and not show_hidden and step not in SHOWN:
            raise Refused("a hidden name")


def find(root: DirectoryT, steps: tuple[bytes, ...], root_path: bytes) -> tuple[DirectoryT, bytes]:
    """The directory and the name in it of the regular file or folder that `steps` lead to; ``.`` in a folder.

    `root_path` is the absolute path of the root, without links: an absolute link is followed only where it
    leads below it. Raises `Refused` where there is no such file, or it is not below the root.
    """
    held = [root]  # the way from the root to here: ".." in a link goes back along it
    left = deque(steps)
    links = 0
    while left:
        step = left.popleft()
        if step in (b"", b"."):
            continue
        if step == b"..":
            _step_back(held)
            continue
        kind = held[-1].kind(step)
        if kind is Kind.LINK:
            links += 1
            if links > MAX_LINKS:
                raise Refused("too many symbolic links")
            _follow(held[-1].link_target(step), held, left, root_path)
        elif kind is Kind.DIRECTORY:
            held.append(held[-1].subdirectory(step))
        elif left or kind is Kind.OTHER:
            raise Refused("not a regular file" if kind is Kind.OTHER else "not a directory")
        else:
            return held[-1], step
    return held[-1], b"."


def _step_back(held: list[DirectoryT]) -> None:
    if len(held) == 1:
        raise Refused("a symbolic link leads outside the root")
    held.pop()


def _follow(target: bytes, held: list[DirectoryT], left: deque[bytes], root_path: bytes) -> None:
    """Go on with the text of a link in place of its name."""
    if target.startswith(b"/"):
        inside = root_path.rstrip(b"/") + b"/"
        if not (target.rstrip(b"/") + b"/").startswith(inside):
            raise Refused("a symbolic link leads outside the root")
        target = target[len(inside) :]
        del held[1:]
    left.extendleft(reversed(target.split(b"/")))
