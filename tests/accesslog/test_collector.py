"""Syslog messages from the network."""

from typing import Any

from twisted.internet.task import Clock
from twisted.internet.testing import StringTransportWithDisconnection
from twisted.trial.unittest import SynchronousTestCase

from tests.accesslog.lines import OK
from twisted_suite.accesslog.collector import PAUSE_S, DatagramCollector, StreamCollectorFactory
from twisted_suite.accesslog.records import MAX_LINE_BYTES

HEAD = b"<190>Nov 15 03:45:45 web1 nginx: "


class Sink:
    """A service that follows, as far as a collector sees it."""

    def __init__(self) -> None:
        self.full = False
        self.pushed: list[tuple[bytes, bool]] = []

    def push(self, source: str, lines: bytes, *, droppable: bool) -> None:
        self.pushed.append((lines, droppable))


class Transport(StringTransportWithDisconnection):
    """A connection that can be cut off."""

    aborted = False

    def abortConnection(self) -> None:
        self.aborted = True


class CollectorTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.sink: Any = Sink()
        self.clock = Clock()

    def connected(self) -> tuple[Any, "Transport"]:
        """A sender's connection."""
        protocol = StreamCollectorFactory(self.sink, self.clock).buildProtocol(None)
        transport = Transport()
        protocol.makeConnection(transport)
        return protocol, transport

    def test_datagrams(self) -> None:
        """Each datagram is a line, which may be dropped; one of nothing is none."""
        collector = DatagramCollector(self.sink)
        for datagram in (HEAD + OK, HEAD + OK + b"\n", HEAD, b""):
            collector.datagramReceived(datagram, ("127.0.0.1", 1))
        self.assertEqual(self.sink.pushed, [(OK + b"\n", True)] * 2)

    def test_stream(self) -> None:
        """Lines of a stream are kept, the last one too that has no end."""
        protocol, _ = self.connected()
        protocol.dataReceived(HEAD + OK + b"\n" + HEAD + OK)
        protocol.connectionLost()
        self.assertEqual(self.sink.pushed, [(OK + b"\n", False)] * 2)

    def test_backpressure(self) -> None:
        """A sender is not read from while there is no room, and is read from again when there is."""
        protocol, transport = self.connected()
        self.sink.full = True
        protocol.dataReceived(OK + b"\n")
        self.assertEqual(transport.producerState, "paused")
        self.clock.advance(PAUSE_S)
        self.assertEqual(transport.producerState, "paused")
        self.sink.full = False
        self.clock.advance(PAUSE_S)
        self.assertEqual((transport.producerState, self.clock.getDelayedCalls()), ("producing", []))

    def test_endless(self) -> None:
        """Who sends a message without an end is cut off."""
        protocol, transport = self.connected()
        protocol.dataReceived(b"x" * (MAX_LINE_BYTES + 1))
        self.assertTrue(transport.aborted)
