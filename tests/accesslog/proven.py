"""What the fast lane is held against: every line by itself, by the strict reader."""

from collections.abc import Sequence
from itertools import combinations

from hypothesis import strategies as st

from tests.accesslog.dialects import LINES
from tests.accesslog.lines import INVALID_LINES, OK_LINES, RECOVERED_LINES, every_kind
from twisted_suite.accesslog.lane import PADDING_BYTES, Lane
from twisted_suite.accesslog.reading import LineReader
from twisted_suite.accesslog.scan import Plan, Scan
from twisted_suite.accesslog.stats import Stats

FORMATS = ("auto", "common", "combined", "vhost-combined")
corpus = [*OK_LINES, *(line for _, line in (*RECOVERED_LINES, *INVALID_LINES)), *(line for line, _ in LINES)]

# A well-formed line, of which any part may be something that is nearly right.
_PARTS = (
    (
        b"", b"example.com ", b"www.example.com:443 ", b"10.0.0.1 ", b"a:123456 ", b"a:8x ", b"\xef\xbb\xbf",
        b"#", b"{", b'"', b"-x ",
    ),
    (
        b"192.0.2.1", b"2001:db8::1", b"host.example.com", b"h\xc3\xb6st", b"1.2.3", b"a:b", b"a:b:%eth0",
        b"1.2.3.4567", b"1.2.3.", b"1.2.3.4.5", b"1..2.3", b"x\x00", b"",
    ),
    (b" - ", b" - ", b" -  ", b" www.example.com ", b"  ", b" 192.0.2.2 "),
    (b"-", b"-", b"frank", b"a user", b'"q"', b"b[1]", b"", b"\\", b"\xff"),
    (b" [", b" [", b"[", b" [["),
    (
        b"15/Nov/2015:03:45:45 +0000", b"15/Nov/2015:03:45:46 +0000", b"29/Feb/2015:00:00:00 +0000",
        b"29/Feb/2016:23:59:60 +0900", b"31/Dec/1999:24:00:00 -0000", b"01/Jan/0000:00:00:00 +0000",
        b"01/Jan/1800:00:00:00 -2359", b"01/Jan/0001:00:00:00 +0100", b"15/nov/2015:03:45:45 +0000",
        b"15/Nov/2015:03:45:61 +0000", b"15/Nov/2015:03:45:45 +2400", b"15/Nov/2015:03:45:45", b"", b"when?",
        b"2015-11-15T03:45:45+00:00", b"15/Nov/2015:03:45:45 +0000 ",
    ),
    (b'] "', b'] "', b']  "', b'] ', b']]"'),
    (
        b"GET / HTTP/1.1", b"", b"-", b'GET /\\" HTTP/1.1', b"GET /\\\\", b"\\", b'a"b', b"\x00\xe9\r",
        b"/" * 70,
    ),
    (b'" ', b'" ', b'"', b'\\" ', b'"  '),
    (b"200", b"404", b"099", b"20", b"2000", b"-", b"2\xb2"),
    (b" 5", b" -", b" 007", b" 99999999999999", b" 98765432109876543210", b" 5x", b" ", b" 1,5", b"x5", b"5"),
    (
        b"", b' "-" "-"', b' "http://a/" "M \\"x\\""', b' "" ""', b' "-" "-" 0.1 "more"', b' "-"',
        b' "un"quoted" "M"', b" 1", b'  "-" "-"', b' "-"  "M"', b' "-" "never closed',
    ),
    (b"", b"\r", b"\r\r", b" ", b"\rx"),
)  # fmt: skip
_right = st.tuples(*(st.just(parts[:2]).flatmap(st.sampled_from) for parts in _PARTS))
_changes = st.lists(
    st.integers(0, len(_PARTS) - 1).flatmap(lambda at: st.tuples(st.just(at), st.sampled_from(_PARTS[at]))),
    max_size=2,
)


def _line(parts: Sequence[bytes], changes: Sequence[tuple[int, bytes]]) -> bytes:
    found = list(parts)
    for at, part in changes:
        found[at] = part
    return b"".join(found)


def nearly_right() -> list[bytes]:
    """Every line with no more than two parts that may be wrong."""
    rows = [(at, part) for at, parts in enumerate(_PARTS) for part in parts]
    right = [parts[0] for parts in _PARTS]
    return [_line(right, changes) for changes in combinations(rows, 2)]


some_line = st.builds(_line, _right, _changes) | st.sampled_from(every_kind)
some_lines = st.lists(some_line, max_size=12)


def strict(lines: Sequence[bytes], log_format: str = "auto", detailed: bool = True) -> Stats:
    """The figures of lines, each read by itself."""
    reader, stats = LineReader(log_format), Stats()
    for number, line in enumerate(lines, start=1):
        record = stats.add(reader.read(line), line, "log", number)
        if record is not None:
            stats.count(record, detailed)
    return stats


def by_lane(lines: Sequence[bytes], log_format: str = "auto", detailed: bool = True) -> tuple[Stats, int]:
    """The same by the fast lane and, for what it leaves, the strict reader; and how many lines that is."""
    block = b"".join(line + b"\n" for line in lines)
    lane, scan = Lane(log_format, detailed), Scan("log", Plan(log_format, detailed))
    count, odd = lane.scan(bytearray(block + bytes(PADDING_BYTES)), len(block))
    scan.count_odd(count, odd)
    scan.take(lane.stats())
    return scan.stats, len(odd)
