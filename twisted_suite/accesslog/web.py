"""The report over HTTP: a page, ``/report.txt``, ``.json`` and ``.csv``. Adapter: it decides nothing.

::

    GET /              -> the report; of logs that are followed the live page, and the report at /report.html
    GET /report.json   -> the report in another form
    GET /events        -> server-sent events: `pulse` every second, `panels` when they were made anew

While the files are read for the first time every answer is ``503`` with ``Retry-After``; when they cannot be
read it is ``500``. Answers are sent as fast as the client takes them, by a producer.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from io import BytesIO
from pathlib import Path
from typing import Any

from twisted.web import http
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Request
from twisted.web.static import NoRangeStaticProducer

from twisted_suite.accesslog.live import FollowService
from twisted_suite.accesslog.livepage import live_page
from twisted_suite.accesslog.pulse import Pulse
from twisted_suite.accesslog.report import Output
from twisted_suite.accesslog.server import Reading, ReportService
from twisted_suite.accesslog.words import WORDS
from twisted_suite.runtime.accounts.login import Accounts
from twisted_suite.runtime.accounts.web import Guarded
from twisted_suite.runtime.web import DrainableSite

RETRY_AFTER_S = 1
HEADERS = {
    b"content-security-policy": b"default-src 'none'; style-src 'unsafe-inline'; img-src data:",
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"cache-control": b"no-cache",
}
LIVE_HEADERS = {
    **HEADERS,
    b"content-security-policy": b"default-src 'none'; script-src 'self'; connect-src 'self'; "
    b"style-src 'unsafe-inline'; img-src data:",
}
LIVE_SCRIPT = Path(__file__).with_name("static") / "live.js"
DOCUMENTS: tuple[tuple[bytes, Output, bytes], ...] = (
    (b"", "html", b"text/html; charset=utf-8"),
    (b"report.txt", "text", b"text/plain; charset=utf-8"),
    (b"report.json", "json", b"application/json"),
    (b"report.csv", "csv", b"text/csv; charset=utf-8"),
)


def site(service: ReportService, accounts: Accounts | None, reactor: Any) -> DrainableSite:
    """What answers the browsers; with `accounts`, of those who log in."""
    root = Resource()
    for name, output, content_type in DOCUMENTS:
        root.putChild(name, Document(service, output, content_type))
    return DrainableSite(root if accounts is None else Guarded(root, accounts), reactor)


def live_site(service: FollowService, accounts: Accounts | None, reactor: Any) -> DrainableSite:
    """What answers the browsers that watch."""
    root = Resource()
    for name, output, content_type in DOCUMENTS:
        root.putChild(name or b"report.html", Document(service, output, content_type))
    page = live_page(service.language).encode()
    root.putChild(b"", Data(page, b"text/html; charset=utf-8", LIVE_HEADERS))
    root.putChild(b"live.js", Data(LIVE_SCRIPT.read_bytes(), b"text/javascript; charset=utf-8", HEADERS))
    root.putChild(b"events", Events(service))
    return DrainableSite(root if accounts is None else Guarded(root, accounts), reactor)


class Data(Resource):
    """Bytes that do not change."""

    isLeaf = True

    def __init__(self, body: bytes, content_type: bytes, headers: Mapping[bytes, bytes]) -> None:
        super().__init__()
        self._body = body
        self._headers = {**headers, b"content-type": content_type}

    def render_GET(self, request: Request) -> bytes:
        for name, value in self._headers.items():
            request.setHeader(name, value)
        return self._body


class Events(Resource):
    """Tells everybody who watches once a second, but nobody who has not read what came before."""

    isLeaf = True

    def __init__(self, service: FollowService) -> None:
        super().__init__()
        self._service = service

    def render_GET(self, request: Request) -> int:
        for name, value in {**HEADERS, b"content-type": b"text/event-stream"}.items():
            request.setHeader(name, value)
        watcher = _Watcher(request, self._service)
        request.registerProducer(watcher, True)
        request.notifyFinish().addBoth(lambda _: watcher.leave())
        return NOT_DONE_YET


class _Watcher:
    """One who watches. While the connection is full it is told nothing: the next pulse has it all."""

    def __init__(self, request: Request, service: FollowService) -> None:
        self._request = request
        self._service = service
        self._shown: Reading | None = None
        self._paused = False
        service.listeners.add(self.tell)
        self.tell(service.pulse)

    def tell(self, pulse: Pulse | None) -> None:
        """The figures of this moment; None: there will be no more."""
        if pulse is None:
            self._request.unregisterProducer()
            self._request.finish()
            return
        self._service.refresh()
        if self._paused:
            return
        self._send("pulse", json.dumps(asdict(pulse)))
        reading = self._service.reading
        if reading is not None and reading is not self._shown:
            self._shown = reading
            self._send("panels", json.dumps(reading.panels))

    def leave(self) -> None:
        """The connection is gone."""
        self._service.listeners.discard(self.tell)

    def _send(self, event: str, data: str) -> None:
        self._request.write(f"event: {event}\ndata: {data}\n\n".encode())

    def pauseProducing(self) -> None:
        self._paused = True

    def resumeProducing(self) -> None:
        self._paused = False

    def stopProducing(self) -> None:
        self.leave()


class _Answer(Resource):
    """What is common to all: the report may not be there yet, or may have changed."""

    isLeaf = True
    content_type = b"text/html; charset=utf-8"

    def __init__(self, service: ReportService | FollowService) -> None:
        super().__init__()
        self._service = service

    def render_GET(self, request: Request) -> int | bytes:
        for name, value in HEADERS.items():
            request.setHeader(name, value)
        self._service.refresh()
        reading = self._service.reading
        if reading is None:
            return self._not_yet(request)
        request.setHeader(b"content-type", self.content_type)
        self.send(request, reading)
        return NOT_DONE_YET

    def send(self, request: Request, reading: Reading) -> None:
        """Answer with the report."""
        raise NotImplementedError

    def _not_yet(self, request: Request) -> bytes:
        words = WORDS[self._service.language]
        failed = self._service.error is not None
        request.setResponseCode(http.INTERNAL_SERVER_ERROR if failed else http.SERVICE_UNAVAILABLE)
        request.setHeader(b"retry-after", b"%d" % RETRY_AFTER_S)
        request.setHeader(b"refresh", b"%d" % RETRY_AFTER_S)  # a browser's page asks again by itself
        request.setHeader(b"content-type", b"text/plain; charset=utf-8")
        return f"{words.failed if failed else words.reading}\n".encode()


class Document(_Answer):
    """A report that the reading thread has made ready, byte for byte."""

    def __init__(self, service: ReportService | FollowService, output: Output, content_type: bytes) -> None:
        super().__init__(service)
        self._output = output
        self.content_type = content_type

    def send(self, request: Request, reading: Reading) -> None:
        body = reading.documents[self._output]
        request.setHeader(b"content-length", b"%d" % len(body))
        NoRangeStaticProducer(request, BytesIO(body)).start()
