"""A folder over HTTP: from a request to its plan. Adapter: it opens, reads nothing, and sends nothing.

This is where what is served by HTTP is decided by kind: a file, its digest, a folder, another method.
"""

import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from twisted_suite.errors import Refused
from twisted_suite.files.answer import Representation, answer
from twisted_suite.files.body import FileBody
from twisted_suite.files.digests import line, named, repr_digest, wanted
from twisted_suite.files.encodings import SUFFIXES, acceptable, compressible
from twisted_suite.files.folder import Folder, Forbidden, OpenFile, OpenFolder
from twisted_suite.files.folders import Folders
from twisted_suite.files.hashing import Busy, Changed, Hasher
from twisted_suite.files.media import attachment, media_type
from twisted_suite.files.message import Request
from twisted_suite.files.plan import BytesBody, Plan
from twisted_suite.files.refusal import refusal

Answer = Plan | Deferred[Plan]
InThread = Callable[..., Deferred[Any]]
# What was opened, and the content coding that it has.
Found = tuple[OpenFile | OpenFolder, bytes]

# Descriptions of files that are kept, so that a file that has not changed is not described again.
MAX_DESCRIBED = 4096
# A file that is asked for with its digest waits for it up to this size, which takes a fraction of a second. A
# larger one begins at once, and a HEAD afterwards waits for the digest.
MAX_HASHED_FIRST_BYTES = 64 * 1024 * 1024
_ALLOWED = b"GET, HEAD, OPTIONS"


class Site:
    """Answers requests for what is below one folder."""

    def __init__(
        self, folder: Folder, in_thread: InThread, hasher: Hasher, *, may_upload: bool = False
    ) -> None:
        self._folder = folder
        self._in_thread = in_thread
        self._hasher = hasher
        self._folders = Folders(folder, in_thread, self.answer, boundary, may_upload=may_upload)
        self._described: dict[bytes, tuple[OpenFile, Representation]] = {}

    def answer(self, request: Request, whence: object = None) -> Answer:
        """The plan for `request`, at once where nothing has to wait for a disk."""
        if request.method not in ("GET", "HEAD"):
            return self._other_method(request)
        codings = _codings(request)
        try:
            found = _open(self._folder.open_at_once, request.steps, codings)
        except Refused as error:
            return self._refused(error, request)
        if found is not None:
            return self._found(found, request)
        opened = self._in_thread(_open, self._folder.find, request.steps, codings)
        return opened.addCallbacks(self._found, self._not_found, (request,), {}, (request,))

    def _found(self, found: Found, request: Request) -> Answer:
        opened, coding = found
        if isinstance(opened, OpenFolder):
            opened.close()
            return self._folders.answer(request)
        if request.is_folder and request.steps:
            opened.close()
            return refusal(404, "it is a file, and its address ends with no slash", request.fields)
        if "hash" in request.query:
            return self._hashed(opened, request)
        representation = self._describe(opened, coding, request)
        field = request.fields.get(b"want-repr-digest")
        if field is not None and (algorithm := wanted(field)) is not None:
            return self._with_digest(opened, representation, request, algorithm)
        return answer(request, representation, FileBody(opened), boundary)

    def _not_found(self, failure: Failure, request: Request) -> Plan:
        failure.trap(Refused)  # anything else is answered by the connection
        return self._refused(failure.value, request)  # type: ignore[arg-type]  # trapped

    def _refused(self, error: Refused, request: Request) -> Plan:
        return self._folders.asset(request) or refused(request, error)

    def _other_method(self, request: Request) -> Answer:
        allow = ((b"Allow", _ALLOWED),)
        if request.method == "OPTIONS":
            return Plan(204, allow)
        return refusal(405, f"{request.method} means nothing here", request.fields, allow)

    # Digests.

    def _with_digest(
        self, file: OpenFile, representation: Representation, request: Request, algorithm: str
    ) -> Answer:
        """The file with its digest; a large one without, where it is not known yet."""

        def described(digest: bytes) -> Plan:
            fields = (*representation.fields, repr_digest(algorithm, digest))
            return answer(request, replace(representation, fields=fields), FileBody(file), boundary)

        known = self._hasher.known(file, algorithm)
        if known is not None:
            return described(known)
        computed = self._hasher.digest(file, algorithm)
        if request.method == "HEAD" or file.size <= MAX_HASHED_FIRST_BYTES:
            return computed.addCallbacks(described, _unhashed, (), {}, (file, request))
        computed.addErrback(lambda failure: failure.trap(Busy, Changed, OSError) and None)
        return answer(request, representation, FileBody(file), boundary)

    def _hashed(self, file: OpenFile, request: Request) -> Answer:
        """``?hash``: the digest itself, as sha256sum writes it."""
        algorithm = named(request.query["hash"])
        if algorithm is None:
            file.close()
            return refusal(400, "?hash= is sha-256 or sha-512", request.fields)

        def told(digest: bytes) -> Plan:
            file.close()
            data = line(digest, request.steps[-1])
            fields = ((b"Cache-Control", b"no-cache"), (b"X-Content-Type-Options", b"nosniff"))
            kind = b"text/plain; charset=utf-8"
            return answer(request, Representation(len(data), kind, fields=fields), BytesBody(data), boundary)

        return self._hasher.digest(file, algorithm).addCallbacks(told, _unhashed, (), {}, (file, request))

    def _describe(self, file: OpenFile, coding: bytes, request: Request) -> Representation:
        """What is known of `file`, from before where it is the same version under the same address."""
        key = request.target + b" " + coding  # no target holds a space
        known = self._described.get(key)
        if known is not None:
            was, representation = known
            if (was.inode, was.size, was.modified_ns) == (file.inode, file.size, file.modified_ns):
                return representation
        representation = describe(file, coding, request)
        if len(self._described) >= MAX_DESCRIBED:
            del self._described[next(iter(self._described))]
        self._described[key] = file, representation
        return representation


def _codings(request: Request) -> tuple[bytes, ...]:
    """In which codings the file may be given, if it is there in them."""
    field = request.fields.get(b"accept-encoding")
    if field is None or not request.steps or "hash" in request.query:
        return ()
    return acceptable(field) if compressible(media_type(request.steps[-1])) else ()


def _open(
    opener: Callable[[tuple[bytes, ...]], OpenFile | OpenFolder | None],
    steps: tuple[bytes, ...],
    codings: tuple[bytes, ...],
) -> Found | None:
    """What `steps` lead to, or its best precompressed sibling; None where `opener` cannot tell.

    A sibling that is older than the file is of an older version of it.
    """
    found = opener(steps)
    if found is None or isinstance(found, OpenFolder):
        return None if found is None else (found, b"")
    try:
        sibling = _sibling(opener, steps, codings, found.modified_ns)
    except BaseException as error:
        found.close()
        if isinstance(error, BlockingIOError):
            return None
        raise
    if sibling is None:
        return found, b""
    found.close()
    return sibling


def _sibling(
    opener: Callable[[tuple[bytes, ...]], OpenFile | OpenFolder | None],
    steps: tuple[bytes, ...],
    codings: tuple[bytes, ...],
    least_modified_ns: int,
) -> Found | None:
    """The best of a file's siblings. Raises `BlockingIOError` where `opener` cannot tell."""
    for coding in codings:
        try:
            sibling = opener((*steps[:-1], steps[-1] + SUFFIXES[coding]))
        except Refused:
            continue
        if sibling is None:
            raise BlockingIOError
        if isinstance(sibling, OpenFile) and sibling.modified_ns >= least_modified_ns:
            return sibling, coding
        sibling.close()
    return None


def describe(file: OpenFile, coding: bytes, request: Request) -> Representation:
    """The representation that is the file itself, or a sibling of it in a coding."""
    name = request.steps[-1] if request.steps else b""
    fields = [(b"Cache-Control", b"no-cache"), (b"X-Content-Type-Options", b"nosniff")]
    if coding:
        fields += [(b"Content-Encoding", coding), (b"Vary", b"Accept-Encoding")]
    if "download" in request.query:
        fields.append((b"Content-Disposition", attachment(name)))
    return Representation(
        file.size,
        media_type(name),
        etag=file_tag(file.inode, file.size, file.modified_ns),
        modified_s=file.modified_ns // 1_000_000_000,
        fields=tuple(fields),
    )


def file_tag(inode: int, size: int, modified_ns: int) -> bytes:
    """The entity tag of a version of a file (RFC 9110 section 8.8.3)."""
    return b'"%x-%x-%x"' % (inode, size, modified_ns)


def _unhashed(failure: Failure, file: OpenFile, request: Request) -> Plan:
    file.close()
    failure.trap(Busy, Changed, OSError)
    return refusal(503, "its digest cannot be told now", request.fields)


def refused(request: Request, error: Refused) -> Plan:
    """The answer for what may not be had. That it is there is told only where the name is allowed."""
    if isinstance(error, Forbidden):
        return refusal(403, "this server may not read it", request.fields)
    return refusal(404, "there is no such file here", request.fields)


def boundary() -> bytes:
    """What parts several ranges: random, so that no file can hold it by intent."""
    return secrets.token_hex(16).encode("ascii")
