"""Formats that are no template: load balancers, S3, HAProxy and Squid. Core.

Each expression is strict in its first fields, so that no line of another format is taken for one of these.
"""

import re
from collections.abc import Callable

from twisted_suite.accesslog.formats import QUOTED
from twisted_suite.accesslog.records import Record, without_authority
from twisted_suite.accesslog.templates import duration_us

_SECOND, _MILLISECOND = 1_000_000, 1_000
_TIME = rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)"
_TIMES = rb"(-?[\d.]+) (-?[\d.]+) (-?[\d.]+)"

Fields = tuple[bytes | None, ...]


class Preset:
    """Reads the lines of one format."""

    def __init__(self, name: str, pattern: bytes, record: Callable[[Fields], Record]) -> None:
        self.name = name
        self._match = re.compile(pattern, re.DOTALL).match
        self._record = record

    def read(self, line: bytes) -> Record | None:
        """Read a line that needs no repair."""
        match = self._match(line)
        return self._record(match.groups()) if match else None


def _balancer(name: str) -> Callable[[Fields], Record]:
    def record(fields: Fields) -> Record:
        time, client, *durations, status, size, request, agent, tls = fields
        request, host = without_authority(request or b"-")
        parts = [duration_us(each or b"-1", _SECOND) for each in durations]
        return Record(
            client or b"-",
            time or b"",
            request,
            status or b"",
            int(size or 0),
            name,
            host=host,
            agent=agent,
            duration_us=None if None in parts else sum(part or 0 for part in parts),
            tls=None if tls == b"-" else tls,
        )

    return record


def _s3(fields: Fields) -> Record:
    bucket, time, client, user, request, status, size, total_ms, referrer, agent, tls = fields
    return Record(
        client or b"-",
        time or b"",
        request or b"-",
        status or b"-",
        0 if size in (b"-", None) else int(size),
        "s3",
        user or b"-",
        bucket,
        referrer,
        agent,
        duration_us(total_ms or b"-1", _MILLISECOND),
        tls,
    )


def _haproxy(fields: Fields) -> Record:
    client, time, frontend, total_ms, status, size, request = fields
    return Record(
        client or b"-",
        time or b"",
        request or b"-",
        b"-" if status == b"-1" else status or b"-",
        int(size or 0),
        "haproxy",
        host=frontend,
        duration_us=duration_us(total_ms or b"-1", _MILLISECOND),
    )


def _squid(fields: Fields) -> Record:
    time, total_ms, client, status, size, method, url, user = fields
    return Record(
        client or b"-",
        time or b"",
        (method or b"-") + b" " + (url or b"-"),
        status or b"",
        int(size or 0),
        "squid",
        user or b"-",
        duration_us=duration_us(total_ms or b"-1", _MILLISECOND),
    )


# elb client:port target:port three-times status target-status received sent "request"
_BALANCED = (
    _TIME
    + rb" [^ ]+ ([^ ]+):\d+ [^ ]+ "
    + _TIMES
    + rb" (\d{3}) (?:\d{1,3}|-) \d{1,20} (\d{1,20})"
    + b' "'
    + QUOTED
)

PRESETS: tuple[Preset, ...] = (
    Preset(
        "alb",
        rb"(?:https?|h2|grpcs|wss?) " + _BALANCED + b' "' + QUOTED + rb" [^ ]+ ([^ \r\n]+)",
        _balancer("alb"),
    ),
    Preset("elb", _BALANCED + b'(?: "' + QUOTED + rb" [^ ]+ ([^ \r\n]+))?(?=[ \r\n]|\Z)", _balancer("elb")),
    Preset(
        "s3",
        rb"(?:[0-9a-f]{64}|-) ([a-z0-9.-]+) \[([^\[\]]*)\] ([^ ]+) ([^ ]+) [^ ]+ [A-Z0-9]+\.[A-Z0-9_.]+ [^ ]+"
        + rb" (?:-|\""
        + QUOTED
        + rb") (\d{3}|-) [^ ]+ (\d{1,20}|-) (?:\d{1,20}|-) (\d{1,18}|-) (?:\d{1,18}|-)"
        + rb"(?: (?:-|\""
        + QUOTED
        + rb") (?:-|\""
        + QUOTED
        + rb")(?: [^ ]+ [^ ]+ [^ ]+ [^ ]+ [^ ]+ [^ ]+ ([^ \r\n]+))?)?",
        _s3,
    ),
    Preset(
        "haproxy",
        rb"(?!\xef)(?:[^\"{\[]*?haproxy\[\d+\]: )?([0-9A-Fa-f:.]+):\d+ \[(\d\d/[A-Z][a-z]{2}/\d{4}:[\d:.]+)\]"
        rb" ([^ ]+) [^ ]+ [-\d]+/[-\d]+/[-\d]+/[-\d]+/\+?(-?\d{1,15}) (\d{3}|-1) \+?(\d{1,20})"
        rb" [^ ]+ [^ ]+ [^ ]{4} [\d/+]+ [\d/]+ (?:\{[^}]*\} ){0,2}" + b'"' + QUOTED + rb"[ \r\n]*\Z",
        _haproxy,
    ),
    Preset(
        "squid",
        rb" *(\d{9,10}\.\d{3}) +(-?\d{1,15}) ([^ ]+) [A-Z_]+(?:/(\d{3})) (\d{1,20})"
        rb" ([^ ]+) ([^ ]+) ([^ ]+) [A-Z_]+/[^ ]+ [^ ]+",
        _squid,
    ),
)
