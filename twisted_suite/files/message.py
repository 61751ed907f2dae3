"""An HTTP request as a value, and what its target names. Core.

::

    GET /a%20b/c.txt?download HTTP/1.1   ->  steps (b"a b", b"c.txt"), query {"download": ""}
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote_to_bytes

from twisted_suite.errors import ProtocolError
from twisted_suite.files.conditions import CONDITIONAL_FIELDS

# Longer than any browser's address bar is of use; RFC 9112 section 3 recommends to take 8000 at least.
MAX_TARGET_BYTES = 8192
# All fields of one request together, and their number.
MAX_HEAD_BYTES = 32 * 1024
MAX_FIELDS = 100
# A query has a few words at most.
MAX_QUERY_WORDS = 16


class BadRequest(ProtocolError):
    """A request that is answered with an error `status`, and its text."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True, slots=True)
class Request:
    """One request, as far as its head says."""

    method: str
    target: bytes  # as it was sent, for the log
    fields: Mapping[bytes, bytes]  # by name in small letters; repeated ones joined by a comma
    version: str = "1.1"
    keep_alive: bool = True
    has_body: bool = False
    steps: tuple[bytes, ...] = ()  # the names on the way from the root, decoded
    is_folder: bool = False  # the path ends with a slash
    query: Mapping[str, str] = field(default_factory=dict)
    conditional: bool = False  # it has a field that `conditions` or `ranges` have to look at

    @property
    def path(self) -> bytes:
        """The decoded path, from the root and without a slash at either end."""
        return b"/".join(self.steps)


def request(
    method: str,
    target: bytes,
    fields: Mapping[bytes, bytes],
    *,
    version: str = "1.1",
    keep_alive: bool = True,
    has_body: bool = False,
) -> Request:
    """The request with this head. Raises `BadRequest`."""
    if version not in ("1.0", "1.1"):
        raise BadRequest(505, "this server speaks HTTP/1.1")
    host = fields.get(b"host")
    if (host is None and version == "1.1") or (host is not None and b"," in host):
        raise BadRequest(400, "exactly one Host field is needed")
    path, _, query = _origin_form(method, target).partition(b"?")
    words = path.split(b"/")
    return Request(
        method,
        target,
        fields,
        version=version,
        keep_alive=keep_alive,
        has_body=has_body,
        steps=tuple(_step(word) for word in words if word not in (b"", b".")),
        is_folder=words[-1] in (b"", b"."),
        query=_query(query),
        conditional=not CONDITIONAL_FIELDS.isdisjoint(fields),
    )


def _origin_form(method: str, target: bytes) -> bytes:
    """Path and query of any form of target (RFC 9112 section 3.2)."""
    if target.startswith(b"/"):
        return target.partition(b"#")[0]
    scheme, separator, rest = target.partition(b"://")
    if separator and scheme.lower() in (b"http", b"https"):
        return b"/" + rest.partition(b"/")[2].partition(b"#")[0]
    if target == b"*" and method == "OPTIONS":
        return b"/"
    raise BadRequest(400, "the target is neither a path nor an http address")


def _step(word: bytes) -> bytes:
    step = unquote_to_bytes(word)
    if b"/" in step or b"\0" in step:
        raise BadRequest(404, "no file has such a name")
    return step


def _query(text: bytes) -> Mapping[str, str]:
    if not text:
        return {}
    try:
        words = parse_qsl(text.decode("ascii"), keep_blank_values=True, max_num_fields=MAX_QUERY_WORDS)
    except ValueError as error:
        raise BadRequest(400, "the query is not understood") from error
    return dict(words)
