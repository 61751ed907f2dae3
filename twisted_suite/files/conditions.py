"""What the conditional fields of a request come to (RFC 9110 section 13). Core."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum
from functools import lru_cache

# Fields that make a request one that `evaluate` or a range has to look at.
CONDITIONAL_FIELDS = frozenset(
    {b"if-match", b"if-none-match", b"if-modified-since", b"if-unmodified-since", b"if-range", b"range"}
)

_DAYS = (b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun")
_MONTHS = b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


class Outcome(Enum):
    """How a request goes on."""

    GO_ON = 200
    NOT_MODIFIED = 304
    PRECONDITION_FAILED = 412


@lru_cache(maxsize=256)
def http_date(seconds: int) -> bytes:
    """The time `seconds` after the epoch as an IMF-fixdate (5.6.7)."""
    when = datetime.fromtimestamp(seconds, UTC)
    return b"%s, %02d %s %04d %02d:%02d:%02d GMT" % (
        _DAYS[when.weekday()],
        when.day,
        _MONTHS[when.month - 1],
        when.year,
        when.hour,
        when.minute,
        when.second,
    )


def parse_date(field: bytes | None) -> int | None:
    """Seconds after the epoch of a date in any of HTTP's three forms; None where it is none."""
    try:
        when = parsedate_to_datetime((field or b"").decode("ascii"))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    # The asctime form names no zone: it is UTC.
    return int((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp())


def evaluate(
    method: str, fields: Mapping[bytes, bytes], etag: bytes | None, modified_s: int | None
) -> Outcome:
    """Apply the preconditions in the order of 13.2.2 to a representation that exists."""
    if not _is_expected(fields, etag, modified_s):
        return Outcome.PRECONDITION_FAILED
    reading = method in ("GET", "HEAD")
    if (known := fields.get(b"if-none-match")) is not None:
        if not _listed(known, etag, weakly=True):
            return Outcome.GO_ON
        return Outcome.NOT_MODIFIED if reading else Outcome.PRECONDITION_FAILED
    since = parse_date(fields.get(b"if-modified-since")) if reading else None
    unchanged = since is not None and modified_s is not None and modified_s <= since
    return Outcome.NOT_MODIFIED if unchanged else Outcome.GO_ON


def _is_expected(fields: Mapping[bytes, bytes], etag: bytes | None, modified_s: int | None) -> bool:
    """Whether it is the version that If-Match, or else If-Unmodified-Since, asks for."""
    if (wanted := fields.get(b"if-match")) is not None:
        return _listed(wanted, etag, weakly=False)
    limit = parse_date(fields.get(b"if-unmodified-since"))
    return limit is None or (modified_s is not None and modified_s <= limit)


def range_applies(fields: Mapping[bytes, bytes], etag: bytes | None, modified_s: int | None) -> bool:
    """Whether a Range field counts: without If-Range always, with it only for the same version (13.1.5)."""
    validator = fields.get(b"if-range")
    if validator is None:
        return True
    if validator.endswith(b'"'):
        return etag is not None and validator == etag and not etag.startswith(b"W/")
    return modified_s is not None and parse_date(validator) == modified_s


def _listed(field: bytes, etag: bytes | None, *, weakly: bool) -> bool:
    """Whether a list of entity tags, or ``*``, names `etag` (8.8.3.2)."""
    if field.strip() == b"*":
        return True
    if etag is None or (not weakly and etag.startswith(b"W/")):
        return False
    opaque = etag.removeprefix(b"W/")
    for word in _tags(field):
        if (weakly or not word.startswith(b"W/")) and word.removeprefix(b"W/") == opaque:
            return True
    return False


def _tags(field: bytes) -> list[bytes]:
    """The entity tags of a list. A comma may stand within one."""
    tags = []
    rest = field
    while rest:
        before, quote, rest = rest.partition(b'"')
        opaque, end, rest = rest.partition(b'"')
        if not (quote and end):
            break
        weak = b"W/" if before.strip(b" \t,") == b"W/" else b""
        tags.append(weak + b'"' + opaque + b'"')
    return tags
