"""The report over HTTP: a page, ``/report.txt`` and ``/report.json``. Adapter: it decides nothing.

While the files are read for the first time every answer is ``503`` with ``Retry-After``; when they cannot be
read it is ``500``. Answers are sent as fast as the client takes them, by a producer.
"""

from collections.abc import Iterator
from importlib.resources import files
from io import BytesIO
from typing import Any

from twisted.web import http
from twisted.web.iweb import IRequest
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Request
from twisted.web.static import NoRangeStaticProducer
from twisted.web.template import Element, Tag, XMLString, renderElement, renderer, tags

from twisted_suite.accesslog.formats import Reason, Repair
from twisted_suite.accesslog.report import KB, Output, Report, in_order, iso
from twisted_suite.accesslog.server import Reading, ReportService
from twisted_suite.accesslog.words import WORDS, Words
from twisted_suite.runtime.text import Language, printable
from twisted_suite.runtime.web import DrainableSite

RETRY_AFTER_S = 1
# A page of all clients of a large log would be no page; the other two have all of them.
CLIENTS_ON_PAGE = 100
HEADERS = {
    b"content-security-policy": b"default-src 'none'; style-src 'unsafe-inline'; img-src data:",
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"cache-control": b"no-cache",
}
_TEMPLATE = XMLString((files("twisted_suite.accesslog") / "static" / "page.xhtml").read_bytes())


def site(service: ReportService, reactor: Any) -> DrainableSite:
    """What answers the browsers."""
    root = Resource()
    root.putChild(b"", Page(service))
    root.putChild(b"report.txt", Document(service, "text", b"text/plain; charset=utf-8"))
    root.putChild(b"report.json", Document(service, "json", b"application/json"))
    return DrainableSite(root, reactor)


class _Answer(Resource):
    """What is common to the three: the report may not be there yet, or may have changed."""

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
        body = reading.text if self._output == "text" else reading.json
        request.setHeader(b"content-length", b"%d" % len(body))
        NoRangeStaticProducer(request, BytesIO(body)).start()


class Page(_Answer):
    """The report for a person."""

    def send(self, request: Request, reading: Reading) -> None:
        element = PageElement(reading.report, WORDS[self._service.language], self._service.language)
        renderElement(request, element, doctype=b"<!DOCTYPE html>")


class PageElement(Element):
    """Fills ``static/page.xhtml`` with one report."""

    loader = _TEMPLATE

    def __init__(self, report: Report, words: Words, language: Language) -> None:
        super().__init__()
        self._report = report
        self._words = words
        self._language = language

    @renderer
    def page(self, request: IRequest, tag: Tag) -> Tag:
        words, stats = self._words, self._report.stats
        return tag(lang=self._language).fillSlots(
            title=words.title,
            period=f"{iso(stats.first)} – {iso(stats.last)}" if stats.first else "",
            status=words.status,
            requests=words.requests,
            client=words.client,
            bytes=words.bytes,
            all_clients=words.more_clients,
        )

    @renderer
    def tiles(self, request: IRequest, tag: Tag) -> Iterator[Tag]:
        words, stats = self._words, self._report.stats
        account = f"{words.ok} {stats.ok:,}, {words.recovered} {stats.recovered:,}"
        account += f", {words.invalid} {stats.invalid:,}"
        for label, figure, note in (
            (words.page_views, f"{stats.pageviews:,}", words.page_views_are),
            (words.visitors, f"{stats.visitors:,}", words.visitors_are),
            (words.sent, f"{stats.total_bytes // KB:,} KB", f"{stats.total_bytes:,}"),
            (words.lines, f"{stats.lines:,}", account),
        ):
            yield tag.clone().fillSlots(label=label, figure=figure, note=note)

    @renderer
    def warnings(self, request: IRequest, tag: Tag) -> Iterator[Tag]:
        for source in self._report.damaged:
            text = f"{printable(source.name)}: {self._words.damaged} ({source.damage})"
            yield tag.clone().fillSlots(warning=text)

    @renderer
    def odd_lines(self, request: IRequest, tag: Tag) -> Iterator[Tag]:
        words, stats = self._words, self._report.stats
        for repair, count in in_order(Repair, stats.repairs):
            heading = f"{words.recovered_lines}, {words.repairs[repair]}"
            yield tag.clone().fillSlots(heading=heading, count=f"{count:,}", samples="")
        for reason, count in in_order(Reason, stats.reasons):
            samples = [
                tags.p(tags.code(f"{printable(sample.file)}:{sample.line_number}: {printable(sample.text)}"))
                for sample in stats.samples[reason]
            ]
            heading = f"{words.invalid_lines}, {words.reasons[reason]}"
            yield tag.clone().fillSlots(heading=heading, count=f"{count:,}", samples=samples)

    @renderer
    def statuses(self, request: IRequest, tag: Tag) -> Iterator[Tag]:
        counts = self._report.stats.statuses
        for status, count in sorted(counts.items()):
            width = _width(count, max(counts.values()))
            yield tag.clone().fillSlots(code=status.decode("ascii"), count=f"{count:,}", width=width)

    @renderer
    def clients(self, request: IRequest, tag: Tag) -> Iterator[Tag]:
        ranking = self._report.stats.ranking()[:CLIENTS_ON_PAGE]
        for client, count, size in ranking:
            width = _width(size, ranking[0][2])
            yield tag.clone().fillSlots(
                name=printable(client), count=f"{count:,}", size=f"{size:,}", width=width
            )


def _width(value: int, largest: int) -> str:
    """The bar behind a figure."""
    return f"background-size: {100 * value / max(largest, 1):.1f}% 100%"
