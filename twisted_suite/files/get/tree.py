"""A folder on a server, as its listing tells: what is in it, and where that goes here. Core.

Two forms are read: ours (``files/listing.py``; docs/protocols.md) and nginx's ``autoindex_format json``::

    {"entries": [{"name": "a.jpg", "kind": "file", "size": 5, "mtime": 1790000000.25}, …]}
    [{"name": "a.jpg", "type": "file", "size": 5, "mtime": "Wed, 25 Nov 2026 01:00:00 GMT"}, …]
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urljoin

from twisted_suite.errors import ConfigError, ExitStatus
from twisted_suite.files.get.failures import TransferError
from twisted_suite.files.get.sources import Addressed, own_name

# A listing of some 100,000 entries.
MAX_LISTING_BYTES = 1 << 24
# Deeper is rather a link that leads back up.
MAX_DEPTH = 64
MAX_FOLDERS = 100_000

_FOLDERS = {"folder", "directory"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One name in a folder."""

    name: str
    is_folder: bool
    size: int | None
    modified: int | None  # whole seconds since 1970


def read_listing(data: bytes, shown: str) -> Iterator[Entry]:
    """The entries of a listing. Raises `TransferError` for what is none, and for an impossible name."""
    try:
        plain = json.loads(data)
    except (ValueError, RecursionError):
        plain = None
    entries = plain.get("entries") if isinstance(plain, dict) else plain
    if not isinstance(entries, list):
        raise TransferError(
            f"{shown}: the server gives no listing of it as JSON, so -r cannot fetch it", ExitStatus.DATA
        )
    for entry in entries:
        yield _entry(entry, shown)


def _entry(plain: Any, shown: str) -> Entry:
    try:
        name = own_name(plain["name"].removesuffix("/"), shown)
        name.encode("utf-8", "surrogateescape")
        kind = plain.get("kind", plain.get("type"))
        size = plain.get("size")
        return Entry(
            name, kind in _FOLDERS, size if isinstance(size, int) else None, _seconds(plain.get("mtime"))
        )
    except (AttributeError, KeyError, TypeError, UnicodeError, ConfigError) as error:
        raise TransferError(
            f"{shown}: the server lists {str(plain)[:100]!r}, which can be no file here", ExitStatus.DATA
        ) from error


def _seconds(mtime: Any) -> int | None:
    try:
        return int(mtime if isinstance(mtime, int | float) else parsedate_to_datetime(mtime).timestamp())
    except (TypeError, ValueError, OverflowError):
        return None


def as_folder(file: Addressed) -> Addressed:
    """The same address, with the ``/`` at its end that listings are relative to, and no query."""
    return Addressed(file.url.partition("?")[0].rstrip("/") + "/", file.account, file.local)


def listing_of(folder: Addressed) -> Addressed:
    """The address of a folder's listing: our server would rather answer with an index.html."""
    return Addressed(folder.url + "?format=json", folder.account, folder.local)


def below(folder: Addressed, entry: Entry) -> Addressed:
    """The address of an entry of a listing."""
    name = quote(entry.name.encode("utf-8", "surrogateescape"), safe="")
    # "./": a colon in a name shall not be a scheme's.
    return Addressed(urljoin(folder.url, f"./{name}{'/' * entry.is_folder}"), folder.account, entry.name)
