"""A connection as a line of the Common Log Format, which `accesslog` and other programs read. Core.

::

    192.0.2.7 - - [25/Nov/2026:01:56:55 +0000] "FILES /sent%20report.pdf" 200 48213 11 0.2104 "closed"

The time is that of the connection's beginning; the request is the service and what came of the connection;
then a status as HTTP has them, the bytes out, and, behind what the format knows, the bytes in, the seconds,
and why the connection ended.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from twisted_suite.runtime.text import printable

# By the first word of the reason; 499 is nginx's "client closed request".
_STATUS = {
    "closed": 200,
    "drained": 200,
    "lost": 499,
    "idle": 408,
    "silent": 408,
    "stuck": 408,
    "handshake": 408,
    "buffer": 413,
    "buffers": 413,
    "drain": 503,
}
_OTHER_STATUS = 500
_FIELDS = ("service", "peer", "outcome", "bytes_in", "bytes_out", "seconds", "reason", "log_time")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# What of an outcome stands in a line.
MAX_OUTCOME = 512


def connection_line(event: Mapping[str, Any]) -> str | None:
    """The line of the log event at the end of a connection; None of any other event."""
    if not all(field in event for field in _FIELDS):
        return None
    outcome = quote(event["outcome"].strip().rstrip(";")[:MAX_OUTCOME], safe="/:@!$&'()*+,;=~-._")
    reason = printable(event["reason"]).replace("\\", "\\\\").replace('"', '\\"')
    return (
        f"{_client(event['peer'])} - - [{_time(event['log_time'] - event['seconds'])}] "
        f'"{event["service"].upper()} /{outcome}" {_status(event["reason"])} {event["bytes_out"]} '
        f'{event["bytes_in"]} {event["seconds"]} "{reason}"\n'
    )


def _client(peer: str) -> str:
    """Its address without the port."""
    return peer.rpartition(":")[0].strip("[]") or peer


def _time(at: float) -> str:
    """In UTC, with English months whatever the locale."""
    time = datetime.fromtimestamp(at, UTC)
    return f"{time:%d}/{_MONTHS[time.month - 1]}/{time:%Y:%H:%M:%S} +0000"


def _status(reason: str) -> int:
    return _STATUS.get(reason.partition(" ")[0].rstrip(":"), _OTHER_STATUS)
