"""What a folder answers over HTTP: its index file, a page, JSON, lines, a search, an archive. Adapter.

::

    GET /sub/                     index.html if there is one; else a page, JSON or lines, by Accept
    GET /sub/?format=json         page, json or text, whatever Accept says
    GET /sub/?q=words             what is called so in and below it
    GET /sub/?archive=zip         or tar: all of it, which can be resumed by range
"""

import os
from collections.abc import Callable
from dataclasses import replace
from importlib.resources import files
from typing import Any

from twisted.internet.defer import Deferred, DeferredSemaphore

from twisted_suite.errors import Refused
from twisted_suite.files.answer import Representation, answer
from twisted_suite.files.archive import tar, zip_
from twisted_suite.files.contents import entries, items, search, version_tag
from twisted_suite.files.folder import Folder, OpenFile
from twisted_suite.files.listing import Listing, Order, in_order, to_json, to_text
from twisted_suite.files.media import attachment, media_type
from twisted_suite.files.message import Request
from twisted_suite.files.page import ASSETS, POLICY, PageOptions, to_html
from twisted_suite.files.parcel import ArchiveBody, Checksums
from twisted_suite.files.plan import Plan
from twisted_suite.files.refusal import refusal
from twisted_suite.runtime.text import Language, language

Answer = Plan | Deferred[Plan]
InThread = Callable[..., "Deferred[Any]"]

INDEX = b"index.html"
# Searches and archives walk the disk for long; the threads that open files must not all be busy with them.
MAX_WALKS = 2
MAX_QUERY_CHARS = 200
_ARCHIVES = {"zip": (zip_, b"application/zip"), "tar": (tar, b"application/x-tar")}
_STATIC = ("folder.css", "folder.js")
_VARY = (b"Vary", b"Accept, Accept-Language, User-Agent")


class Folders:
    """Answers requests whose address is a folder."""

    def __init__(
        self,
        folder: Folder,
        in_thread: InThread,
        serve: Callable[[Request], Answer],
        boundary: Callable[[], bytes],
        *,
        may_upload: bool = False,
    ) -> None:
        self._folder = folder
        self._in_thread = in_thread
        self._serve = serve  # a file
        self._boundary = boundary
        self._may_upload = may_upload
        self._walks = DeferredSemaphore(MAX_WALKS)
        self._checksums = Checksums(in_thread)
        self._assets = {
            ASSETS.encode() + name.encode(): (files("twisted_suite.files") / "static" / name).read_bytes()
            for name in _STATIC
        }

    def asset(self, request: Request) -> Plan | None:
        """A file of the page's own, where `request` is for one."""
        path = b"/" + request.path
        body = self._assets.get(path)
        if body is None:
            return None
        return _document(body, media_type(path), (b"Cache-Control", b"max-age=300"))

    def answer(self, request: Request) -> Answer:
        """The plan for a folder that is there."""
        if not request.is_folder:
            return _moved(request)
        if "archive" in request.query:
            found = self._archive(request, request.query["archive"])
        elif request.query.get("q", "").strip():
            found = self._search(request, request.query["q"].strip()[:MAX_QUERY_CHARS])
        else:
            found = self._listing(request)
        return Deferred.fromCoroutine(found).addErrback(_refused, request)

    async def _listing(self, request: Request) -> Plan:
        if "format" not in request.query and "sort" not in request.query:
            steps = (*request.steps, INDEX)
            if await self._in_thread(self._is_file, steps):
                plan = self._serve(replace(request, steps=steps, is_folder=False))
                return plan if isinstance(plan, Plan) else await plan
        found = await self._in_thread(entries, self._folder, request.steps)
        order, is_falling = _order(request)
        found = in_order(found, order, falling=is_falling)
        return self._document(request, Listing(_path(request), found, order=order, is_falling=is_falling))

    def _is_file(self, steps: tuple[bytes, ...]) -> bool:
        try:
            found = self._folder.find(steps)
        except Refused:
            return False
        found.close()
        return isinstance(found, OpenFile)

    async def _search(self, request: Request, query: str) -> Plan:
        found, is_cut = await self._walks.run(self._in_thread, search, self._folder, request.steps, query)
        order, is_falling = _order(request)
        found = in_order(found, order, falling=is_falling)
        return self._document(request, Listing(_path(request), found, query, is_cut, order, is_falling))

    async def _archive(self, request: Request, kind: str) -> Plan:
        if kind not in _ARCHIVES:
            return refusal(400, f"{kind!r} is not one of {', '.join(_ARCHIVES)}", request.fields)
        make, content_type = _ARCHIVES[kind]
        top = (
            os.fsdecode(request.steps[-1] if request.steps else os.path.basename(self._folder.root))
            or "files"
        )
        found = await self._walks.run(self._in_thread, items, self._folder, request.steps, top)
        archive = await self._in_thread(make, [item.member for item in found])
        body = ArchiveBody(archive, found, self._folder, self._checksums, self._in_thread)
        representation = Representation(
            archive.length,
            content_type,
            etag=version_tag(kind, found),
            fields=(
                (b"Cache-Control", b"no-cache"),
                (b"Content-Disposition", attachment(os.fsencode(f"{top}.{kind}"))),
            ),
        )
        return answer(request, representation, body, self._boundary)

    def _document(self, request: Request, listing: Listing) -> Plan:
        form = _form(request)
        if form == "json":
            return _document(to_json(listing), b"application/json", _VARY)
        if form == "text":
            return _document(to_text(listing.entries), b"text/plain; charset=utf-8", _VARY)
        options = PageOptions(_language(request), self._may_upload)
        fields = (_VARY, (b"Content-Security-Policy", POLICY.encode()), (b"Referrer-Policy", b"same-origin"))
        return _document(to_html(listing, options), b"text/html; charset=utf-8", *fields)


def _document(body: bytes, content_type: bytes, *fields: tuple[bytes, bytes]) -> Plan:
    described = ((b"Content-Type", content_type), (b"Content-Length", b"%d" % len(body)))
    kept = () if any(name == b"Cache-Control" for name, _ in fields) else ((b"Cache-Control", b"no-cache"),)
    return Plan(200, (*described, *kept, (b"X-Content-Type-Options", b"nosniff"), *fields), body)


def _moved(request: Request) -> Plan:
    """To the address with a slash, so that relative links are below the folder. The query goes along."""
    path, mark, query = request.target.partition(b"?")
    # Two slashes at the front would be another host's name.
    location = b"/" + path.lstrip(b"/") + b"/" + mark + query
    return refusal(
        308, "it is a folder: its address ends with a slash", request.fields, ((b"Location", location),)
    )


def _refused(failure: Any, request: Request) -> Plan:
    failure.trap(Refused)
    return refusal(403, str(failure.value), request.fields)


def _path(request: Request) -> str:
    return "".join(["/", *(os.fsdecode(step) + "/" for step in request.steps)])


def _order(request: Request) -> tuple[Order, bool]:
    try:
        order = Order(request.query.get("sort", Order.NAME))
    except ValueError:
        order = Order.NAME
    return order, request.query.get("order") == "falling"


def _form(request: Request) -> str:
    """What is wanted: by name, or by what is accepted; curl and its like take anything, and get lines.

    Who says nothing of it (rclone), and wget, which says that it takes anything, look for links in a page.
    """
    form = request.query.get("format", "")
    if form in ("page", "json", "text"):
        return form
    accept = request.fields.get(b"accept", b"")
    if not accept or b"text/html" in accept or request.fields.get(b"user-agent", b"").startswith(b"Wget"):
        return "page"
    return "json" if b"application/json" in accept else "text"


def _language(request: Request) -> Language:
    return language({"LANG": request.fields.get(b"accept-language", b"").decode("latin-1")})
