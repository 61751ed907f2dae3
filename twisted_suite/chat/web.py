"""The chat for browsers: a page, and its WebSocket at ``ws``. Adapter.

Frames are JSON (`codecs.json`). What `twisted.web.websocket` leaves open is closed here: a message has a
limit however it is fragmented, another site's page may not speak for its visitor (Origin), and a peer that
has gone without a word is found by pings (RFC 6455 section 5.5.2).
"""

from collections.abc import Callable, Collection
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from twisted.internet.defer import Deferred
from twisted.internet.task import LoopingCall
from twisted.web import http
from twisted.web.resource import Resource
from twisted.web.server import Request
from twisted.web.websocket import WebSocketResource

from twisted_suite.chat import commands as c
from twisted_suite.chat import replies as r
from twisted_suite.chat.codecs.json import Malformed, Search, decode, encode
from twisted_suite.chat.codecs.websocket import WebSocketVoice, event_frame, text_frame
from twisted_suite.chat.exchange import Exchange
from twisted_suite.chat.sessions import Deliver
from twisted_suite.chat.stream import StreamPeer
from twisted_suite.runtime.web import DrainableSite

# The longest message of the chat in the longest spelling that JSON has for it, and what stands around it.
MAX_FRAME_CHARS = 64 * 1024
# A browser that is gone without a word is let go after two pings that nothing answered.
PING_INTERVAL_S = 30.0
# Why a WebSocket ends (RFC 6455 section 7.4.1).
NORMAL, UNSUPPORTED, TOO_BIG = 1000, 1003, 1009

ASSETS = {
    "app.js": b"text/javascript; charset=utf-8",
    "connection.js": b"text/javascript; charset=utf-8",
    "conversation.js": b"text/javascript; charset=utf-8",
    "view.js": b"text/javascript; charset=utf-8",
    "words.js": b"text/javascript; charset=utf-8",
    "chat.css": b"text/css; charset=utf-8",
}
HEADERS = {
    b"content-security-policy": (
        b"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
        b"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"cache-control": b"no-cache",
}
_VOICE = WebSocketVoice()


class _Bounded:
    """In place of the text that `twisted.web.websocket` collects of a fragmented message, without a limit."""

    def __init__(self, peer: "PagePeer") -> None:
        self._peer = peer
        self._parts: list[str] = []
        self._chars = 0

    def add(self, part: str) -> None:
        self._chars += len(part)
        if self._chars > MAX_FRAME_CHARS:
            self._parts.clear()
            self._peer.end(TOO_BIG, f"over {MAX_FRAME_CHARS} characters")
        else:
            self._parts.append(part)

    def done(self) -> str:
        text = "".join(self._parts)
        self._parts.clear()
        self._chars = 0
        return text


class _Ignored:
    """The same for binary messages, of which there are none: their end is the connection's."""

    def add(self, part: bytes) -> None:
        """Keep nothing."""

    def done(self) -> bytes:
        return b""


class PagePeer(StreamPeer[str]):
    """One page. Twisted calls it by the methods of its `WebSocketProtocol`."""

    def __init__(self, sockets: "PageSockets", host: str) -> None:
        super().__init__(sockets.exchange)
        self._sockets = sockets
        self._host = host
        self._wire: Any = None
        self._ended = False
        self.was_heard = True  # since the last ping but one

    def negotiationStarted(self, transport: Any) -> None:
        self._wire = transport
        self._wire._textBuffer = _Bounded(self)
        self._wire._bytesBuffer = _Ignored()
        self.transport = transport.transport

    def negotiationFinished(self) -> None:
        self.transport.unregisterProducer()  # Twisted's HTTP channel, which has handed over
        self._sockets.opened(self)
        self.connectionMade()

    def greet(self) -> None:
        welcome = {"is": "welcome", "search": self._sockets.search is not None, "lang": self._sockets.lang}
        self.write(event_frame(welcome))
        self.handle(c.Connect(self._host))

    def textMessageReceived(self, message: str) -> None:
        self.was_heard = True
        if not self._ended:
            self.received([message])

    def bytesMessageReceived(self, data: bytes) -> None:
        self.end(UNSUPPORTED, "frames are text")

    def pongReceived(self, payload: bytes) -> None:
        self.was_heard = True

    def connectionLost(self, reason: Any = None) -> None:
        self._ended = True
        self._sockets.closed(self)
        super().connectionLost(reason)

    def take(self, frame: str) -> None:
        try:
            command = decode(frame)
        except Malformed as error:
            self.write(event_frame({"is": "malformed", "why": str(error)}))
            return
        if isinstance(command, Search):
            self._search(command)
        else:
            self.handle(command)

    def _search(self, command: Search) -> None:
        """Of rooms that one is in, where there is a history."""
        search = self._sockets.search
        if search is None or not any(room.name.shown == command.room for room in self.session.rooms):
            self.tell((r.Refused(r.Fault.NOT_THERE, command.room),))
            return
        search(command.room, command.query).addCallback(self._found, command)

    def _found(self, events: list[dict[str, Any]], command: Search) -> None:
        if not self._ended:
            self.write(event_frame({"is": "found", "room": command.room, "events": events}))

    def voice(self, delivery: Deliver) -> WebSocketVoice:
        return _VOICE

    def tell(self, events: tuple[r.Reply, ...]) -> None:
        self.write(text_frame(encode(events)))

    def close(self) -> None:
        self.end(NORMAL, "")

    def end(self, code: int, reason: str) -> None:
        """Close, and say why (RFC 6455 section 7.4)."""
        if not self._ended:
            self._ended = True
            self.transport.unregisterProducer()
            self._wire.loseConnection(code, reason)

    def ping(self) -> None:
        """Called at every interval: ask whether it is there, or let it go."""
        if not self.was_heard:
            self.abort("no answer to a ping")
            return
        self.was_heard = False
        if not (self._ended or self.session.is_full):  # one that does not read is the hub's to judge
            self._wire.ping()


class PageSockets(WebSocketResource):
    """Takes WebSockets in: from our own page, or from a program, which sends no Origin."""

    isLeaf = True

    def __init__(self, exchange: Exchange, *, lang: str, origins: Collection[str] = ()) -> None:
        super().__init__(self)  # type: ignore[arg-type]  # connectionLost takes more here: a default
        self.exchange = exchange
        self.lang = lang
        # Finds what was said in a room, where there is a history: the newest events first.
        self.search: Callable[[str, str], Deferred[list[dict[str, Any]]]] | None = None
        self._origins = frozenset(origins)
        self._peers: set[PagePeer] = set()
        self._pings = LoopingCall(self._ping)
        self._pings.clock = exchange.clock

    def start(self) -> None:
        """The site listens."""
        self.exchange.start()
        self._pings.start(PING_INTERVAL_S, now=False)

    def stop(self) -> None:
        self._pings.stop()
        self.exchange.stop()

    def buildProtocol(self, request: Request) -> PagePeer:
        peer = PagePeer(self, getattr(request.getClientAddress(), "host", ""))
        channel: Any = request.channel  # a DrainableChannel
        channel.successor = peer
        return peer

    def render_GET(self, request: Request) -> bytes | int:
        origin = request.getHeader("origin")
        if origin is not None and not self._may(origin, request.getHeader("host")):
            request.setResponseCode(http.FORBIDDEN)
            request.setHeader(b"content-type", b"text/plain; charset=utf-8")
            return f"pages of {origin!r} may not speak here (--web-origin allows them)\n".encode()
        result: bytes | int = super().render_GET(request)
        return result

    def opened(self, peer: PagePeer) -> None:
        self._peers.add(peer)

    def closed(self, peer: PagePeer) -> None:
        self._peers.discard(peer)

    def _may(self, origin: str, host: str | None) -> bool:
        return origin in self._origins or (host is not None and urlsplit(origin).netloc == host)

    def _ping(self) -> None:
        for peer in tuple(self._peers):
            peer.ping()


class _Asset(Resource):
    """One file of the page, read once."""

    isLeaf = True

    def __init__(self, name: str, content_type: bytes) -> None:
        super().__init__()
        self._body = (files("twisted_suite.chat") / "static" / name).read_bytes()
        self._content_type = content_type

    def render_GET(self, request: Request) -> bytes:
        for name, value in HEADERS.items():
            request.setHeader(name, value)
        request.setHeader(b"content-type", self._content_type)
        return self._body


class ChatSite(DrainableSite):
    """The page and its sockets, as a factory that listens."""

    def __init__(self, sockets: PageSockets, reactor: Any) -> None:
        root = Resource()
        root.putChild(b"", _Asset("index.html", b"text/html; charset=utf-8"))
        root.putChild(b"ws", sockets)
        static = Resource()
        for name, content_type in ASSETS.items():
            static.putChild(name.encode(), _Asset(name, content_type))
        root.putChild(b"static", static)
        super().__init__(root, reactor)
        self._sockets = sockets

    def startFactory(self) -> None:
        super().startFactory()
        self._sockets.start()

    def stopFactory(self) -> None:
        self._sockets.stop()
        super().stopFactory()
