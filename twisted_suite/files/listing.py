"""What is in a folder, in order, as JSON for programs and as lines for a terminal. Core.

::

    {"path": "/photos/", "entries": [
        {"name": "2026", "kind": "folder", "size": null, "mtime": 1790000000.0},
        {"name": "sea.jpg", "kind": "file", "size": 52341, "mtime": 1790000000.25}]}

A name is as it is on the disk; bytes in it that are not UTF-8 come as lone surrogates, U+DC80 to U+DCFF
(Python's ``surrogateescape``), in JSON as ``\\udcxx``. ``mtime`` is seconds since 1970, UTC.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from twisted_suite.runtime.text import printable

_NANOSECONDS = 1_000_000_000
_DIGITS = re.compile(r"(\d+)")


class Order(StrEnum):
    """What a listing is sorted by."""

    NAME = "name"
    SIZE = "size"
    MTIME = "mtime"


@dataclass(frozen=True, slots=True)
class Entry:
    """One file or folder, as whoever looks may see it."""

    name: str  # relative to the listed folder; of a search, with / in it
    is_folder: bool = False
    size: int = 0  # bytes; of a folder nothing
    mtime_ns: int = 0

    @property
    def href(self) -> str:
        """Its address relative to the listing's; ``./`` keeps a colon in a name from being a scheme."""
        return "./" + quote(self.name.encode("utf-8", "surrogateescape")) + ("/" if self.is_folder else "")

    @property
    def shown(self) -> str:
        """Its name for people: nothing in it moves a cursor or turns the direction of the text."""
        return printable(self.name.encode("utf-8", "surrogateescape")) + ("/" if self.is_folder else "")

    @property
    def modified(self) -> datetime:
        """When it was last written, in UTC; the nearest that a calendar has."""
        seconds = min(max(self.mtime_ns // _NANOSECONDS, 0), _LAST_S)
        return datetime.fromtimestamp(seconds, UTC)


_LAST_S = int(datetime(9999, 12, 31, tzinfo=UTC).timestamp())


@dataclass(frozen=True, slots=True)
class Listing:
    """A folder, or what a search below it found."""

    path: str  # of the folder from the root, with / at both ends
    entries: tuple[Entry, ...]
    query: str = ""  # what was searched for
    is_cut: bool = False  # there is more than is listed
    order: Order = Order.NAME
    is_falling: bool = False


def natural(name: str) -> tuple[Any, ...]:
    """A key by which people sort names: upper and lower case alike, ``a9`` before ``a10``."""
    parts = _DIGITS.split(name.casefold())
    # Every second part is digits: compared as a number, then by its length, so that keys of two names differ.
    return (
        *((part, 0, 0) if at % 2 == 0 else ("", int(part), len(part)) for at, part in enumerate(parts)),
        name,
    )


def in_order(
    entries: Iterable[Entry], order: Order = Order.NAME, *, falling: bool = False
) -> tuple[Entry, ...]:
    """Folders first, then by `order`, then by name."""
    by_name = sorted(entries, key=lambda entry: natural(entry.name), reverse=falling and order is Order.NAME)
    if order is Order.SIZE:
        by_name.sort(key=lambda entry: entry.size, reverse=falling)
    elif order is Order.MTIME:
        by_name.sort(key=lambda entry: entry.mtime_ns, reverse=falling)
    return tuple(sorted(by_name, key=lambda entry: not entry.is_folder))


def matches(name: str, query: str) -> bool:
    """Whether `name` has every word of `query` in it, in any case."""
    folded = name.casefold()
    return all(word in folded for word in query.casefold().split())


def to_json(listing: Listing) -> bytes:
    """One object, a line an entry, for a program."""
    head = {"path": listing.path, "query": listing.query, "is_cut": listing.is_cut}
    if not listing.query:
        del head["query"], head["is_cut"]
    fields = ", ".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in head.items())
    entries = ",\n".join(json.dumps(_fields(entry)) for entry in listing.entries)
    return f'{{{fields}, "entries": [\n{entries}\n]}}\n'.encode("ascii")


def _fields(entry: Entry) -> dict[str, Any]:
    return {
        "name": entry.name,
        "kind": "folder" if entry.is_folder else "file",
        "size": None if entry.is_folder else entry.size,
        "mtime": entry.mtime_ns / _NANOSECONDS,
    }


def to_text(entries: Sequence[Entry]) -> bytes:
    """A line an entry: its size in bytes, its time in UTC, its name."""
    sizes = ["-" if entry.is_folder else str(entry.size) for entry in entries]
    width = max(map(len, sizes), default=0)
    lines = (
        f"{size:>{width}}  {entry.modified:%Y-%m-%d %H:%M}  {entry.shown}\n"
        for size, entry in zip(sizes, entries, strict=True)
    )
    return "".join(lines).encode()
