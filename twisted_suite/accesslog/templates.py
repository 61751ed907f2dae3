"""Any Apache ``LogFormat`` and any nginx ``log_format``, as a reader of the lines that it writes. Core.

Each directive becomes a field that ends where the text after it begins; what has no meaning here (``%P``,
``$upstream_addr``) is read over. Two directives with nothing between them cannot be told apart, and a format
without a client or a status has no figures: both are refused with a `TemplateError`.
"""

import re
from collections.abc import Callable, Iterator

from twisted_suite.accesslog.formats import QUOTED
from twisted_suite.accesslog.records import Record, joined
from twisted_suite.accesslog.strftime import Clock
from twisted_suite.errors import SuiteError

# What a field means; fields of several names are alternatives, the first that has a value counts.
_APACHE_LETTERS = {
    "h": "client", "a": "client", "u": "user", "t": "time", "r": "request", "s": "status", "b": "size",
    "B": "size", "O": "size_out", "m": "method", "U": "path", "q": "query", "H": "protocol", "v": "host",
    "V": "host", "D": "microseconds", "T": "seconds",
}  # fmt: skip
_APACHE_NAMED = {
    ("referer", "i"): "referrer", ("user-agent", "i"): "agent", ("host", "i"): "host",
    ("x-forwarded-for", "i"): "forwarded", ("ssl_protocol", "x"): "tls", ("c", "a"): "peer",
    ("us", "T"): "microseconds", ("ms", "T"): "milliseconds", ("s", "T"): "seconds",
}  # fmt: skip
_NGINX_NAMES = {
    "remote_addr": "client", "remote_user": "user", "time_local": "time", "time_iso8601": "time",
    "msec": "time", "request": "request", "status": "status", "body_bytes_sent": "size",
    "bytes_sent": "size_out", "http_referer": "referrer", "http_user_agent": "agent",
    "http_x_forwarded_for": "forwarded", "host": "host", "http_host": "host", "server_name": "host",
    "request_time": "seconds", "request_method": "method", "request_uri": "path", "uri": "path",
    "args": "query", "query_string": "query", "server_protocol": "protocol", "ssl_protocol": "tls",
}  # fmt: skip
_apache_directive = re.compile(r"%(?:(%)|[!<>\d,]*(?:\{((?:[^}\\]|\\.)*)\})?(\^[A-Za-z]{2}|[A-Za-z]))")
_nginx_variable = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_TO_US = {"microseconds": 1, "milliseconds": 1_000, "seconds": 1_000_000}
_IGNORED = "ignored"
_SPELLINGS = (('\\"', '"'), ("\\t", "\t"), ("%U%q", "%U"), ("$uri$is_args$args", "$request_uri"))


class TemplateError(SuiteError):
    """A format that cannot be read by; the text says why."""


class Template:
    """Reads the lines that one format string writes."""

    def __init__(self, text: str) -> None:
        self._apache = "%" in text
        self._name = "LogFormat" if self._apache else "log_format"
        self._clock: Clock | None = None
        self._meanings: list[str] = []
        self._match = self._compile(_plain(text))

    def read(self, line: bytes) -> Record | None:
        """Read a line that needs no repair."""
        match = self._match(line)
        if match is None:
            return None
        found: dict[str, bytes] = {}
        for meaning, value in zip(self._meanings, match.groups(), strict=True):
            if value not in (b"-", b""):
                found.setdefault(meaning, value)
        status = found.get("status", b"")
        if len(status) != 3 or not status.isdigit():
            return None
        return self._record(found, status)

    def _record(self, found: dict[str, bytes], status: bytes) -> Record | None:
        size = found.get("size", found.get("size_out", b"0"))
        client = found.get("client") or found.get("peer") or found.get("forwarded")
        if client is None or not size.isdigit() or len(size) > 20:
            return None
        time = found.get("time", b"")
        return Record(
            client,
            self._clock.read(time) if self._clock else time,
            _request(found),
            status,
            int(size),
            self._name,
            found.get("user", b"-"),
            found.get("host"),
            found.get("referrer"),
            found.get("agent"),
            _duration_us(found),
            found.get("tls"),
        )

    def _compile(self, text: str) -> Callable[[bytes], "re.Match[bytes] | None"]:
        pieces = list(self._pieces(text))
        pattern = b""
        for index, (literal, meaning) in enumerate(pieces):
            pattern += re.escape(literal.encode())
            if meaning is not None:
                following, next_meaning = pieces[index + 1]  # the text after the last directive is a piece
                if not following and next_meaning is not None:
                    raise TemplateError(f"{text!r}: nothing stands between two of its directives")
                pattern += self._field(literal, meaning, following, next_meaning)
                self._meanings.append(meaning)
        known = set(self._meanings)
        if not known & {"client", "peer", "forwarded"} or "status" not in known:
            raise TemplateError(f"{text!r}: it names no client address or no status")
        return re.compile(pattern + rb"[ \t]*\r?\n?\Z", re.DOTALL).match

    def _field(self, before: str, meaning: str, after: str, next_meaning: str | None) -> bytes:
        if before.endswith('"') and after.startswith('"'):
            return QUOTED[:-1]
        if meaning == "time" and self._apache and self._clock is None and not before.endswith("["):
            return rb"\[?([^\[\]\"]*)\]?"
        if meaning == "user" and (after.startswith(" [") or next_meaning == "time"):
            return rb"([^\[\"]*?)"  # it may hold blanks
        if after[:1] in ("", " "):
            return rb"([^ \r\n]*)"
        return b"([^" + re.escape(after[0].encode()) + b"]*)"

    def _pieces(self, text: str) -> Iterator[tuple[str, str | None]]:
        """The text before each directive with what the directive means, and the text after the last."""
        at, literal = 0, ""
        expression = _apache_directive if self._apache else _nginx_variable
        for match in expression.finditer(text):
            literal += text[at : match.start()]
            at = match.end()
            if self._apache and match[1]:
                literal += "%"
                continue
            yield (
                literal,
                self._apache_meaning(match[2], match[3])
                if self._apache
                else _NGINX_NAMES.get(match[1] or match[2], _IGNORED),
            )
            literal = ""
        yield literal + text[at:], None

    def _apache_meaning(self, name: str | None, letter: str) -> str:
        if name is None:
            return _APACHE_LETTERS.get(letter, _IGNORED)
        if letter == "t":
            self._clock = Clock(name)
            return "time"
        return _APACHE_NAMED.get((name.lower(), letter), _IGNORED)


def _plain(text: str) -> str:
    """As the server takes it: escapes undone, and what stands for one path and its query as one."""
    for spelling, meaning in _SPELLINGS:
        text = text.replace(spelling, meaning)
    return text


def _request(found: dict[str, bytes]) -> bytes:
    if "request" in found or "method" not in found:
        return found.get("request", b"-")
    query = found.get("query", b"")
    path = found.get("path", b"-")
    if query and b"?" not in path:
        path += query if query.startswith(b"?") else b"?" + query
    return joined(found["method"], path, found.get("protocol"))


def _duration_us(found: dict[str, bytes]) -> int | None:
    for unit, in_us in _TO_US.items():
        if unit in found:
            return duration_us(found[unit], in_us)
    return None


def duration_us(text: bytes, unit_us: float) -> int | None:
    """A duration in microseconds; None if it is no number."""
    try:
        value = float(text) * unit_us
    except ValueError:
        return None
    return int(value) if 0 <= value < 1e15 else None
