"""Behind a proxy: real transports, time by hand; and endpoints of several kinds over real ports."""

import socket
from typing import Any

from twisted.internet import reactor as global_reactor
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import clientFromString, serverFromString
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.testing import EventLoggingObserver
from twisted.logger import formatEvent, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase, TestCase

from tests.runtime.loop import Loop, Wired
from twisted_suite.runtime.connections import Connections
from twisted_suite.runtime.limits import ConnectionLimits
from twisted_suite.runtime.proxied import MAX_WAITING, Gate
from twisted_suite.runtime.proxy import AllowedProxies

reactor: Any = global_reactor
HEADER = b"PROXY TCP4 192.0.2.1 198.51.100.2 4242 443\r\n"
OTHER = b"PROXY TCP6 2001:db8::1 2001:db8::2 4242 443\r\n"


class _Heard(Protocol):
    """Remembers what it heard and whom it thinks it speaks with; answers."""

    def __init__(self) -> None:
        self.heard = b""

    def connectionMade(self) -> None:
        transport: Any = self.transport
        self.peer = transport.getPeer()
        self.host = transport.getHost() if transport.presented else None

    def dataReceived(self, data: bytes) -> None:
        self.heard += data
        self.transport.write(b"heard")  # type: ignore[union-attr]


class GateTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.loop = Loop()
        self.log = EventLoggingObserver.createWithCleanup(self, globalLogPublisher)  # type: ignore[arg-type]  # annotated for one of two TestCases
        self.built: list[_Heard] = []

    def gate(self, **limits: Any) -> Gate:
        def build() -> _Heard:
            self.built.append(_Heard())
            return self.built[-1]

        factory = Factory.forProtocol(build)
        factory.noisy = False
        self.owner = Connections(factory, "service", ConnectionLimits(**limits), self.loop)
        return Gate(self.owner, AllowedProxies.parse("10.0.0.0/8"), 8.0, self.loop)

    def wired(self, gate: Gate, host: str = "10.0.0.1") -> Wired:
        wired = Wired(self.loop, gate, host)
        self.addCleanup(wired.close)
        return wired

    def lines(self) -> str:
        return "\n".join(formatEvent(event) for event in self.log)

    def test_byte_by_byte(self) -> None:
        """The header may come in any pieces; what follows it, and only that, is the application's."""
        wired = self.wired(self.gate())
        for byte in HEADER[:-1]:
            wired.send(bytes([byte]))
        self.assertEqual(self.built, [])
        wired.send(HEADER[-1:] + b"hello")
        (protocol,) = self.built
        self.assertEqual(protocol.heard, b"hello")
        self.assertEqual(protocol.peer, IPv4Address("TCP", "192.0.2.1", 4242))
        self.assertEqual(protocol.host, IPv4Address("TCP", "198.51.100.2", 443))
        wired.send(b" again")
        self.assertEqual(protocol.heard, b"hello again")
        self.assertEqual(wired.received(), b"heardheard")
        wired.close()
        self.assertIn("service: 192.0.2.1:4242 11 bytes in, 10 out", self.lines())

    def test_ipv6_and_a_proxy_that_speaks_for_itself(self) -> None:
        """The client's family is its own, not the proxy's; without a client the proxy is the peer."""
        gate = self.gate()
        self.wired(gate).send(OTHER)
        self.wired(gate).send(b"PROXY UNKNOWN\r\n")
        self.assertEqual(self.built[0].peer, IPv6Address("TCP", "2001:db8::1", 4242))
        self.assertEqual(self.built[1].peer, IPv4Address("TCP", "10.0.0.1", 4242))

    def test_limits_count_the_client(self) -> None:
        """Two clients of one proxy are two; two connections of one client are two of it, and refused."""
        gate = self.gate(max_per_address=1)
        first, second, third = (self.wired(gate) for _ in range(3))
        first.send(HEADER)
        second.send(HEADER)
        third.send(OTHER)
        self.assertEqual([wired.is_open() for wired in (first, second, third)], [True, False, True])
        self.assertEqual(len(self.built), 2)
        self.assertIn("refused 192.0.2.1:4242: --max-per-ip", self.lines())

    def test_nobody_else_may_say_who_he_is(self) -> None:
        """A header from any other address is not even read."""
        stranger = self.wired(self.gate(), host="192.0.2.9")
        self.assertFalse(stranger.is_open())
        self.assertEqual(self.built, [])
        self.assertIn("refused 192.0.2.9:4242: not one of the proxies", self.lines())
        self.assertEqual(self.owner.snapshot().refused, {"proxy": 1})

    def test_no_header(self) -> None:
        """Something else is refused at once, without a protocol."""
        wired = self.wired(self.gate())
        wired.send(b"GET / HTTP/1.1\r\n")
        self.assertFalse(wired.is_open())
        self.assertEqual(self.built, [])
        self.assertIn("no PROXY header", self.lines())

    def test_the_header_has_a_deadline(self) -> None:
        """A proxy that says nothing, or half of it, is cut off in time; then nothing is left running."""
        gate = self.gate()
        silent, slow = self.wired(gate), self.wired(gate)
        slow.send(HEADER[:10])
        for _ in range(7):
            self.loop.advance(1)
        self.assertTrue(silent.is_open() and slow.is_open())
        for _ in range(4):
            self.loop.advance(1)
        self.assertFalse(silent.is_open() or slow.is_open())
        self.loop.advance(4)
        self.assertEqual(self.loop.getDelayedCalls(), [])

    def test_headers_that_never_come_are_bounded(self) -> None:
        """Only so many are awaited at once."""
        gate = self.gate()
        gate.waiting.update(object() for _ in range(MAX_WAITING))  # type: ignore[misc]
        self.assertFalse(self.wired(gate).is_open())
        gate.waiting.clear()

    def test_who_is_refused_by_the_limits_and_had_spoken(self) -> None:
        """What came behind the header of a refused client goes nowhere."""
        gate = self.gate(max_connections=1)
        self.wired(gate).send(HEADER)
        refused = self.wired(gate)
        refused.send(OTHER + b"hello")
        self.assertFalse(refused.is_open())
        self.assertEqual(len(self.built), 1)

    def test_the_end_of_the_port(self) -> None:
        """When the port stops, those whose header is still to come are let go."""
        gate = self.gate()
        gate.doStart()
        wired = self.wired(gate)
        gate.doStop()
        self.assertFalse(wired.is_open())
        self.assertEqual(gate.logPrefix(), "Connections (PROXY)")


class EndpointTests(TestCase):
    """The string ``proxied:…``, as any Twisted program may use it."""

    async def _peer_over(self, description: str, connect: Any) -> Any:
        seen: Deferred[Any] = Deferred()

        class Seen(Protocol):
            def dataReceived(self, data: bytes) -> None:
                if not seen.called:
                    seen.callback((self.transport.getPeer(), data))  # type: ignore[union-attr]

        factory = Factory.forProtocol(Seen)
        factory.noisy = False
        port = await serverFromString(reactor, description).listen(factory)
        self.addCleanup(port.stopListening)
        client = await connect(port).connect(Factory.forProtocol(Protocol))
        client.transport.write(HEADER + b"hello")
        found = await seen
        gone: Deferred[None] = Deferred()
        client.connectionLost = lambda reason=None: gone.callback(None)
        client.transport.abortConnection()
        await gone
        return found

    async def test_tcp(self) -> None:
        """Around a TCP endpoint, in the words of the documentation."""
        found = await self._peer_over(
            "proxied:tcp:0:interface=127.0.0.1:from=127.0.0.1,10.0.0.0/8",
            lambda port: clientFromString(reactor, f"tcp:127.0.0.1:{port.getHost().port}"),
        )
        self.assertEqual(found, (IPv4Address("TCP", "192.0.2.1", 4242), b"hello"))

    async def test_unix(self) -> None:
        """Around a Unix socket, where a proxy on the same machine connects."""
        path = self.mktemp()
        found = await self._peer_over(
            f"proxied:unix:{path}:from=unix", lambda port: clientFromString(reactor, f"unix:{path}")
        )
        self.assertEqual(found, (IPv4Address("TCP", "192.0.2.1", 4242), b"hello"))

    def test_words_that_are_wrong(self) -> None:
        """Without from=, or with a bad word in it, the endpoint is refused with what is wrong."""
        for description, words in [
            ("proxied:tcp:0", "from= is missing"),
            ("proxied:tcp:0:from=localhost", "'localhost' is no address"),
            ("proxied:tcp:0:from=unix:headerTimeout=0", "headerTimeout= is"),
            ("proxied:tcp:0:from=unix:headerTimeout=soon", "soon"),
        ]:
            error = self.assertRaises(ValueError, serverFromString, reactor, description)
            self.assertIn(words, str(error))

    def test_quoted_words_stay_quoted(self) -> None:
        """An IPv6 address within the inner endpoint survives being taken apart."""
        endpoint: Any = serverFromString(reactor, "proxied:tcp6:0:interface=\\:\\:1:from=\\:\\:1")
        self.assertEqual(endpoint._wrappedEndpoint._interface, "::1")
        self.assertEqual(endpoint.proxies, "::1")
        self.assertTrue(socket.has_ipv6)
