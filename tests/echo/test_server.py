"""Echo, over a transport in memory."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.address import IPv4Address
from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.internet.testing import EventLoggingObserver, StringTransport
from twisted.logger import globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.echo.server import Echo, EchoDatagrams, EchoFactory


def connected(*, raw: bool = False) -> tuple[Echo, StringTransport]:
    protocol = EchoFactory(raw=raw).buildProtocol(None)
    transport = StringTransport()
    protocol.makeConnection(transport)
    return protocol, transport


class EchoTests(SynchronousTestCase):
    @given(st.lists(st.binary(min_size=1).filter(lambda data: not data.startswith(b"/quit"))))
    def test_every_byte_comes_back(self, pieces: list[bytes]) -> None:
        """What is sent comes back, in order, whatever the bytes."""
        protocol, transport = connected()
        for piece in pieces:
            protocol.dataReceived(piece)
        self.assertEqual(transport.value(), b"".join(pieces))
        self.assertFalse(transport.disconnecting)

    def test_quit_is_a_message_of_its_own(self) -> None:
        """Exactly /quit, with or without a line end, ends the connection and is not echoed."""
        for message in (b"/quit", b"/quit\n", b"/quit\r\n"):
            with self.subTest(message=message):
                protocol, transport = connected()
                protocol.dataReceived(b"before")
                protocol.dataReceived(message)
                self.assertEqual(transport.value(), b"before")
                self.assertTrue(transport.disconnecting)

    def test_what_only_resembles_quit_is_echoed(self) -> None:
        """More than /quit, or part of it, is a message like any other."""
        for message in (b"/quit ", b" /quit", b"/quit\n\n", b"/QUIT", b"quit", b"/qui", b"/quit\nmore"):
            with self.subTest(message=message):
                protocol, transport = connected()
                protocol.dataReceived(message)
                self.assertEqual(transport.value(), message)
                self.assertFalse(transport.disconnecting)

    def test_raw_echoes_quit_too(self) -> None:
        """With --raw every message is echoed."""
        protocol, transport = connected(raw=True)
        protocol.dataReceived(b"/quit")
        self.assertEqual(transport.value(), b"/quit")
        self.assertFalse(transport.disconnecting)

    def test_a_peer_that_does_not_read_is_not_read_from(self) -> None:
        """The transport is its own producer: full, it stops reading; emptied, it goes on."""
        _, transport = connected()
        producer: Any = transport.producer
        self.assertIs(producer, transport)
        self.assertTrue(transport.streaming)
        producer.pauseProducing()
        self.assertEqual(transport.producerState, "paused")

    def test_half_close(self) -> None:
        """When the peer has said all, the rest goes back before the connection ends."""
        protocol, transport = connected()
        self.assertTrue(IHalfCloseableProtocol.providedBy(protocol))
        protocol.dataReceived(b"last words")
        protocol.readConnectionLost()
        self.assertEqual(transport.value(), b"last words")
        self.assertTrue(transport.disconnecting)
        self.assertFalse(transport.disconnected)
        self.assertIsNone(transport.producer)  # else losing the connection would wait for it

    def test_drain(self) -> None:
        """Asked to end, it flushes and closes."""
        protocol, transport = connected()
        protocol.dataReceived(b"x")
        protocol.drain()
        self.assertEqual((transport.value(), transport.disconnecting), (b"x", True))


class _Datagrams:
    """What a UDP port is to its protocol."""

    def __init__(self) -> None:
        self.sent: list[tuple[bytes, Any]] = []

    def getHost(self) -> IPv4Address:
        return IPv4Address("UDP", "192.0.2.9", 7777)

    def write(self, datagram: bytes, addr: Any) -> None:
        self.sent.append((datagram, addr))


class EchoDatagramsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.protocol = EchoDatagrams(frozenset({9009, 9010}))
        self.port = _Datagrams()
        self.protocol.transport = self.port  # type: ignore[assignment]  # as far as this protocol uses it
        self.protocol.startProtocol()
        self.log = EventLoggingObserver.createWithCleanup(self, globalLogPublisher)  # type: ignore[arg-type]

    def test_each_datagram_is_answered_with_itself(self) -> None:
        """A datagram, an empty one too, goes back to where it came from, over IPv4 and IPv6."""
        for datagram, addr in [(b"hi", ("192.0.2.1", 4242)), (b"", ("2001:db8::1", 4242, 0, 0))]:
            self.protocol.datagramReceived(datagram, addr)
            self.assertEqual(self.port.sent[-1], (datagram, addr))

    def test_services_are_not_answered(self) -> None:
        """Ports of services that answer back, well-known or our own, get nothing, and one log line in all."""
        for source in (7, 13, 19, 53, 1023, 9009, 9010, 7777):
            self.protocol.datagramReceived(b"loop", ("192.0.2.1", source))
        self.assertEqual(self.port.sent, [])
        self.assertEqual(self.protocol.ignored, 8)
        self.assertEqual(len(self.log), 1)
        self.protocol.datagramReceived(b"client", ("192.0.2.1", 1024))
        self.assertEqual(len(self.port.sent), 1)
