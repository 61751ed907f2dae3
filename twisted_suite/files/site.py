"""A folder over HTTP: from a request to its plan. Adapter: it opens, reads nothing, and sends nothing.

This is where what is served by HTTP is decided by kind: a file here, a folder's page or archive and uploads
by what is passed in.
"""

import secrets
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred

from twisted_suite.errors import Refused
from twisted_suite.files.answer import Representation, answer
from twisted_suite.files.body import FileBody
from twisted_suite.files.folder import Folder, Forbidden, OpenFile, OpenFolder
from twisted_suite.files.media import attachment, media_type
from twisted_suite.files.message import Request
from twisted_suite.files.plan import Plan
from twisted_suite.files.refusal import refusal

Answer = Plan | Deferred[Plan]
InThread = Callable[..., Deferred[Any]]

# Descriptions of files that are kept, so that a file that has not changed is not described again.
MAX_DESCRIBED = 4096
_ALLOWED = b"GET, HEAD, OPTIONS"


class Site:
    """Answers requests for what is below one folder."""

    def __init__(self, folder: Folder, in_thread: InThread) -> None:
        self._folder = folder
        self._in_thread = in_thread
        self._described: dict[bytes, tuple[OpenFile, Representation]] = {}

    def answer(self, request: Request) -> Answer:
        """The plan for `request`, at once where nothing has to wait for a disk."""
        if request.method not in ("GET", "HEAD"):
            return self._other_method(request)
        try:
            found = self._folder.open_at_once(request.steps)
        except Refused as error:
            return refused(request, error)
        if found is not None:
            return self._found(found, request)
        opened = self._in_thread(self._folder.find, request.steps)
        return opened.addCallbacks(self._found, self._not_found, (request,), {}, (request,))

    def _found(self, found: OpenFile | OpenFolder, request: Request) -> Plan:
        if isinstance(found, OpenFolder):
            return self._folder_found(found, request)
        if request.is_folder and request.steps:
            found.close()
            return refusal(404, "it is a file, and its address ends with no slash", request.fields)
        return answer(request, self._describe(found, request), FileBody(found), boundary)

    def _not_found(self, failure: Any, request: Request) -> Plan:
        failure.trap(Refused)
        return refused(request, failure.value)

    def _folder_found(self, folder: OpenFolder, request: Request) -> Plan:
        folder.close()
        return refusal(403, "it is a folder", request.fields)

    def _other_method(self, request: Request) -> Plan:
        allow = ((b"Allow", _ALLOWED),)
        if request.method == "OPTIONS":
            return Plan(204, allow)
        return refusal(405, f"{request.method} means nothing here", request.fields, allow)

    def _describe(self, file: OpenFile, request: Request) -> Representation:
        """What is known of `file`, from before where it is the same version under the same address."""
        key = request.target
        known = self._described.get(key)
        if known is not None:
            was, representation = known
            if (was.inode, was.size, was.modified_ns) == (file.inode, file.size, file.modified_ns):
                return representation
        representation = describe(file, request)
        if len(self._described) >= MAX_DESCRIBED:
            del self._described[next(iter(self._described))]
        self._described[key] = file, representation
        return representation


def describe(file: OpenFile, request: Request) -> Representation:
    """The representation that is the file itself."""
    name = request.steps[-1] if request.steps else b""
    fields = [(b"Cache-Control", b"no-cache"), (b"X-Content-Type-Options", b"nosniff")]
    if "download" in request.query:
        fields.append((b"Content-Disposition", attachment(name)))
    return Representation(
        file.size,
        media_type(name),
        etag=b'"%x-%x-%x"' % (file.inode, file.size, file.modified_ns),
        modified_s=file.modified_ns // 1_000_000_000,
        fields=tuple(fields),
    )


def refused(request: Request, error: Refused) -> Plan:
    """The answer for what may not be had. That it is there is told only where the name is allowed."""
    if isinstance(error, Forbidden):
        return refusal(403, "this server may not read it", request.fields)
    return refusal(404, "there is no such file here", request.fields)


def boundary() -> bytes:
    """What parts several ranges: random, so that no file can hold it by intent."""
    return secrets.token_hex(16).encode("ascii")
