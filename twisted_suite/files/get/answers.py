"""What is asked over HTTP, and what an answer to it means. Core.

::

    -> GET /a.iso                                  all of it
    -> GET /a.iso   Range: bytes=1000-             the rest, if it is still
                    If-Range: "5-6b06"             the version that the part is of
    <- 206          Content-Range: bytes 1000-8999/9000, and the same ETag
    <- 200          it is not, or the server has no ranges: all of the version of now

RFC 9110 sections 13.1.5 (If-Range), 14 (ranges), 15 (statuses); RFC 9530 (Repr-Digest).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from twisted_suite.errors import ExitStatus
from twisted_suite.files.get.digests import WANTED, read_digest
from twisted_suite.files.get.failures import TransferError
from twisted_suite.files.get.record import MAX_TAG_LENGTH, Version

# A strong entity tag: a weak one, W/"…", may stand for other bytes (RFC 9110 section 8.8.1).
_STRONG_TAG = re.compile(r'"[\x21\x23-\x7e\x80-\xff]*"')
_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18})")
_LENGTH = re.compile(r"[0-9]{1,18}")
# Statuses after which the same request may succeed later.
_PASSING = {408, 425, 429, 500, 502, 503, 504}
_REDIRECTS = {301, 302, 303, 307, 308}
# Codings that belong to a file by its name: servers send x.tar.gz as a gzip'd x.tar, and x.tar.gz is meant.
_CODINGS_OF_NAMES = {
    "gzip": (".gz", ".tgz", ".svgz"),
    "x-gzip": (".gz", ".tgz"),
    "br": (".br",),
    "zstd": (".zst",),
}

Headers = Mapping[str, str]  # names in lower case


@dataclass(frozen=True, slots=True)
class Ask:
    """One request for a file, or for the part of it from `start` up to `end`."""

    start: int = 0
    end: int | None = None
    tag: str | None = None  # only of this version
    accept: str = "*/*"  # the media type

    @property
    def ranged(self) -> bool:
        """Whether it is for a part."""
        return self.start > 0 or self.end is not None

    def headers(self) -> dict[str, str]:
        """The header fields that say so."""
        # Ranges and digests are of the bytes as they are sent: they shall be those of the file.
        fields = {"Accept": self.accept, "Accept-Encoding": "identity"}
        if self.tag is None and self.accept == "*/*":
            fields["Want-Repr-Digest"] = WANTED
        if self.ranged:
            fields["Range"] = f"bytes={self.start}-{'' if self.end is None else self.end - 1}"
            if self.tag is not None:
                fields["If-Range"] = self.tag
        return fields


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that brings bytes: from `start`, up to `end` where that is known."""

    start: int
    end: int | None
    version: Version
    partial: bool = False
    disposition: str = ""  # the field Content-Disposition


@dataclass(frozen=True, slots=True)
class Redirect:
    """The file is elsewhere."""

    location: str


@dataclass(frozen=True, slots=True)
class NoSuchRange:
    """The file has no such part (416): it is shorter than it was, or empty."""


def judge(ask: Ask, status: int, headers: Headers, name: str) -> Reply | Redirect | NoSuchRange:
    """What an answer to `ask` means. Raises `TransferError`, with `name` in it, where it brings nothing."""
    if status in (200, 206):
        _check_coding(headers, name)
        return _whole(headers) if status == 200 else _partial(ask, headers, name)
    if status in _REDIRECTS and "location" in headers:
        return Redirect(headers["location"])
    if status == 416 and ask.ranged:
        return NoSuchRange()
    raise _refusal(status, headers, name)


def _whole(headers: Headers) -> Reply:
    length = headers.get("content-length", "")
    size = int(length) if _LENGTH.fullmatch(length) else None
    return Reply(0, size, _version(size, headers), disposition=headers.get("content-disposition", ""))


def _partial(ask: Ask, headers: Headers, name: str) -> Reply:
    field = headers.get("content-range", "")
    match = _CONTENT_RANGE.fullmatch(field)
    start, last, size = (int(number) for number in match.groups()) if match else (0, 0, 0)
    asked_for = ask.ranged and start == ask.start and (ask.end is None or last < ask.end)
    if not (asked_for and start <= last < size):
        raise TransferError(
            f"{name}: the server sends another part than was asked for ({field or 'no Content-Range'})",
            ExitStatus.DATA,
        )
    disposition = headers.get("content-disposition", "")
    return Reply(start, last + 1, _version(size, headers), partial=True, disposition=disposition)


def _version(size: int | None, headers: Headers) -> Version:
    tag = headers.get("etag", "")
    strong = tag if _STRONG_TAG.fullmatch(tag) and len(tag) <= MAX_TAG_LENGTH else None
    return Version(size, strong, read_digest(headers.get("repr-digest", "")), _modified(headers))


def _modified(headers: Headers) -> int | None:
    try:
        return int(parsedate_to_datetime(headers["last-modified"]).timestamp())
    except (KeyError, ValueError, TypeError, OverflowError):
        return None


def _check_coding(headers: Headers, name: str) -> None:
    coding = headers.get("content-encoding", "identity").strip().lower()
    if coding not in ("", "identity") and not name.lower().endswith(_CODINGS_OF_NAMES.get(coding, ())):
        raise TransferError(
            f"{name}: the server sends it {coding}-coded though asked not to: that would not be the file",
            ExitStatus.DATA,
        )


def _refusal(status: int, headers: Headers, name: str) -> TransferError:
    if status in (404, 410):
        return TransferError(f"{name}: the server has no such file ({status})", ExitStatus.NO_INPUT)
    if status in (401, 403, 407):
        remedy = ": put name:password@ before the host" if status == 401 else ""
        return TransferError(f"{name}: the server may not give it ({status}){remedy}", ExitStatus.NO_INPUT)
    if status in _PASSING:
        asked = headers.get("retry-after", "")
        after_s = float(asked) if re.fullmatch(r"[0-9]{1,6}", asked) else None
        message = f"{name}: the server cannot give it now ({status})"
        return TransferError(message, ExitStatus.UNAVAILABLE, again=True, after_s=after_s)
    if 400 <= status < 600:
        return TransferError(f"{name}: the server refuses ({status})", ExitStatus.NO_INPUT)
    return TransferError(f"{name}: the server answers with status {status}, not with a file", ExitStatus.DATA)
