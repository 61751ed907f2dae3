"""The W3C Extended Log File Format, as IIS and CloudFront write it. Core.

``#Fields:`` names the columns of the lines after it, so a reader remembers them from line to line; they are
split by tabs if it or the line has any, else by blanks.
"""

import re
from urllib.parse import unquote_to_bytes

from twisted_suite.accesslog.records import Directive, Reason, Record, joined
from twisted_suite.accesslog.templates import duration_us

_reads_directive = re.compile(
    rb"#(Fields|Version|Software|Date|Start-Date|End-Date|Remark|GMT-Offset):[ \t]*(.*?)\s*\Z", re.DOTALL
).match
_NEEDED = ({b"c-ip"}, {b"sc-status"})
_NO_VALUE = (b"-", b"")
# A line of more columns than any server can name is data of another kind.
MAX_COLUMNS = 256


class ExtendedLog:
    """Reads the lines of one file, in order."""

    def __init__(self) -> None:
        self.fields: tuple[bytes, ...] = ()  # as the last #Fields named them
        self._cloudfront = False

    def directive(self, line: bytes) -> Directive | None:
        """Take notice of a line that starts with a hash, if it is a directive."""
        match = _reads_directive(line)
        if match is None:
            return None
        if match[1] == b"Fields":
            self.use(match[2])
        return Directive(match[1])

    def use(self, names: bytes) -> None:
        """Read lines by these names from now on."""
        fields = tuple(names.split()[:MAX_COLUMNS])
        self.fields = fields if all(set(fields) & needed for needed in _NEEDED) else ()
        self._cloudfront = b"x-edge-location" in fields

    def read(self, line: bytes) -> Record | Reason:
        """Read a line by the fields in force."""
        line = line.rstrip(b"\r\n")
        values = line.split(b"\t") if b"\t" in line else line.split(b" ")
        if not self.fields or len(values) != len(self.fields):
            return Reason.COLUMNS
        found = {
            name: value for name, value in zip(self.fields, values, strict=True) if value not in _NO_VALUE
        }
        status, size = found.get(b"sc-status", b"000"), found.get(b"sc-bytes", b"0")
        if len(status) != 3 or not status.isdigit() or not size.isdigit() or len(size) > 20:
            return Reason.COLUMNS
        return self._record(found, status, int(size))

    def _record(self, found: dict[bytes, bytes], status: bytes, size: int) -> Record:
        text = found.get
        host = text(b"x-host-header") or text(b"cs-host") or text(b"cs(Host)") or text(b"s-computername")
        return Record(
            text(b"c-ip", b"-"),
            self._time(found),
            _request(found),
            status,
            size,
            "cloudfront" if self._cloudfront else "w3c",
            text(b"cs-username", b"-"),
            host,
            text(b"cs(Referer)"),
            self._unescaped(text(b"cs(User-Agent)")),
            self._duration_us(text(b"time-taken")),
            text(b"ssl-protocol"),
        )

    def _time(self, found: dict[bytes, bytes]) -> bytes:
        if b"timestamp" in found:
            return found[b"timestamp"]
        return found.get(b"date", b"") + b" " + found.get(b"time", b"")

    def _duration_us(self, text: bytes | None) -> int | None:
        """IIS counts in milliseconds, the standard and CloudFront in seconds with a fraction."""
        if text is None:
            return None
        in_seconds = self._cloudfront or b"." in text
        return duration_us(text, 1_000_000 if in_seconds else 1_000)

    def _unescaped(self, agent: bytes | None) -> bytes | None:
        """IIS writes a plus for a blank, CloudFront writes ``%20``."""
        if agent is None:
            return None
        return unquote_to_bytes(agent) if self._cloudfront else agent.replace(b"+", b" ")


def _request(found: dict[bytes, bytes]) -> bytes:
    method = found.get(b"cs-method")
    if method is None:
        return b"-"
    path = found.get(b"cs-uri-stem") or found.get(b"cs-uri", b"-")
    if query := found.get(b"cs-uri-query"):
        path += b"?" + query
    return joined(method, path, found.get(b"cs-version") or found.get(b"cs-protocol-version"))
