"""What the user asks for, where it is, and what it is called here. Core."""

import re
from base64 import b64encode
from dataclasses import dataclass
from email.message import Message
from email.utils import collapse_rfc2231_value
from hashlib import sha256
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit

from twisted_suite.errors import ConfigError, ExitStatus
from twisted_suite.files.paths import MAX_NAME_BYTES, MAX_PATH_BYTES

# After NAME: what a part and its record are called. Not .part, which other programs use too.
PART_SUFFIX = ".getpart"
RECORD_SUFFIX = ".getpart.json"
MAX_REDIRECTS = 10
# Longer ones are refused by servers, ours too.
MAX_URL_LENGTH = 8000

_PORTS = {"http": 80, "https": 443}
# Names of hosts as they are in use, and IPv6 addresses with their zone.
_HOST = re.compile(r"[a-z0-9_.-]+|[0-9a-f:.]+(%[a-z0-9_.-]+)?", re.IGNORECASE)
# What quoting leaves alone: what may stand in a path (RFC 3986 section 3.3), and what is quoted already.
_AS_THEY_ARE = "/%:@!$&'()*+,;=~"


@dataclass(frozen=True, slots=True)
class Named:
    """A file of a server that speaks the bare-name protocol."""

    name: str
    endpoint: str
    local: str

    @property
    def shown(self) -> str:
        """What to call it before the user."""
        return self.name


@dataclass(frozen=True, slots=True)
class Addressed:
    """A file of an HTTP server."""

    url: str  # as it is sent: ASCII, without an account
    account: str | None  # the value of an Authorization field
    local: str | None  # None: the URL does not say, a folder's or a query's answer does

    @property
    def shown(self) -> str:
        """What to call it before the user."""
        return self.local or self.url


def is_url(text: str) -> bool:
    """Whether `text` is an HTTP URL, and not a name."""
    return text.lower().startswith(("http://", "https://"))


def source(text: str, server: str) -> Named | Addressed:
    """What `text` on the command line means, with the server of ``--from``. Raises `ConfigError`."""
    if is_url(text):
        return addressed(text)
    if is_url(server):
        return addressed(f"{server.rstrip('/')}/{quote(text, safe='/')}")
    if "\0" in text or len(text.encode("utf-8", "surrogateescape")) > MAX_PATH_BYTES:
        raise _no_name(text)
    return Named(text, server, own_name(text.rpartition("/")[2], text))


def addressed(text: str) -> Addressed:
    """The file that an HTTP URL is the address of. Raises `ConfigError`."""
    try:
        parts = urlsplit(text.strip())
        url = _sent(parts)
    except ValueError as error:  # UnicodeError too
        raise ConfigError(f"{text}: not a URL ({error})", ExitStatus.USAGE) from error
    if not parts.hostname or len(url) > MAX_URL_LENGTH:
        raise ConfigError(
            f"{text}: not an HTTP URL with a host, of at most {MAX_URL_LENGTH} characters", ExitStatus.USAGE
        )
    last = unquote(parts.path.rpartition("/")[2], errors="surrogateescape")
    return Addressed(url, _account(parts), own_name(last, text) if last and not parts.query else None)


def redirected(file: Addressed, location: str) -> Addressed:
    """Where `file` has moved to. Raises `ConfigError` where that is no safe place."""
    try:
        parts = urlsplit(urljoin(file.url, location))
        url = _sent(parts)
    except ValueError as error:
        raise ConfigError(f"{file.shown}: redirected to {location!r} ({error})", ExitStatus.DATA) from error
    old = urlsplit(file.url)
    if (
        parts.scheme not in _PORTS
        or not parts.hostname
        or len(url) > MAX_URL_LENGTH
        or (old.scheme, parts.scheme) == ("https", "http")
    ):
        raise ConfigError(
            f"{file.shown}: redirected to {location[:200]!r}, which is no HTTP address or a less safe one",
            ExitStatus.DATA,
        )
    # An account is for the server that it was meant for.
    return Addressed(url, file.account if _origin(old) == _origin(parts) else None, file.local)


def own_name(name: str, text: str) -> str:
    """`name` as the name of a file here. Raises `ConfigError`, naming `text`."""
    if name in ("", ".", "..") or "/" in name or "\0" in name:
        raise _no_name(text)
    if len(name.encode("utf-8", "surrogateescape")) > MAX_NAME_BYTES:
        raise _no_name(text)
    return name


def offered_name(disposition: str) -> str | None:
    """The file name that a ``Content-Disposition`` field offers (RFC 6266), if it may be used here.

    A server chooses it: so only its last part counts, and it hides no file.
    """
    message = Message()
    message["Content-Disposition"] = re.sub(r"[\r\n]+", " ", disposition)
    names = [
        value for key, value in message.get_params([], "content-disposition") if key.lower() == "filename"
    ]
    # filename* comes as a tuple and is to be preferred (section 4.3).
    names.sort(key=lambda value: isinstance(value, str))
    name = re.split(r"[/\\]", collapse_rfc2231_value(names[0]))[-1].lstrip(".") if names else ""
    fits = 0 < len(name.encode("utf-8", "surrogateescape")) <= MAX_NAME_BYTES
    return name if fits and name.isprintable() else None


def fallback_name(url: str) -> str:
    """What to call a file whose address ends with no name and whose server offers none."""
    parts = urlsplit(url)
    words = [parts.hostname or "", *(unquote(step) for step in parts.path.split("/") if step)]
    return re.sub(r"[^\w.-]+", "_", words[-1])[:60].lstrip(".") or "index"


def unnamed_part(url: str) -> str:
    """What to call the part of a file whose name its answer will tell."""
    return f"{fallback_name(url)}-{sha256(url.encode()).hexdigest()[:8]}"


def part_name(name: str, suffix: str) -> str:
    """The name of a part or a record of the file `name`, cut where it would be too long."""
    encoded = name.encode("utf-8", "surrogateescape")
    if len(encoded) + len(RECORD_SUFFIX) <= MAX_NAME_BYTES:
        return name + suffix
    short = encoded[:200].decode("utf-8", "ignore")
    return f"{short}-{sha256(encoded).hexdigest()[:16]}{suffix}"


def _sent(parts: SplitResult) -> str:
    """The URL as it is sent: in ASCII, without account and fragment. Raises `ValueError`."""
    host = parts.hostname or ""
    host = host if host.isascii() else host.encode("idna").decode()
    if not _HOST.fullmatch(host):
        raise ValueError("no such host can be")
    host = f"[{host}]" if ":" in host else host
    port = "" if parts.port is None else f":{parts.port}"
    path = quote(parts.path or "/", safe=_AS_THEY_ARE)
    query = f"?{quote(parts.query, safe=_AS_THEY_ARE + '?')}" if parts.query else ""
    return f"{parts.scheme}://{host}{port}{path}{query}"


def _account(parts: SplitResult) -> str | None:
    """HTTP's basic authentication (RFC 7617)."""
    if parts.username is None:
        return None
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return "Basic " + b64encode(pair.encode()).decode()


def _origin(parts: SplitResult) -> tuple[str, str | None, int]:
    return parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme]


def _no_name(text: str) -> ConfigError:
    return ConfigError(
        f"{text!r} is not the name of a file of at most {MAX_PATH_BYTES} bytes", ExitStatus.USAGE
    )
