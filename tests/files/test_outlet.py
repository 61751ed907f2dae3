"""The way out of a connection: writes, pieces, and files through a transport that is wrapped."""

import os
from pathlib import Path

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionLost
from twisted.internet.interfaces import ITCPTransport
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import alsoProvides

from twisted_suite.files import outlet
from twisted_suite.files.outlet import Outlet
from twisted_suite.files.plan import FileSpan, Piece
from twisted_suite.runtime.transport import Metered


class OutletTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.transport = StringTransport()
        self.rooms = 0
        self.outlet = Outlet(self.transport, self.room)

    def room(self) -> None:
        self.rooms += 1

    def give(self, piece: Piece) -> "Deferred[None]":
        return Deferred.fromCoroutine(self.outlet.give(piece))

    def span(self) -> FileSpan:
        path = Path(self.mktemp())
        path.write_bytes(b"0123456789")
        fd = os.open(path, os.O_RDONLY)
        self.addCleanup(os.close, fd)
        return FileSpan(fd, 2, 5)

    def test_gathers(self) -> None:
        """What is added leaves with the next flush, in order."""
        self.outlet.add(b"a", bytearray(b"b"))
        self.outlet.add(b"c")
        self.assertEqual(self.transport.value(), b"")
        self.outlet.flush()
        self.outlet.flush()
        self.assertEqual(self.transport.value(), b"abc")

    def test_room(self) -> None:
        """A piece is given at once, and done when there is room for another."""
        self.successResultOf(self.give(b"a"))
        self.outlet.pauseProducing()
        given = self.give(b"b")
        self.assertEqual(self.transport.value(), b"ab")
        self.assertNoResult(given)
        self.outlet.resumeProducing()
        self.successResultOf(given)
        self.assertEqual((self.rooms, self.outlet.full), (1, False))

    def test_lost(self) -> None:
        """A piece that waits when the connection is lost fails."""
        self.outlet.pauseProducing()
        given = self.give(b"b")
        self.outlet.lost()
        self.failureResultOf(given, ConnectionLost)

    def test_a_file(self) -> None:
        """Where it is not the socket's own, a file is copied by a producer of its own; then ours is back."""
        given = self.give(self.span())
        self.assertIsNot(self.transport.producer, self.outlet)
        while self.transport.producer is not self.outlet:
            assert self.transport.producer is not None
            self.transport.producer.resumeProducing()
        self.successResultOf(given)
        self.assertEqual(self.transport.value(), b"23456")
        self.outlet.close()
        self.assertIsNone(self.transport.producer)

    def test_a_file_and_a_hang_up(self) -> None:
        """A peer that goes in the middle of a file ends it."""
        given = self.give(self.span())
        assert self.transport.producer is not None
        self.transport.producer.stopProducing()
        self.failureResultOf(given, ConnectionLost)


class _Own(Metered):
    """A connection's own socket, as far as an outlet asks it anything."""

    def __init__(self) -> None:
        self.no_delay: list[bool] = []
        alsoProvides(self, ITCPTransport)

    def setTcpNoDelay(self, enabled: bool) -> None:
        self.no_delay.append(enabled)

    def registerProducer(self, producer: object, streaming: bool) -> None:
        """Kept nowhere."""


class _Sending:
    """A file on its way until the test says that it is out."""

    def __init__(self) -> None:
        self.sent: Deferred[None] = Deferred()

    def __call__(self, fd: int, offset: int, length: int) -> "_Sending":
        return self

    def send_to(self, transport: object) -> "Deferred[None]":
        return self.sent


class StreamTests(SynchronousTestCase):
    def test_segments(self) -> None:
        """While a file goes, segments may wait to be full; behind it all leaves at once again."""
        own, sending = _Own(), _Sending()
        self.patch(outlet, "FileProducer", sending)
        streamed = Outlet(own, lambda: None).stream(FileSpan(0, 0, 9))
        self.assertEqual(own.no_delay, [True, False])
        sending.sent.callback(None)
        self.successResultOf(streamed)
        self.assertEqual(own.no_delay, [True, False, True])

    def test_lost(self) -> None:
        """Nothing is asked of a socket that is gone."""
        own, sending = _Own(), _Sending()
        self.patch(outlet, "FileProducer", sending)
        streamed = Outlet(own, lambda: None).stream(FileSpan(0, 0, 9))
        sending.sent.errback(ConnectionLost())
        self.failureResultOf(streamed, ConnectionLost)
        self.assertEqual(own.no_delay, [True, False])
