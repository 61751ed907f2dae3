"""The bare-name protocol over a transport in memory and files that are already open."""

import os
from functools import partial
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.errors import Refused
from twisted_suite.files.barename import QUIET_S, TYPING_QUIET_S
from twisted_suite.files.folder import OpenFile
from twisted_suite.files.paths import MAX_PATH_BYTES
from twisted_suite.files.server import LINGER_S, BareNameFactory


class BareNameTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.asked: list[bytes] = []
        self.answer: Any = None  # what opening gives, when it is not the file itself
        self.path = Path(self.mktemp())
        self.path.write_bytes(b"content")
        self.protocol = BareNameFactory(self.open, self.clock).buildProtocol(None)
        self.transport = StringTransport()
        self.protocol.makeConnection(self.transport)

    def open(self, name: bytes) -> "Deferred[OpenFile]":
        self.asked.append(name)
        if self.answer is not None:
            return self.answer  # type: ignore[no-any-return]  # each test sets its kind
        self.file = self.opened()
        return succeed(self.file)

    def opened(self) -> OpenFile:
        return OpenFile(os.open(self.path, os.O_RDONLY), self.path.stat().st_size)

    def is_closed(self, file: OpenFile) -> bool:
        try:
            os.fstat(file.fd)
        except OSError:
            return True
        return False

    def flow(self) -> None:
        """The transport asks its producer until there is none."""
        while (producer := self.transport.producer) is not None:
            producer.resumeProducing()

    def lose(self) -> None:
        if self.transport.producer is not None:
            self.transport.producer.stopProducing()
        self.protocol.connectionLost(Failure(ConnectionDone()))

    def test_a_name_is_answered_with_the_file(self) -> None:
        """A name with a line end is answered at once, then the connection ends and the file is closed."""
        self.protocol.dataReceived(b"a.txt\r\n")
        self.flow()
        self.assertEqual((self.asked, self.transport.value()), ([b"a.txt"], b"content"))
        self.assertTrue(self.transport.disconnecting)
        self.assertTrue(self.is_closed(self.file))
        self.assertEqual(self.protocol.outcome, "sent a.txt")

    def test_a_bare_name_ends_with_silence(self) -> None:
        """Without a line end the name is whole after the quiet time; each piece begins it anew."""
        self.protocol.dataReceived(b"a.t")
        self.clock.advance(QUIET_S * 0.9)
        self.protocol.dataReceived(b"xt")
        self.clock.advance(QUIET_S * 0.9)
        self.assertEqual(self.asked, [])
        self.clock.advance(QUIET_S * 0.1)
        self.assertEqual(self.asked, [b"a.txt"])

    def test_byte_by_byte(self) -> None:
        """A name that is typed is waited for between the keys."""
        for byte in b"a.txt":
            self.protocol.dataReceived(bytes([byte]))
            self.clock.advance(TYPING_QUIET_S * 0.9)
        self.assertEqual(self.asked, [])
        self.clock.advance(TYPING_QUIET_S * 0.1)
        self.assertEqual(self.asked, [b"a.txt"])

    def test_a_half_close_ends_the_name(self) -> None:
        """A peer that has said all is not kept waiting, and still gets the file."""
        self.assertTrue(IHalfCloseableProtocol.providedBy(self.protocol))
        self.protocol.dataReceived(b"a.txt")
        self.protocol.readConnectionLost()
        self.flow()
        self.assertEqual(self.transport.value(), b"content")
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_a_peer_that_still_sends(self) -> None:
        """Our half is closed after the file; the peer's is waited for a little, or until it ends."""
        for ending in ("half-close", "time", "drain"):
            self.setUp()
            halves: list[None] = []
            self.transport.loseWriteConnection = partial(halves.append, None)  # type: ignore[attr-defined]
            self.protocol.dataReceived(b"a.txt\n")
            self.flow()
            self.protocol.dataReceived(b"more")
            self.assertEqual((halves, self.transport.disconnecting), ([None], False))
            if ending == "half-close":
                self.protocol.readConnectionLost()
            elif ending == "drain":
                self.protocol.drain()
            else:
                self.clock.advance(LINGER_S)
            self.assertTrue(self.transport.disconnecting, ending)
            self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_what_follows_the_name_is_dropped(self) -> None:
        """Bytes after the name change nothing, and a half-close during the transfer does not end it."""
        self.protocol.dataReceived(b"a.txt\nmore\n")
        self.protocol.dataReceived(b"b.txt\n" * 100)
        self.protocol.readConnectionLost()
        self.flow()
        self.assertEqual((self.asked, self.transport.value()), ([b"a.txt"], b"content"))

    def test_a_refusal_is_an_end_without_bytes(self) -> None:
        """What may not be served ends the connection with no bytes, and the reason for the log."""
        self.answer = fail(Refused("a directory"))
        self.protocol.dataReceived(b"\x1b[2Jsub\n")
        self.assertEqual(self.transport.value(), b"")
        self.assertTrue(self.transport.disconnecting)
        self.assertEqual(self.protocol.outcome, r"refused '\\x1b[2Jsub': a directory")

    def test_a_name_without_an_end(self) -> None:
        """A name over the limit ends the connection at once, and nothing is opened."""
        self.protocol.dataReceived(b"n" * (MAX_PATH_BYTES + 1))
        self.assertTrue(self.transport.disconnecting)
        self.assertEqual(self.asked, [])
        self.assertIn("longer than 1024 bytes", self.protocol.outcome)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_a_hang_up_before_the_name(self) -> None:
        """A peer that goes without a word leaves no timer behind."""
        self.protocol.dataReceived(b"a.t")
        self.lose()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual(self.asked, [])

    def test_a_hang_up_while_opening(self) -> None:
        """A file that is opened too late is closed at once."""
        self.answer = Deferred()
        self.protocol.dataReceived(b"a.txt\n")
        self.lose()
        file = self.opened()
        self.answer.callback(file)
        self.assertTrue(self.is_closed(file))
        self.assertEqual(self.transport.value(), b"")

    def test_a_hang_up_while_sending(self) -> None:
        """A peer that goes in the middle: the file is closed, and the log says so."""
        self.protocol.dataReceived(b"a.txt\n")
        self.lose()
        self.assertTrue(self.is_closed(self.file))
        self.assertEqual(self.protocol.outcome, "broke off a.txt")

    def test_a_truncated_file_resets_the_connection(self) -> None:
        """When the file shrinks the peer gets a reset, not an end that looks like the end of the file."""
        self.protocol.dataReceived(b"a.txt\n")
        os.truncate(self.path, 3)
        self.flow()
        self.assertTrue(self.transport.disconnected)
        self.assertIn("cut off a.txt: the file ended 4 bytes early", self.protocol.outcome)
        self.assertTrue(self.is_closed(self.file))

    def test_a_defect_is_logged_and_ends_it(self) -> None:
        """An error that nobody foresaw is ours: in the log with its traceback, the connection reset."""
        self.answer = fail(ZeroDivisionError())
        self.protocol.dataReceived(b"a.txt\n")
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertTrue(self.transport.disconnected)

    def test_drain(self) -> None:
        """Asked to end: a peer that has named nothing is let go, a transfer is finished."""
        self.protocol.dataReceived(b"a.t")
        self.protocol.drain()
        self.assertTrue(self.transport.disconnecting)
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.setUp()
        self.protocol.dataReceived(b"a.txt\n")
        self.protocol.drain()
        self.assertFalse(self.transport.disconnecting)
        self.flow()
        self.assertEqual(self.transport.value(), b"content")
        self.assertTrue(self.transport.disconnecting)
