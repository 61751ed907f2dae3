"""Files as bodies: what can be had at once, and the sending of any body."""

import os
from pathlib import Path

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.files.bodies import MemoryBody
from twisted_suite.files.body import (
    MIDDLING_BYTES,
    SMALL_BYTES,
    FileBody,
    deliver,
    is_at_hand,
    small,
    span_of,
)
from twisted_suite.files.folder import OpenFile
from twisted_suite.files.plan import FileSpan, Piece, Plan
from twisted_suite.files.producer import Truncated


class FileBodyTests(SynchronousTestCase):
    def opened(self, data: bytes) -> FileBody:
        self.path = Path(self.mktemp())
        self.path.write_bytes(data)
        return FileBody(OpenFile(os.open(self.path, os.O_RDONLY), len(data)))

    def test_small(self) -> None:
        """The bytes of a range that is in memory are had at once; of a large one they are not."""
        body = self.opened(b"x" * SMALL_BYTES + b"yz")
        self.addCleanup(body.close)
        self.assertEqual(small(Plan(206, (), body, SMALL_BYTES - 1, SMALL_BYTES + 2)), b"xyz")
        self.assertIsNone(small(Plan(200, (), body, 0, body.length)))
        self.assertIsNone(small(Plan(200, (), MemoryBody(b"abc"), 0, 3)))

    def test_at_hand(self) -> None:
        """What is in memory and not large is a span that can be sent at once."""
        body = self.opened(b"x" * (MIDDLING_BYTES + 1))
        self.addCleanup(body.close)
        span = span_of(Plan(206, (), body, 1, MIDDLING_BYTES))
        self.assertEqual(span, FileSpan(body.fd, 1, MIDDLING_BYTES - 1))
        assert span is not None
        self.assertTrue(is_at_hand(span))
        self.assertFalse(is_at_hand(FileSpan(body.fd, 0, body.length)))
        self.assertIsNone(span_of(Plan(200, (), MemoryBody(b"abc"), 0, 3)))

    def test_small_and_shorter(self) -> None:
        """A file that has become shorter is not passed off as whole."""
        body = self.opened(b"0123456789")
        self.addCleanup(body.close)
        os.truncate(self.path, 5)
        self.assertRaises(Truncated, small, Plan(200, (), body, 0, 10))

    def test_delivered(self) -> None:
        """A file is one span of it, and what is not asked for is not given."""
        body = self.opened(b"0123456789")
        self.addCleanup(body.close)
        given: list[Piece] = []

        async def give(piece: Piece) -> None:
            given.append(piece)

        for start, stop in [(2, 5), (3, 3)]:
            self.successResultOf(Deferred.fromCoroutine(deliver(Plan(206, (), body, start, stop), give)))
        self.assertEqual(given, [FileSpan(body.fd, 2, 3)])

    def test_one_piece_after_the_other(self) -> None:
        """The next piece is made when the one before it has been taken, and not at all after a failure."""
        waiting: list[Deferred[None]] = []

        async def give(piece: Piece) -> None:
            waiting.append(Deferred())
            await waiting[-1]

        body = MemoryBody(b"0123456789")
        delivered = Deferred.fromCoroutine(deliver(Plan(200, (), body, 0, 10), give))
        self.assertEqual(len(waiting), 1)
        waiting[0].callback(None)
        self.assertEqual(len(waiting), 2)
        waiting[1].errback(ConnectionError())
        self.failureResultOf(delivered, ConnectionError)
        self.assertEqual(len(waiting), 2)
