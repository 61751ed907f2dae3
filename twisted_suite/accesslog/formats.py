"""What one line of an access log says. Core: bytes in, a frozen value out, and nothing ever raised.

::

    client ident user [time] "request" ddd bytes|-                         Common Log Format
    client ident user [time] "request" ddd bytes|- "referrer" "agent"      Combined Log Format

A line is *ok* when it reads so, whatever comes after the bytes; *recovered* when one of the stated repairs
makes it so; else it is invalid, for a `Reason`. The request may be ``-``, empty, or hold escaped quotes.
Every expression here takes time in proportion to the line: no line can make it slow.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

# No server writes lines this long (Apache cuts a request at 8 KB); longer ones are binary data, or an attack.
MAX_LINE_BYTES = 1 << 20
BYTE_ORDER_MARK = b"\xef\xbb\xbf"

# The client may not start with a byte-order mark: that is a repair. The user may hold blanks and quotes: it
# ends where `[time] "` begins. The run of the request is possessive (`*+`): it never needs to be given back,
# and so costs no memory on a line of nothing but escapes. A size has at most the 20 digits of 2**64.
_START = rb'(?!\xef\xbb\xbf)([^\x00-\x20"]+) [^ "]+ (.+?) \[([^\[\]"]*)\] "'
_REQUEST = rb'([^"\\]*+(?:\\.[^"\\]*+)*+)"'
_STATUS_AND_SIZE = rb" (\d{3}) (-|\d{1,20})(?=[ \r\n]|\Z)"
_ANYTHING = rb"(.*)"
_NOTHING_KEPT = rb"()"

# Of an ok line only what the figures are made of: a search that keeps less takes less time.
_figures = re.compile(
    rb'(?!\xef\xbb\xbf)([^\x00-\x20"]+) [^ "]+ .+? \[([^\[\]"]*)\] "[^"\\]*+(?:\\.[^"\\]*+)*+"'
    + _STATUS_AND_SIZE,
    re.DOTALL,
).match
_starts = re.compile(_START, re.DOTALL).match
_reads_request = re.compile(_REQUEST, re.DOTALL).match
_reads_status = re.compile(rb" \d{3} ").match
_reads_referrer_and_agent = re.compile(rb' "' + _REQUEST + rb' "' + _REQUEST, re.DOTALL).match


class Format(Enum):
    """What is read after the bytes. It never decides whether a line is ok."""

    AUTO = "auto"  # per line: referrer and agent where they are
    COMMON = "common"  # nothing
    COMBINED = "combined"  # referrer and agent


class Repair(Enum):
    """What made a line readable."""

    BYTE_ORDER_MARK = "byte-order mark"
    WRAPPING_QUOTES = "wrapping quotes"
    UNESCAPED_QUOTE = "unescaped quote"


class Reason(Enum):
    """Why a line is invalid: the first part of it that does not read as it should."""

    EMPTY = "empty"
    TOO_LONG = "too long"
    START = "start"  # not `client ident user [time]` and a quote
    REQUEST = "request"  # its closing quote is missing
    STATUS = "status"  # not three digits between blanks
    SIZE = "size"  # neither digits nor `-`


@dataclass(frozen=True, slots=True)
class Record:
    """One request, in the bytes of its line; what is seldom asked for is only cut out when asked for."""

    client: bytes
    user: bytes
    time: bytes
    request: bytes
    status: bytes
    size: int  # `-` is 0
    rest: bytes  # what comes after the bytes

    @property
    def method(self) -> bytes | None:
        """The first word of a request that is a request line."""
        return self._request_line()[0]

    @property
    def path(self) -> bytes | None:
        """What was asked for, blanks and all."""
        return self._request_line()[1]

    @property
    def protocol(self) -> bytes | None:
        """The last word of a request that is a request line; HTTP/0.9 has none."""
        return self._request_line()[2]

    @property
    def referrer(self) -> bytes | None:
        """The first quoted field after the bytes."""
        return self._quoted(1)

    @property
    def agent(self) -> bytes | None:
        """The second quoted field after the bytes."""
        return self._quoted(2)

    def _request_line(self) -> tuple[bytes | None, bytes | None, bytes | None]:
        method, blank, target = self.request.partition(b" ")
        if not blank:
            return None, None, None
        path, _, protocol = target.rpartition(b" ")
        return (method, path, protocol) if protocol.startswith(b"HTTP/") else (method, target, None)

    def _quoted(self, field: int) -> bytes | None:
        match = _reads_referrer_and_agent(self.rest)
        return match[field] if match else None


@dataclass(frozen=True, slots=True)
class Recovered:
    """A request in a line that needed a repair; of several, the outermost."""

    record: Record
    repair: Repair


Figures = tuple[bytes, bytes, bytes, bytes]  # client, time, status, and bytes or `-`
Reading = Record | Recovered | Reason
Reader = Callable[[bytes], Reading]


def figures(line: bytes) -> Figures | None:
    """The figures of an ok line; None of any other, which `reader` then tells more about."""
    match = _figures(line) if len(line) <= MAX_LINE_BYTES else None
    return match.groups() if match else None  # type: ignore[return-value]  # four groups, none optional


class _Grammar:
    """Reads the lines of one format."""

    def __init__(self, rest: bytes) -> None:
        end = _STATUS_AND_SIZE + rest
        self._reads = re.compile(_START + _REQUEST + end, re.DOTALL).match
        # An escape, or a quote that status and bytes follow: where a request with unescaped quotes ends.
        self._escapes_and_ends = re.compile(rb'\\.|"' + end, re.DOTALL).finditer

    def read(self, line: bytes) -> Reading:
        """Read one line, with or without its end."""
        if len(line) > MAX_LINE_BYTES:
            return Reason.TOO_LONG
        match = self._reads(line)
        return _record(match.groups()) if match else self._repaired(line.rstrip(b"\r\n"))

    def _repaired(self, line: bytes) -> Reading:
        outermost: Repair | None = None
        for repair, undo in _OUTER_REPAIRS:
            if (bare := undo(line)) is not None:
                line, outermost = bare, outermost or repair
                if match := self._reads(line):
                    return Recovered(_record(match.groups()), outermost)
        record = self._with_unescaped_quotes(line)
        return _reason(line) if record is None else Recovered(record, outermost or Repair.UNESCAPED_QUOTE)

    def _with_unescaped_quotes(self, line: bytes) -> Record | None:
        """The request ends at the first quote that could end it, not at the first quote."""
        start = _starts(line)
        if start is None:
            return None
        for match in self._escapes_and_ends(line, start.end()):
            status, size, rest = match.groups()
            if status is not None:
                return _record((*start.groups(), line[start.end() : match.start()], status, size, rest))
        return None


def _record(fields: Sequence[bytes]) -> Record:
    client, user, time, request, status, size, rest = fields
    return Record(client, user, time, request, status, 0 if size == b"-" else int(size), rest)


def _without_mark(line: bytes) -> bytes | None:
    return line[len(BYTE_ORDER_MARK) :] if line.startswith(BYTE_ORDER_MARK) else None


def _unwrapped(line: bytes) -> bytes | None:
    return line[1:-1] if len(line) > 1 and line[:1] == line[-1:] == b'"' else None


# In the order in which they are undone.
_OUTER_REPAIRS = ((Repair.BYTE_ORDER_MARK, _without_mark), (Repair.WRAPPING_QUOTES, _unwrapped))


def _reason(line: bytes) -> Reason:
    """How far a line that cannot be read does read."""
    if not line.strip():
        return Reason.EMPTY
    start = _starts(line)
    if start is None:
        return Reason.START
    request = _reads_request(line, start.end())
    if request is None:
        return Reason.REQUEST
    return Reason.SIZE if _reads_status(line, request.end()) else Reason.STATUS


_EVERYTHING = _Grammar(_ANYTHING)
_GRAMMARS = {
    Format.AUTO: _EVERYTHING,
    Format.COMBINED: _EVERYTHING,
    Format.COMMON: _Grammar(_NOTHING_KEPT),
}


def reader(log_format: Format = Format.AUTO) -> Reader:
    """What reads the lines of a log in this format."""
    return _GRAMMARS[log_format].read
