"""Apache's Common and Combined lines, plain and with the virtual host before them. Core.

::

    client ident user [time] "request" ddd bytes|-                         Common Log Format
    client ident user [time] "request" ddd bytes|- "referrer" "agent"      Combined Log Format
    host[:port] client ident user [time] …                                 vhost-combined

A line is *ok* when it reads so, whatever comes after the bytes; *recovered* when one of the stated repairs
makes it so; else it is invalid, for a `Reason`. The request may be ``-``, empty, or hold escaped quotes.
lighttpd puts its virtual host in place of the ident. Every expression here takes time in proportion to the
line: no line can make it slow.
"""

import re
from collections.abc import Sequence
from enum import StrEnum

from twisted_suite.accesslog.records import MAX_LINE_BYTES, Reason, Record

# The client may not start with a byte-order mark: that is a repair. The user may hold blanks and quotes: it
# ends where `[time] "` begins. The run of the request is possessive (`*+`): it never needs to be given back,
# and so costs no memory on a line of nothing but escapes. A size has at most the 20 digits of 2**64.
_START = rb'(?!\xef\xbb\xbf)([^\x00-\x20"]+) ([^ "]+) (.+?) \[([^\[\]"]*)\] "'
QUOTED = rb'([^"\\]*+(?:\\.[^"\\]*+)*+)"'
_STATUS_AND_SIZE = rb" (\d{3}) (-|\d{1,20})(?=[ \r\n]|\Z)"
_ADDRESS = rb"(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:.%]*)"

# What most lines of most logs are: an ident that is neither an address (a host would stand before it) nor a
# host, and a user of one word. A search that keeps less takes less time.
_CLIENT = rb'(?!\xef\xbb\xbf|#)([^\x00-\x20"]+) [^ ".:]+ '
_figures = re.compile(
    _CLIENT + rb'[^ "]+ \[([^\[\]"]*)\] "[^"\\]*+(?:\\.[^"\\]*+)*+"' + _STATUS_AND_SIZE + rb'( ")?',
    re.DOTALL,
).match
_columns = re.compile(
    _CLIENT
    + rb'- \[([^\[\]"]*)\] "'
    + QUOTED
    + _STATUS_AND_SIZE
    + rb'(?: "'
    + QUOTED
    + rb' "'
    + QUOTED
    + rb")?+(?:\r?\n?\Z)",
    re.DOTALL,
).match
_starts = re.compile(_START, re.DOTALL).match
_reads_request = re.compile(QUOTED, re.DOTALL).match
_reads_status = re.compile(rb" \d{3} ").match
_reads_referrer_and_agent = re.compile(rb' "' + QUOTED + rb' "' + QUOTED, re.DOTALL).match
_reads = re.compile(_START + QUOTED + _STATUS_AND_SIZE + rb"(.*)", re.DOTALL).match
# An escape, or a quote that status and bytes follow: where a request with unescaped quotes ends.
_escapes_and_ends = re.compile(rb'\\.|"' + _STATUS_AND_SIZE + rb"(.*)", re.DOTALL).finditer
_reads_host = re.compile(
    rb"(?!\xef\xbb\xbf)([A-Za-z0-9_][\w.-]*(?::\d{1,5})?) (?=" + _ADDRESS + rb' [^ "]+ [^\["]+ \[)'
).match
_is_host = re.compile(rb"(?!" + _ADDRESS + rb"\Z)[A-Za-z0-9_-]+(?:\.[\w-]+)+(?::\d{1,5})?").fullmatch


class Format(StrEnum):
    """What is read after the bytes. It never decides whether a line is ok."""

    AUTO = "auto"  # per line: referrer and agent where they are, and any other format
    COMMON = "common"  # nothing
    COMBINED = "combined"  # referrer and agent


Figures = tuple[bytes, bytes, bytes, bytes, bytes | None]  # client, time, status, bytes or `-`, more follows
# client, time, request, status, bytes or `-`, referrer, agent
Columns = tuple[bytes, bytes, bytes, bytes, bytes, bytes | None, bytes | None]


def figures(line: bytes) -> Figures | None:
    """The figures of an ordinary ok line; None of any other, which a reader then tells more about."""
    match = _figures(line) if len(line) <= MAX_LINE_BYTES else None
    return match.groups() if match else None  # type: ignore[return-value]  # the last alone is optional


def columns(line: bytes) -> Columns | None:
    """The same with all that the panels are made of; None also of a line with a user, or with more fields."""
    match = _columns(line) if len(line) <= MAX_LINE_BYTES else None
    return match.groups() if match else None  # type: ignore[return-value]  # the last two alone are optional


class CommonLog:
    """Reads lines of this family."""

    def __init__(self, name: str = Format.AUTO) -> None:
        self._hosts = name in (Format.AUTO, "vhost-combined")
        self._needs_host = name == "vhost-combined"
        self._ident_is_host = name in (Format.AUTO, "lighttpd")
        self._name = None if name == Format.AUTO else name

    def read(self, line: bytes) -> Record | None:
        """Read a line that needs no repair."""
        host, line = self._without_host(line)
        if self._needs_host and host is None:
            return None
        match = _reads(line)
        return self._record(match.groups(), host) if match else None

    def with_unescaped_quotes(self, line: bytes) -> Record | None:
        """The request ends at the first quote that could end it, not at the first quote."""
        host, line = self._without_host(line)
        start = _starts(line)
        if start is None or (self._needs_host and host is None):
            return None
        for match in _escapes_and_ends(line, start.end()):
            status, size, rest = match.groups()
            if status is not None:
                request = line[start.end() : match.start()]
                return self._record((*start.groups(), request, status, size, rest), host)
        return None

    def reason(self, line: bytes) -> Reason:
        """How far a line that cannot be read does read."""
        if not line.strip():
            return Reason.EMPTY
        line = self._without_host(line)[1]
        start = _starts(line)
        if start is None:
            return Reason.START
        request = _reads_request(line, start.end())
        if request is None:
            return Reason.REQUEST
        return Reason.SIZE if _reads_status(line, request.end()) else Reason.STATUS

    def _without_host(self, line: bytes) -> tuple[bytes | None, bytes]:
        match = _reads_host(line) if self._hosts else None
        return (match[1], line[match.end() :]) if match else (None, line)

    def _record(self, fields: Sequence[bytes], host: bytes | None) -> Record:
        client, ident, user, time, request, status, size, rest = fields
        if host is None and self._ident_is_host and _is_host(ident):
            host = ident
        quoted = _reads_referrer_and_agent(rest) if self._name != Format.COMMON else None
        return Record(
            client,
            time,
            request,
            status,
            0 if size == b"-" else int(size),
            self._name or _name(host, ident, rest),
            user,
            host,
            *(quoted.groups() if quoted else (None, None)),
        )


def _name(host: bytes | None, ident: bytes, rest: bytes) -> str:
    if host is None:
        return Format.COMBINED if rest.startswith(b' "') else Format.COMMON
    return "lighttpd" if host is ident else "vhost-combined"
