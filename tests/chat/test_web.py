"""The page and its WebSocket, over transports in memory, with wsproto as the browser."""

import json
from typing import Any

from twisted.internet.defer import succeed
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Ping,
    Pong,
    RejectConnection,
    Request,
    TextMessage,
)

from twisted_suite.chat.exchange import Exchange
from twisted_suite.chat.hub import Hub
from twisted_suite.chat.web import (
    ASSETS,
    MAX_FRAME_CHARS,
    PING_INTERVAL_S,
    TOO_BIG,
    UNSUPPORTED,
    ChatSite,
    PageSockets,
)


class Browser:
    """One connection to the site, with a client's half of the WebSocket."""

    def __init__(self, site: ChatSite, **headers: str) -> None:
        self.transport = StringTransport()
        self.channel: Any = site.buildProtocol(None)
        self.channel.makeConnection(self.transport)
        self._client = WSConnection(ConnectionType.CLIENT)
        extra = [(name.encode(), value.encode()) for name, value in headers.items()]
        self.send(self._client.send(Request(host="chat.example", target="/ws", extra_headers=extra)))
        self.answer = self.events()[0]  # to the handshake

    def send(self, data: bytes) -> None:
        self.channel.dataReceived(data)

    def say(self, **command: Any) -> None:
        self.send(self._client.send(TextMessage(json.dumps(command))))

    def event(self, event: Any) -> None:
        self.send(self._client.send(event))

    def events(self) -> list[Any]:
        """What the server has sent since the last time."""
        self._client.receive_data(self.transport.value())
        self.transport.clear()
        return list(self._client.events())

    def told(self) -> list[dict[str, Any]]:
        """The same, of what it tells."""
        return [
            told
            for event in self.events()
            if isinstance(event, TextMessage)
            for told in json.loads(event.data)
        ]

    def words(self) -> list[str]:
        return [told["is"] for told in self.told()]

    def close_code(self) -> int | None:
        codes = [event.code for event in self.events() if isinstance(event, CloseConnection)]
        return codes[0] if codes else None

    def lose(self) -> None:
        self.channel.connectionLost(Failure(ConnectionDone()))


class WebCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.exchange = Exchange(Hub(), self.clock)
        self.sockets = PageSockets(self.exchange, lang="en", origins=("https://friend.example",))
        self.site: Any = ChatSite(self.sockets, self.clock)
        self.site.doStart()
        self.addCleanup(self.site.doStop)

    def browser(self, name: str | None = None, **headers: str) -> Browser:
        browser = Browser(self.site, **headers)
        self.addCleanup(browser.lose)
        if name is not None:
            browser.say(do="login", name=name)
            self.clock.advance(0)
            browser.told()
        return browser


class SocketTests(WebCase):
    def test_a_conversation(self) -> None:
        """Two pages hear each other, in numbered events."""
        kim = self.browser()
        self.assertIsInstance(kim.answer, AcceptConnection)
        kim.say(do="login", name="kim")
        self.clock.advance(0)
        self.assertIn("logged_in", kim.words())
        lee = self.browser("lee")
        kim.told()
        lee.say(do="say", text="hello")
        self.clock.advance(0)
        (heard,) = kim.told()
        self.assertEqual((heard["is"], heard["who"]["name"], heard["text"]), ("said", "lee", "hello"))
        self.assertEqual(heard, lee.told()[0])

    def test_going_on_after_a_cut(self) -> None:
        """Who comes back gets what was said meanwhile, each event once."""
        kim, lee = self.browser("kim"), self.browser("lee")
        lee.say(do="say", text="one")
        self.clock.advance(0)
        last = [told for told in kim.told() if told["is"] == "said"][-1]
        epoch = self.exchange.hub.house.default_room.log.epoch
        kim.lose()
        for text in ("two", "three"):
            lee.say(do="say", text=text)
        self.clock.advance(0)
        again = self.browser()
        again.say(do="login", name="kim", room=None)
        again.say(do="join", room="lobby", since={"epoch": epoch, "number": last["number"]})
        self.clock.advance(0)
        self.assertEqual([told["text"] for told in again.told() if told["is"] == "said"], ["two", "three"])

    def test_what_is_not_understood(self) -> None:
        """A frame that is no command is answered with what is wrong, and the conversation goes on."""
        kim = self.browser("kim")
        kim.event(TextMessage("nonsense"))
        (told,) = kim.told()
        self.assertEqual(told, {"is": "malformed", "why": "not JSON"})
        kim.event(BytesMessage(b"x"))
        self.assertEqual(kim.close_code(), UNSUPPORTED)

    def test_search(self) -> None:
        """A room that one is in is searched where there is a history; else the search is refused."""
        kim = self.browser("kim")
        kim.say(do="search", room="lobby", query="a")
        self.assertEqual(kim.words(), ["refused"])
        self.sockets.search = lambda room, query: succeed([{"is": "said", "text": f"{query} of {room}"}])
        kim.say(do="search", room="lobby", query="a")
        (told,) = kim.told()
        self.assertEqual((told["is"], told["events"][0]["text"]), ("found", "a of lobby"))
        kim.say(do="search", room="secret", query="a")
        self.assertEqual(kim.words(), ["refused"])

    def test_a_message_has_a_limit(self) -> None:
        """However it is cut, what is too long ends the connection and is not kept."""
        for final in (True, False):
            kim = self.browser("kim")
            for _ in range(5):
                kim.event(TextMessage("x" * (MAX_FRAME_CHARS // 4), message_finished=False))
            if final:
                kim.event(TextMessage("", message_finished=True))
            self.assertEqual(kim.close_code(), TOO_BIG)
            self.assertTrue(kim.transport.disconnecting)
            kim.lose()

    def test_origin(self) -> None:
        """Another site's page is refused; our own, a named one and a program are not."""
        for origin, accepted in (
            ("http://chat.example", True),
            ("https://chat.example", True),
            ("https://friend.example", True),
            ("https://chat.example.evil.example", False),
            ("http://chat.example:81", False),
            ("null", False),
        ):
            answer = self.browser(Origin=origin).answer
            self.assertIsInstance(answer, AcceptConnection if accepted else RejectConnection, origin)
        self.assertIsInstance(self.browser().answer, AcceptConnection)

    def test_pings(self) -> None:
        """A page that answers pings stays, one that is gone without a word goes, and the others are told."""
        kim, lee = self.browser("kim"), self.browser("lee")
        kim.told()
        for _ in range(4):
            self.clock.advance(PING_INTERVAL_S)
            for event in kim.events():
                if isinstance(event, Ping):
                    kim.event(event.response())
        self.assertFalse(kim.transport.disconnecting)
        self.assertTrue(lee.transport.disconnected)
        lee.lose()
        self.clock.advance(0)
        self.assertEqual(kim.words(), ["gone"])

    def test_a_pong_that_nobody_asked_for(self) -> None:
        """It is no fault."""
        kim = self.browser("kim")
        kim.event(Pong(b"x"))
        self.assertFalse(kim.transport.disconnecting)

    def test_a_page_that_does_not_read(self) -> None:
        """It costs a cursor: nothing is sent until it reads again, then all of it in order."""
        kim, lee = self.browser("kim"), self.browser("lee")
        kim.told()
        producer: Any = kim.transport.producer
        producer.pauseProducing()
        for number in range(50):
            lee.say(do="say", text=str(number))
            self.clock.advance(1)
        self.assertEqual(kim.told(), [])
        producer.resumeProducing()
        self.clock.advance(0)
        self.assertEqual([told["text"] for told in kim.told()], [str(number) for number in range(50)])

    def test_the_end_of_the_server(self) -> None:
        """Draining says so, closes with a code, and does not wait for the peer."""
        kim = self.browser("kim")
        kim.channel.drain()
        self.clock.advance(0)
        events = kim.events()
        self.assertIn("server_stopped", events[0].data)
        self.assertIsInstance(events[-1], CloseConnection)
        self.assertTrue(kim.transport.disconnecting)

    def test_leaving(self) -> None:
        """A page that closes its socket has left, as the others hear."""
        kim, lee = self.browser("kim"), self.browser("lee")
        kim.told()
        lee.event(CloseConnection(1000))
        self.assertTrue(lee.transport.disconnecting)
        lee.lose()
        self.clock.advance(0)
        self.assertEqual(kim.words(), ["gone"])


class PageTests(WebCase):
    def get(self, path: str) -> bytes:
        transport = StringTransport()
        channel: Any = self.site.buildProtocol(None)
        channel.makeConnection(transport)
        channel.dataReceived(
            f"GET {path} HTTP/1.1\r\nHost: chat.example\r\nConnection: close\r\n\r\n".encode()
        )
        sent: bytes = transport.value()
        return sent

    def test_assets(self) -> None:
        """The page and all that it names are there, under its policy."""
        page = self.get("/")
        self.assertIn(b"200 OK", page)
        for name in ASSETS:
            answer = self.get(f"/static/{name}")
            self.assertIn(b"200 OK", answer)
            self.assertIn(b"Content-Security-Policy: default-src 'none'", answer)
        self.assertIn(b"404", self.get("/static/other.js"))

    def test_modules_name_only_each_other(self) -> None:
        """No script imports what is not served, and none is inline."""
        served = set(ASSETS)
        for name in (name for name in ASSETS if name.endswith(".js")):
            for line in self.get(f"/static/{name}").decode().splitlines():
                if line.startswith("import ") or line.startswith("} from"):
                    self.assertIn(line.rpartition('"./')[2].rstrip('";'), served)
        self.assertEqual(self.get("/").count(b"<script"), 1)
