"""The admin page at an endpoint of its own, on loopback, while the services drain too. Adapter.

::

    GET /               -> the page, in the browser's language or that of ?lang=
    GET /figures.json   -> what it shows: the services now and in the last minutes
    GET /admin.css, /admin.js
"""

import json
import os
from importlib.resources import files
from typing import Any

from twisted.application.service import MultiService
from twisted.internet.task import LoopingCall
from twisted.web.resource import Resource

from twisted_suite.errors import ConfigError
from twisted_suite.runtime.admin.page import POLICY, is_own_host, page_language, to_html
from twisted_suite.runtime.admin.samples import INTERVAL_S, Samples
from twisted_suite.runtime.connections import Connections
from twisted_suite.runtime.limits import ConnectionLimits
from twisted_suite.runtime.listening import Listener
from twisted_suite.runtime.metrics import LoopLateness, Source
from twisted_suite.runtime.web import DrainableSite

# A few people look on; each browser opens up to six connections.
MAX_CONNECTIONS = 64
IDLE_TIMEOUT_S = 60.0
_STATIC = {"admin.css": "text/css; charset=utf-8", "admin.js": "text/javascript; charset=utf-8"}
_HEADERS = {
    "content-security-policy": POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}


class AdminService(MultiService):
    """Serves the page at one endpoint, which must be on loopback."""

    def __init__(self, endpoint: str, source: Source, reactor: Any) -> None:
        super().__init__()
        self._draining = False
        self._endpoint = endpoint
        self._source = source
        self._reactor = reactor
        self._samples = Samples()
        self._lateness = LoopLateness(reactor)
        self._started_at = 0.0
        self._sampling = LoopingCall(self._sample)
        self._sampling.clock = reactor
        limits = ConnectionLimits(MAX_CONNECTIONS, 0, IDLE_TIMEOUT_S)
        connections = Connections(DrainableSite(self._root(), reactor), "admin", limits, reactor)
        self._listener = Listener([endpoint], connections, drain_timeout_s=1.0, reactor=reactor)
        self._listener.setServiceParent(self)

    def startService(self) -> None:
        super().startService()
        for address in self._listener.addresses():
            if not address.startswith(("127.", "[::1]", "unix")):
                raise ConfigError(
                    f"--admin {self._endpoint}: that is {address}, which other machines may reach: "
                    "add interface=127.0.0.1, or use unix:"
                )
        self._started_at = self._reactor.seconds()
        self._lateness.start()
        self._sampling.start(INTERVAL_S)

    def stopService(self) -> Any:
        self._lateness.stop()
        if self._sampling.running:
            self._sampling.stop()
        return super().stopService()

    def addresses(self) -> list[str]:
        """Where the page is."""
        return self._listener.addresses()

    def url(self) -> str:
        """What to ask a browser for; nothing where it is a Unix socket."""
        address = self._listener.addresses()[0]
        return "" if address.startswith("unix") else f"http://{address.replace('127.0.0.1', 'localhost')}/"

    def program_drains(self) -> None:
        """From now on the page says so."""
        self._draining = True

    def _root(self) -> Resource:
        root = Resource()
        root.putChild(b"", _Page(lambda request: (_html(request), "text/html; charset=utf-8")))
        root.putChild(b"figures.json", _Page(lambda _: (self._figures(), "application/json")))
        for name, content_type in _STATIC.items():
            content = (files("twisted_suite.runtime.admin") / "static" / name).read_bytes()
            root.putChild(name.encode(), _Static(content, content_type))
        return root

    def _sample(self) -> None:
        snapshots = [each for several in self._source().values() for each in several]
        self._samples.add(self._reactor.seconds(), snapshots)

    def _figures(self) -> bytes:
        figures = {
            "services": self._samples.to_json(),
            "draining": self._draining,
            "process": os.getpid(),
            "uptime_s": round(self._reactor.seconds() - self._started_at, 1),
            "lateness_ms": round(self._lateness.recent_s * 1000, 1),
            "interval_s": INTERVAL_S,
        }
        return json.dumps(figures, separators=(",", ":")).encode()


def _html(request: Any) -> bytes:
    asked = request.args.get(b"lang", [b""])[0].decode("ascii", "replace")
    accepted = (request.getHeader(b"accept-language") or b"").decode("ascii", "replace")
    return to_html(page_language(asked, accepted))


class _Page(Resource):
    """An answer that is made when it is asked for."""

    isLeaf = True

    def __init__(self, answer: Any) -> None:
        super().__init__()
        self._answer = answer

    def render_GET(self, request: Any) -> bytes:
        for name, value in _HEADERS.items():
            request.setHeader(name.encode(), value.encode())
        if not is_own_host((request.getHeader(b"host") or b"").decode("ascii", "replace")):
            request.setResponseCode(421, b"Misdirected Request")
            request.setHeader(b"content-type", b"text/plain; charset=utf-8")
            return b"ask for this page at localhost or by an IP address\n"
        body, content_type = self._answer(request)
        request.setHeader(b"content-type", content_type.encode())
        answer: bytes = body
        return answer


class _Static(_Page):
    def __init__(self, content: bytes, content_type: str) -> None:
        super().__init__(lambda _: (content, content_type))
