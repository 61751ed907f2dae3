"""Access-log lines out of syslog messages. Core.

::

    <190>Nov 15 03:45:45 host nginx: 192.0.2.1 - - [...]       RFC 3164, as nginx and HAProxy send it
    <190>1 2015-11-15T03:45:45Z host nginx 12 - - 192.0.2.1…   RFC 5424
    123 <190>1 2015-11-15…                                     over TCP: octet counting (RFC 6587, 3.4.1)
    <190>Nov 15 …\n                                            or a newline ends each (3.4.2)

What has no such head is a line as it stands.
"""

import re

from twisted_suite.accesslog.records import MAX_LINE_BYTES
from twisted_suite.errors import LimitExceeded

_reads_new = re.compile(
    rb'<\d{1,3}>1 \S+ \S+ \S+ \S+ \S+ (?:-|(?:\[[^\]"]*(?:"(?:[^"\\]|\\.)*"[^\]"]*)*\])+) ?(?:\xef\xbb\xbf)?'
).match
_reads_old = re.compile(
    rb"<\d{1,3}>(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S+) "
    rb"(?:\S+ )??[^\s:\[]+(?:\[\d+\])?: ?"
).match
_reads_length = re.compile(rb"(\d{1,7}) (?=<)").match


def message(data: bytes) -> bytes:
    """The line that a message carries."""
    data = data.rstrip(b"\r\n\0")
    head = _reads_new(data) or _reads_old(data)
    return data[head.end() :] if head else data


class Messages:
    """Cuts a stream into messages, whichever way it frames them."""

    def __init__(self) -> None:
        self._waiting = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The messages that end in `data`. Raises `LimitExceeded` for one that is longer than any line."""
        waiting = self._waiting + data
        found: list[bytes] = []
        at = 0
        while at < len(waiting):
            counted = _reads_length(waiting, at)
            end = counted.end() + int(counted[1]) if counted else waiting.find(b"\n", at) + 1
            if end > len(waiting) or not end:
                break
            found.append(message(waiting[counted.end() if counted else at : end]))
            at = end
        self._waiting = waiting[at:]
        if len(self._waiting) > MAX_LINE_BYTES:
            raise LimitExceeded(f"a message of more than {MAX_LINE_BYTES} bytes")
        return [each for each in found if each]

    def finish(self) -> list[bytes]:
        """The stream ends: its last message may have no newline."""
        left, self._waiting = self._waiting, b""
        return [message(left)] if left.strip() else []
