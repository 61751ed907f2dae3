"""Lines that are JSON objects: Caddy, Traefik, Cloudflare, nginx-style, and others by the same names. Core.

The kind of an object is known by the keys that only it has; values are then found by the names that this
kind uses. An object without a client address or a status is no request.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from twisted_suite.accesslog.records import Reason, Record, joined
from twisted_suite.accesslog.templates import duration_us

Names = tuple[str, ...]  # alternatives; a dot leads into an object within


@dataclass(frozen=True, slots=True)
class Kind:
    """Where one kind of object has what."""

    name: str
    marks: Names  # all of these are there
    client: Names
    time: Names
    status: Names
    size: Names
    request: Names = ()
    method: Names = ()
    path: Names = ()
    protocol: Names = ()
    user: Names = ()
    host: Names = ()
    referrer: Names = ()
    agent: Names = ()
    duration: Names = ()
    duration_unit_us: float = 1e6
    tls: Names = ()


_KINDS = (
    Kind(
        "caddy",
        ("request.method", "status"),
        client=("request.client_ip", "request.remote_ip", "request.remote_addr"),
        time=("ts",),
        status=("status",),
        size=("size",),
        method=("request.method",),
        path=("request.uri",),
        protocol=("request.proto",),
        user=("user_id",),
        host=("request.host",),
        referrer=("request.headers.Referer",),
        agent=("request.headers.User-Agent",),
        duration=("duration",),
        tls=("request.tls.version",),
    ),
    Kind(
        "traefik",
        ("ClientHost", "DownstreamStatus"),
        client=("ClientHost",),
        time=("StartUTC", "StartLocal", "time"),
        status=("DownstreamStatus",),
        size=("DownstreamContentSize",),
        method=("RequestMethod",),
        path=("RequestPath",),
        protocol=("RequestProtocol",),
        user=("ClientUsername",),
        host=("RequestHost",),
        referrer=("request_Referer",),
        agent=("request_User-Agent",),
        duration=("Duration",),
        duration_unit_us=1e-3,
        tls=("TLSVersion",),
    ),
    Kind(
        "cloudflare",
        ("ClientIP", "EdgeResponseStatus"),
        client=("ClientIP",),
        time=("EdgeStartTimestamp",),
        status=("EdgeResponseStatus",),
        size=("EdgeResponseBytes", "EdgeResponseBodyBytes"),
        method=("ClientRequestMethod",),
        path=("ClientRequestURI", "ClientRequestPath"),
        protocol=("ClientRequestProtocol",),
        host=("ClientRequestHost",),
        referrer=("ClientRequestReferer",),
        agent=("ClientRequestUserAgent",),
        duration=("EdgeTimeToFirstByteMs",),
        duration_unit_us=1e3,
        tls=("ClientSSLProtocol",),
    ),
    Kind(
        "json",  # the names of nginx's variables, and what others call the same
        (),
        client=("remote_addr", "client_ip", "remote_ip", "clientip", "ip", "client", "http_x_forwarded_for"),
        time=("time_local", "time_iso8601", "@timestamp", "timestamp", "time", "ts", "msec"),
        status=("status", "status_code", "response", "code"),
        size=("body_bytes_sent", "bytes_sent", "bytes", "size", "response_size"),
        request=("request",),
        method=("request_method", "method", "verb"),
        path=("request_uri", "uri", "path", "url"),
        protocol=("server_protocol", "protocol", "proto"),
        user=("remote_user", "user"),
        host=("host", "http_host", "server_name", "vhost"),
        referrer=("http_referer", "http_referrer", "referer", "referrer"),
        agent=("http_user_agent", "user_agent", "agent"),
        duration=("request_time", "duration", "latency"),
        tls=("ssl_protocol", "tls_version"),
    ),
)  # fmt: skip
# Go writes the version of TLS as its number on the wire.
_TLS_NUMBERS = {b"769": b"TLSv1", b"770": b"TLSv1.1", b"771": b"TLSv1.2", b"772": b"TLSv1.3"}


def read_object(line: bytes) -> Record | Reason:
    """Read a line that starts with a brace."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):  # nested without end is no log's
        return Reason.OBJECT
    if not isinstance(found, dict):
        return Reason.OBJECT
    for kind in _KINDS:
        if all(_value(found, mark) is not None for mark in kind.marks):
            return _record(found, kind) or Reason.KEYS
    return Reason.KEYS


def _record(found: Mapping[str, Any], kind: Kind) -> Record | None:
    client, status = _first(found, kind.client), _first(found, kind.status)
    size = _first(found, kind.size) or b"0"
    if client is None or status is None or len(status) != 3 or not status.isdigit():
        return None
    if size == b"-":
        size = b"0"
    if not size.isdigit() or len(size) > 20:
        return None
    duration = _first(found, kind.duration)
    tls = _first(found, kind.tls)
    return Record(
        _first_address(client),
        _first(found, kind.time) or b"",
        _request(found, kind),
        status,
        int(size),
        kind.name,
        _first(found, kind.user) or b"-",
        _first(found, kind.host),
        _first(found, kind.referrer),
        _first(found, kind.agent),
        None if duration is None else duration_us(duration, kind.duration_unit_us),
        _TLS_NUMBERS.get(tls, tls) if tls else None,
    )


def _request(found: Mapping[str, Any], kind: Kind) -> bytes:
    request = _first(found, kind.request)
    if request is not None:
        return request
    method, path = _first(found, kind.method), _first(found, kind.path)
    return joined(method, path or b"-", _first(found, kind.protocol)) if method else b"-"


def _first(found: Mapping[str, Any], names: Names) -> bytes | None:
    for name in names:
        value = _value(found, name)
        if isinstance(value, list) and value:
            value = value[0]
        if isinstance(value, str | int | float) and not isinstance(value, bool) and value != "":
            return _bytes(value)
    return None


def _value(found: Any, name: str) -> Any:
    for part in name.split("."):
        if not isinstance(found, dict):
            return None
        found = found.get(part)
    return found


def _bytes(value: str | float) -> bytes:
    """As a log would write it: a large number without an exponent, one line without its end."""
    text = str(value)
    if isinstance(value, float) and "e" in text:
        text = f"{value:.9f}"
    return text.encode("utf-8", "surrogatepass")


def _first_address(text: bytes) -> bytes:
    """Of the list that proxies make, the client; of an address with a port, the address."""
    address = text.partition(b",")[0].strip() or b"-"
    if address.startswith(b"["):
        return address[1:].partition(b"]")[0] or b"-"
    return address.partition(b":")[0] or b"-" if address.count(b":") == 1 else address
