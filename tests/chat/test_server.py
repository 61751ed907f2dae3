"""The server's adapter: transports with and without room, timers, half-closes; all in memory."""

from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.interfaces import IHalfCloseableProtocol, IPushProducer, ITCPTransport
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import alsoProvides
from zope.interface.verify import verifyObject

from twisted_suite.chat.exchange import SWEEP_INTERVAL_S, Exchange
from twisted_suite.chat.flood import FloodLimits
from twisted_suite.chat.framing import KEY_BY_KEY_QUIET_S, UNDECIDED_QUIET_S
from twisted_suite.chat.house import HubLimits
from twisted_suite.chat.hub import Hub
from twisted_suite.chat.server import ChatFactory, ChatProtocol
from twisted_suite.runtime.connection import Described, Drainable

BUFFER_BYTES = 65536


class Wire(StringTransport):
    """A transport with a buffer that fills, and that goes on to send after `loseConnection`."""

    def __init__(self) -> None:
        super().__init__()
        self.writes = 0
        self.is_blocked = False  # its peer does not read
        self.is_paused = False
        self.aborting = False

    def write(self, data: bytes) -> None:
        super().write(data)
        self.writes += 1
        if self.is_blocked and len(self.value()) > BUFFER_BYTES and not self.is_paused:
            self.is_paused = True
            self.signal().pauseProducing()

    def signal(self) -> IPushProducer:
        """Who is to be told that the buffer is full, or empty again."""
        producer: IPushProducer | None = self.producer
        assert producer is not None
        return producer

    def abortConnection(self) -> None:
        self.aborting = True

    def unblock(self) -> bytes:
        """Its peer has read everything."""
        taken = self.read()
        if self.is_paused:
            self.is_paused = False
            self.signal().resumeProducing()
        return taken

    def read(self) -> bytes:
        taken: bytes = self.value()
        self.clear()
        return taken


class TcpWire(Wire):
    """What a TCP transport has besides."""

    no_delay = False

    def setTcpNoDelay(self, enabled: bool) -> None:
        self.no_delay = enabled


class Peer:
    """One connection, from the peer's side."""

    def __init__(self, factory: ChatFactory, wire: Wire | None = None) -> None:
        self.wire = wire or Wire()
        self.protocol = factory.buildProtocol(None)
        self.protocol.makeConnection(self.wire)
        self.is_up = True

    def send(self, text: str | bytes) -> None:
        self.protocol.dataReceived(text.encode() if isinstance(text, str) else text)

    def hang_up(self, reason: Exception | None = None) -> None:
        self.is_up = False
        self.protocol.connectionLost(Failure(reason or ConnectionDone()))

    @property
    def heard(self) -> str:
        return self.wire.read().decode()


class ServerCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.factory = self.chat()
        self.factory.doStart()
        self.addCleanup(self.check_timers)
        self.peers: list[Peer] = []

    def chat(self, lang: str = "ko", limits: HubLimits | None = None) -> ChatFactory:
        return ChatFactory(Exchange(Hub(limits), self.clock), lang=lang)

    def check_timers(self) -> None:
        """Once everybody is gone and nothing listens, no timer is left."""
        for peer in self.peers:
            if peer.is_up:
                peer.hang_up()
        self.factory.doStop()
        self.turn()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def turn(self) -> None:
        self.clock.advance(0)

    def connected(self, wire: Wire | None = None) -> Peer:
        peer = Peer(self.factory, wire)
        self.peers.append(peer)
        return peer

    def member(self, name: str) -> Peer:
        """A line speaker in the room, that has read what came so far."""
        peer = self.connected()
        peer.send(f"{name}\n")
        self.turn()
        for other in self.peers:
            other.wire.read()
        return peer

    def assert_heard(self, peer: Peer, text: str) -> None:
        self.turn()
        self.assertEqual(peer.heard, text)


class ConversationTests(ServerCase):
    def test_interfaces(self) -> None:
        """The protocol provides what its transport and the owner of connections look for."""
        protocol = self.member("kim").protocol
        self.assertTrue(verifyObject(IHalfCloseableProtocol, protocol))
        self.assertTrue(verifyObject(IPushProducer, protocol))
        self.assertIsInstance(protocol, Drainable)
        self.assertIsInstance(protocol, Described)

    def test_lecture_client(self) -> None:
        """A peer that never sends a line end gets none, but after a name that is taken."""
        self.member("kim")
        peer = self.connected()
        self.assert_heard(peer, "로그인ID:")
        peer.send("kim")
        self.assert_heard(peer, "")
        self.clock.advance(UNDECIDED_QUIET_S)
        self.assert_heard(peer, "이미 등록된 사용자입니다.\n로그인ID:")
        peer.send("lee")
        self.assert_heard(peer, "[lee]님이 입장했습니다.")
        peer.send("안녕")
        self.assert_heard(peer, "[lee] 안녕")
        peer.send("/who")
        self.assert_heard(peer, "")
        peer.send("/quit")
        self.assert_heard(peer, "")
        self.assertTrue(peer.wire.disconnecting)

    def test_line_client(self) -> None:
        """A peer that sends line ends gets one after everything but the prompt."""
        peer = self.connected()
        peer.send("kim\r\nhello\r\n/qui\r\n")
        self.assert_heard(
            peer,
            "로그인ID:[kim]님이 입장했습니다.\n[kim] hello\n/qui: 없는 명령입니다. 무엇이 있는지는 /help\n",
        )

    def test_mixed_room(self) -> None:
        """Both kinds sit in one room and see the same conversation, each in its own way."""
        line, chunk = self.member("kim"), self.connected()
        chunk.send("lee")
        self.clock.advance(UNDECIDED_QUIET_S)
        chunk.send("hi")
        self.assert_heard(line, "[lee]님이 입장했습니다.\n[lee] hi\n")
        line.send("안녕\n")
        self.assert_heard(chunk, "로그인ID:[lee]님이 입장했습니다.[lee] hi[kim] 안녕")
        chunk.hang_up()
        self.assert_heard(line, "[kim] 안녕\n[lee]님이 퇴장했습니다.\n")

    def test_one_write_a_turn(self) -> None:
        """What is said in one turn reaches each peer in one write."""
        kim, lee = self.member("kim"), self.member("lee")
        writes = kim.wire.writes
        kim.send("1\n2\n")
        lee.send("3\n")
        self.assert_heard(kim, "[kim] 1\n[kim] 2\n[lee] 3\n")
        self.assertEqual(kim.wire.writes, writes + 1)

    def test_paste(self) -> None:
        """A thousand lines at once come out as a thousand messages, in order."""
        kim, lee = self.member("kim"), self.member("lee")
        kim.send("".join(f"{number}번째\n" for number in range(1000)))
        self.assert_heard(lee, "".join(f"[kim] {number}번째\n" for number in range(1000)))

    def test_name_byte_by_byte(self) -> None:
        """A name that comes byte by byte is one name."""
        peer = self.connected()
        for byte in "김철수".encode():
            peer.send(bytes([byte]))
            self.clock.advance(KEY_BY_KEY_QUIET_S / 2)
        self.clock.advance(KEY_BY_KEY_QUIET_S)
        self.assert_heard(peer, "로그인ID:[김철수]님이 입장했습니다.")

    def test_too_long(self) -> None:
        """An over-long line is answered and costs the connection nothing else."""
        kim = self.member("kim")
        kim.send("x" * 20_000)
        kim.send("\nhello\n")
        self.assert_heard(kim, "메시지가 너무 깁니다. 8192바이트까지 보낼 수 있습니다.\n[kim] hello\n")

    def test_english(self) -> None:
        """With lang="en" the server's own lines are English."""
        self.factory.doStop()
        self.factory = self.chat("en")
        self.factory.doStart()
        peer = self.connected()
        peer.send("kim\n")
        self.assert_heard(peer, "Login ID:[kim] has joined.\n")

    def test_no_delay(self) -> None:
        """A line does not wait for the acknowledgement of the one before."""
        wire = TcpWire()
        alsoProvides(wire, ITCPTransport)
        self.connected(wire)
        self.assertTrue(wire.no_delay)

    def test_http(self) -> None:
        """A browser's request is closed without a word to the room."""
        kim, browser = self.member("kim"), self.connected()
        browser.send("POST / HTTP/1.1\r\nHost: x\r\n\r\nspam\r\n")
        self.assert_heard(kim, "")
        self.assertTrue(browser.wire.disconnecting)


class EndingTests(ServerCase):
    def test_before_login(self) -> None:
        """A peer that goes before it has a name is not announced."""
        kim, peer = self.member("kim"), self.connected()
        peer.protocol.readConnectionLost()
        peer.hang_up()
        self.assert_heard(kim, "")
        self.assertEqual(peer.protocol.outcome, "not logged in")

    def test_half_close(self) -> None:
        """Who has said all is heard, hears what is pending, and is closed."""
        kim, peer = self.member("kim"), self.connected()
        peer.send("lee\nhel")
        peer.protocol.readConnectionLost()
        self.assert_heard(peer, "로그인ID:[lee]님이 입장했습니다.\n[lee] hel\n")
        self.assertTrue(peer.wire.disconnecting)
        self.assertIsNone(peer.wire.producer)
        self.assert_heard(kim, "[lee]님이 입장했습니다.\n[lee] hel\n[lee]님이 퇴장했습니다.\n")
        peer.protocol.writeConnectionLost()

    def test_name_ended_by_the_stream(self) -> None:
        """A name that only the end of the stream ends is a name."""
        peer = self.connected()
        peer.send("kim")
        peer.protocol.readConnectionLost()
        self.assert_heard(peer, "로그인ID:[kim]님이 입장했습니다.")

    def test_clean_end_without_half_close(self) -> None:
        """Under TLS the stream's end is the connection's: the rest is heard all the same."""
        kim, lee = self.member("kim"), self.member("lee")
        lee.send("bye")
        lee.hang_up()
        self.assert_heard(kim, "[lee] bye\n[lee]님이 퇴장했습니다.\n")

    def test_broken(self) -> None:
        """After an error the rest may be half a message, and is dropped."""
        kim, lee = self.member("kim"), self.member("lee")
        lee.send("by")
        lee.hang_up(ConnectionLost())
        self.assert_heard(kim, "[lee]님이 퇴장했습니다.\n")

    def test_timer_is_cancelled(self) -> None:
        """A peer that goes in the middle of a quiet time leaves no timer."""
        timers = len(self.clock.getDelayedCalls())
        peer = self.connected()
        peer.send("ki")
        peer.send("m")
        self.assertEqual(len(self.clock.getDelayedCalls()), timers + 1)
        peer.hang_up(ConnectionLost())
        self.assertEqual(len(self.clock.getDelayedCalls()), timers)

    def test_no_timer_for_lines(self) -> None:
        """A line end stops the clock for good."""
        timers = len(self.clock.getDelayedCalls())
        peer = self.connected()
        peer.send("ki")
        peer.send("m\nhel")
        self.turn()
        self.assertEqual(len(self.clock.getDelayedCalls()), timers)

    def test_drain(self) -> None:
        """When the server stops, everybody is told so last, and closed; nobody is announced."""
        kim, lee, guest = self.member("kim"), self.member("lee"), self.connected()
        kim.send("hello\n")
        for peer in (kim, lee, guest):
            peer.protocol.drain()
        self.assert_heard(kim, "[kim] hello\n서버가 종료됩니다.\n")
        self.assert_heard(lee, "[kim] hello\n서버가 종료됩니다.\n")
        self.assert_heard(guest, "로그인ID:서버가 종료됩니다.")
        for peer in (kim, lee, guest):
            self.assertTrue(peer.wire.disconnecting)

    def test_outcome(self) -> None:
        """The log line names who it was, after the end as well."""
        kim = self.member("kim")
        kim.hang_up()
        self.assertEqual(kim.protocol.outcome, "kim")


class SlowPeerTests(ServerCase):
    def setUp(self) -> None:
        super().setUp()
        self.factory.doStop()
        self.factory = self.chat(limits=HubLimits(flood=FloodLimits(burst=1, rate=0)))
        self.factory.doStart()
        self.kim, self.slow = self.member("kim"), self.member("slow")
        self.slow.wire.is_blocked = True

    def flood(self, count: int) -> None:
        for number in range(count):
            self.kim.send(f"{number} {'x' * 1000}\n")
            self.turn()

    def test_bounded(self) -> None:
        """A peer that never reads costs a bounded buffer; the others get everything."""
        self.flood(2000)
        self.assertEqual(self.kim.heard.count("[kim]"), 2000)
        self.assertLess(len(self.slow.wire.value()), 2 * BUFFER_BYTES)

    def test_catches_up(self) -> None:
        """When it reads again it gets the rest in order, one slice at a time."""
        self.flood(500)
        heard = ""
        for _ in range(20):
            heard += self.slow.wire.unblock().decode()
            self.assertLess(len(self.slow.wire.value()), 3 * BUFFER_BYTES)
            self.turn()
        heard += self.slow.heard
        self.assertEqual(heard, self.kim.heard)

    def test_gap(self) -> None:
        """Past what is kept it is told how much it lost."""
        self.flood(2000)
        self.slow.wire.unblock()
        self.turn()
        self.assertRegex(self.slow.heard, r"^\(메시지 \d+개를 건너뛰었습니다.\)\n\[kim\] 1\d{3} x")

    def test_cut_off(self) -> None:
        """If it does not read for too long it is cut off, which the log and then the others are told."""
        self.flood(200)
        self.clock.pump([SWEEP_INTERVAL_S] * int(HubLimits().slow_after_s / SWEEP_INTERVAL_S - 1))
        self.assertFalse(self.slow.wire.aborting)
        self.clock.advance(SWEEP_INTERVAL_S)
        self.assertTrue(self.slow.wire.aborting)
        self.assertEqual(self.slow.protocol.outcome, "slow, 60 s behind")
        self.kim.wire.read()
        self.slow.hang_up(ConnectionLost())
        self.slow.protocol.stopProducing()
        self.assert_heard(self.kim, "[slow]님이 퇴장했습니다.\n")

    def test_replies_do_not_pile_up(self) -> None:
        """A peer that asks for hints without reading them fills nothing."""
        self.flood(100)
        before = len(self.slow.wire.value())
        self.slow.send("/x\n" * 10_000)
        self.assertEqual(len(self.slow.wire.value()), before)


class FactoryTests(ServerCase):
    def test_build(self) -> None:
        """Each connection has a protocol and a session of its own."""
        one, other = self.connected(), self.connected()
        self.assertIsInstance(one.protocol, ChatProtocol)
        self.assertIsNot(one.protocol.session, other.protocol.session)
