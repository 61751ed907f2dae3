"""The report over HTTP: a page, ``/report.txt``, ``.json`` and ``.csv``. Adapter: it decides nothing.

While the files are read for the first time every answer is ``503`` with ``Retry-After``; when they cannot be
read it is ``500``. Answers are sent as fast as the client takes them, by a producer.
"""

from io import BytesIO
from typing import Any

from twisted.web import http
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Request
from twisted.web.static import NoRangeStaticProducer

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


class _Answer(Resource):
    """What is common to all: the report may not be there yet, or may have changed."""

    isLeaf = True
    content_type = b"text/html; charset=utf-8"

    def __init__(self, service: ReportService) -> None:
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

    def __init__(self, service: ReportService, output: Output, content_type: bytes) -> None:
        super().__init__(service)
        self._output = output
        self.content_type = content_type

    def send(self, request: Request, reading: Reading) -> None:
        body = reading.documents[self._output]
        request.setHeader(b"content-length", b"%d" % len(body))
        NoRangeStaticProducer(request, BytesIO(body)).start()
