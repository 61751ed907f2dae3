"""Which bytes a Range field asks for (RFC 9110 section 14). Core."""

import re
from dataclasses import dataclass
from enum import Enum

# More ranges in one request than this come from no player or downloader; the whole is sent instead (14.2).
MAX_RANGES = 100
# No file has a position of more digits.
MAX_DIGITS = 19

_SPEC = re.compile(rb"(\d*)-(\d*)")


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Bytes of a representation, from `start` up to but without `stop`."""

    start: int
    stop: int

    @property
    def length(self) -> int:
        return self.stop - self.start

    def content_range(self, total: int) -> bytes:
        """The value of the Content-Range field (14.4)."""
        return b"bytes %d-%d/%d" % (self.start, self.stop - 1, total)


class Selection(Enum):
    """What a Range field comes to when it is not a list of ranges."""

    WHOLE = "whole"  # there is none, it is not understood, or it asks for more than the whole
    UNSATISFIABLE = "unsatisfiable"  # none of the ranges has a byte


def select(field: bytes | None, total: int) -> Selection | tuple[ByteRange, ...]:
    """The ranges that `field` asks of a representation of `total` bytes, in the order of the request."""
    unit, equals, text = (field or b"").partition(b"=")
    if not equals or unit.strip().lower() != b"bytes":
        return Selection.WHOLE
    specs = [spec for spec in (word.strip() for word in text.split(b",")) if spec]
    matches = [_SPEC.fullmatch(spec) for spec in specs[: MAX_RANGES + 1]]
    if not 0 < len(matches) <= MAX_RANGES:
        return Selection.WHOLE
    found = []
    for match in matches:
        if match is None or not _valid(*match.groups()):
            return Selection.WHOLE
        first, last = match.groups()
        if not first and total == 0 and int(last):
            return Selection.WHOLE  # the end of nothing is nothing, which no Content-Range can say
        found.append(_resolve(first, last, total))
    ranges = tuple(each for each in found if each.length > 0)
    if not ranges:
        return Selection.UNSATISFIABLE
    # Overlapping ranges that add up to more than the whole are a mistake or an attack (14.2, 17.15).
    return Selection.WHOLE if sum(each.length for each in ranges) > total else ranges


def _valid(first: bytes, last: bytes) -> bool:
    """Whether these are positions at all; an end before its beginning makes the field invalid (14.1.1)."""
    if not (first or last) or max(len(first), len(last)) > MAX_DIGITS:
        return False
    return not (first and last) or int(first) <= int(last)


def _resolve(first: bytes, last: bytes, total: int) -> ByteRange:
    """A range within the representation; one that has no byte there is empty."""
    if not first:
        return ByteRange(max(0, total - int(last)), total)
    start = int(first)
    stop = min(int(last) + 1, total) if last else total
    return ByteRange(start, max(start, stop))
