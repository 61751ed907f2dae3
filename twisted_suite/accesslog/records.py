"""What one line of a log can be read as. Core: the values that formats make and `Stats` counts."""

from dataclasses import dataclass
from enum import Enum

# No server writes lines this long (Apache cuts a request at 8 KB); longer ones are binary data, or an attack.
MAX_LINE_BYTES = 1 << 20


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
    OBJECT = "object"  # starts as a JSON object, and is none
    KEYS = "keys"  # a JSON object without an address or a status
    COLUMNS = "columns"  # not those that #Fields names
    PATTERN = "pattern"  # not what the format that was asked for says


@dataclass(frozen=True, slots=True)
class Record:
    """One request, in the bytes of its line."""

    client: bytes
    time: bytes
    request: bytes  # ``GET /path HTTP/1.1``, or whatever came instead
    status: bytes
    size: int  # `-` is 0
    format: str  # the name of what it was read as
    user: bytes = b"-"
    host: bytes | None = None  # the virtual host
    referrer: bytes | None = None
    agent: bytes | None = None
    duration_us: int | None = None
    tls: bytes | None = None  # the protocol's version

    @property
    def method(self) -> bytes | None:
        """The first word of a request that is a request line."""
        return request_line(self.request)[0]

    @property
    def path(self) -> bytes | None:
        """What was asked for, blanks and all."""
        return request_line(self.request)[1]

    @property
    def protocol(self) -> bytes | None:
        """The last word of a request that is a request line; HTTP/0.9 has none."""
        return request_line(self.request)[2]


@dataclass(frozen=True, slots=True)
class Recovered:
    """A request in a line that needed a repair; of several, the outermost."""

    record: Record
    repair: Repair


@dataclass(frozen=True, slots=True)
class Directive:
    """A line that says how others are to be read (``#Fields: …``): ok, and no request."""

    name: bytes
    format: str = "w3c"


Reading = Record | Recovered | Directive | Reason


def request_line(request: bytes) -> tuple[bytes | None, bytes | None, bytes | None]:
    """Method, path and protocol of a request."""
    method, blank, target = request.partition(b" ")
    if not blank:
        return None, None, None
    path, _, protocol = target.rpartition(b" ")
    return (method, path, protocol) if protocol.startswith(b"HTTP/") else (method, target, None)


def joined(method: bytes, path: bytes, protocol: bytes | None) -> bytes:
    """The request of a log that has its parts in columns of their own."""
    return b" ".join((method, path, protocol)) if protocol else b" ".join((method, path))


def without_authority(request: bytes) -> tuple[bytes, bytes | None]:
    """``GET https://host:443/x HTTP/1.1`` as ``GET /x HTTP/1.1``, and the host."""
    method, path, protocol = request_line(request)
    if method is None or path is None:
        return request, None
    scheme, found, rest = path.partition(b"://")
    if not found or b"/" in scheme or b"?" in scheme:
        return request, None
    host, slash, tail = rest.partition(b"/")
    return joined(method, slash + tail if slash else b"/", protocol), host or None
