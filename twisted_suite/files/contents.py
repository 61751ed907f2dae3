"""What is in a folder, from the disk: its entries, a search below it, the members of an archive. Adapter.

All of it waits for the disk: call it in a thread. Only what can be opened by `Folder.find` is told of, so
hidden names, links that lead outside, devices and FIFOs are in no listing and in no archive.
"""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from twisted_suite.errors import Refused
from twisted_suite.files.archive import Member
from twisted_suite.files.folder import Folder, OpenFile, OpenFolder
from twisted_suite.files.listing import Entry, in_order, matches

# One page or archive: more makes no page that anybody reads, and no archive that anybody wants.
MAX_ENTRIES = 100_000
# A search ends with so many found, or so many looked at.
MAX_FOUND, MAX_LOOKED_AT = 1000, 200_000
# Of folders in folders. Links to folders are not followed, so this only ends what is built to be endless.
MAX_DEPTH = 64

Steps = tuple[bytes, ...]


class TooMany(Refused):
    """There is more in a folder than is put into one answer."""


@dataclass(frozen=True, slots=True)
class Version:
    """By which a file that was looked at is known again: another one is never sent in its place."""

    inode: int
    size: int
    mtime_ns: int

    @classmethod
    def of(cls, file: OpenFile) -> "Version":
        return cls(file.inode, file.size, file.modified_ns)


@dataclass(frozen=True, slots=True)
class Item:
    """A member of an archive, and where it is."""

    steps: Steps
    member: Member
    version: Version | None  # of a file


def entries(folder: Folder, steps: Steps) -> tuple[Entry, ...]:
    """What may be seen in the folder that `steps` lead to. Raises `Refused`."""
    found = [entry for entry, _ in _scanned(folder, steps)]
    return in_order(found)


def search(folder: Folder, steps: Steps, query: str) -> tuple[tuple[Entry, ...], bool]:
    """What is called like `query` in or below a folder, and whether there may be more. Raises `Refused`."""
    found: list[Entry] = []
    for looked_at, (below, entry, _) in enumerate(_walk(folder, steps)):
        if looked_at >= MAX_LOOKED_AT or len(found) >= MAX_FOUND:
            return in_order(found), True
        if matches(entry.name, query):
            path = "/".join([*map(os.fsdecode, below[len(steps) :]), entry.name])
            found.append(Entry(path, entry.is_folder, entry.size, entry.mtime_ns))
    return in_order(found), False


def items(folder: Folder, steps: Steps, top: str) -> list[Item]:
    """Everything in and below a folder, as members below `top`. Raises `TooMany`."""
    found: list[Item] = []
    for below, entry, version in _walk(folder, steps):
        if len(found) >= MAX_ENTRIES:
            raise TooMany(f"there are over {MAX_ENTRIES} files and folders in it")
        path = "/".join([top, *map(os.fsdecode, below[len(steps) :]), entry.name])
        name = path + "/" if entry.is_folder else path
        member = Member(name, entry.size, entry.mtime_ns // 1_000_000_000)
        found.append(Item((*below, os.fsencode(entry.name)), member, version))
    return sorted(found, key=lambda item: item.member.name)


def version_tag(kind: str, found: list[Item]) -> bytes:
    """A strong validator of an archive (RFC 9110 section 8.8.1): another as soon as any member is another."""
    digest = sha256(kind.encode())
    for item in found:
        digest.update(repr((item.member, item.version)).encode("utf-8", "surrogateescape"))
    return b'"%s-%s"' % (kind.encode("ascii"), digest.hexdigest()[:32].encode("ascii"))


def _walk(folder: Folder, steps: Steps) -> Iterator[tuple[Steps, Entry, Version | None]]:
    """Folder by folder, each entry with the steps to its folder."""
    waiting = [steps]
    while waiting:
        here = waiting.pop()
        try:
            scanned = _scanned(folder, here)
        except Refused:
            if here == steps:
                raise
            continue  # gone, or closed to us, since it was seen
        for entry, version in scanned:
            yield here, entry, version
            if entry.is_folder and version is None and len(here) - len(steps) < MAX_DEPTH:
                waiting.append((*here, os.fsencode(entry.name)))


def _scanned(folder: Folder, steps: Steps) -> list[tuple[Entry, Version | None]]:
    """Entries with the versions of files; a folder behind a link has one too, and is not walked into."""
    opened = folder.find(steps)
    if isinstance(opened, OpenFile):
        opened.close()
        raise Refused("it is a file")
    try:
        with os.scandir(opened.fd) as scanned:
            found: list[tuple[Entry, Version | None]] = []
            for each in scanned:
                seen = _seen(folder, steps, each)
                if seen is not None:
                    found.append(seen)
                if len(found) > MAX_ENTRIES:
                    raise TooMany(f"there are over {MAX_ENTRIES} entries in it")
            return found
    finally:
        opened.close()


def _seen(folder: Folder, steps: Steps, each: "os.DirEntry[str]") -> tuple[Entry, Version | None] | None:
    """`each` as an entry; None where nobody is to know of it."""
    if not folder.shows(os.fsencode(each.name)):
        return None
    try:
        if each.is_symlink():
            return _behind_link(folder, steps, each.name)
        status = each.stat(follow_symlinks=False)
    except (Refused, OSError):  # it leads outside or nowhere, or is gone since it was read
        return None
    if stat.S_ISDIR(status.st_mode):
        return Entry(each.name, True, 0, status.st_mtime_ns), None
    if not stat.S_ISREG(status.st_mode):
        return None
    version = Version(status.st_ino, status.st_size, status.st_mtime_ns)
    return Entry(each.name, False, status.st_size, status.st_mtime_ns), version


def _behind_link(folder: Folder, steps: Steps, name: str) -> tuple[Entry, Version]:
    opened = folder.find((*steps, os.fsencode(name)))
    opened.close()
    if isinstance(opened, OpenFolder):
        return Entry(name, True, 0, opened.modified_ns), Version(0, 0, opened.modified_ns)
    return Entry(name, False, opened.size, opened.modified_ns), Version.of(opened)
