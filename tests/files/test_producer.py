"""The file producer, to a consumer in memory."""

import os
from pathlib import Path

from twisted.internet.error import ConnectionLost
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.files.producer import CHUNK_BYTES, FileProducer, Truncated


class FileProducerTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.path = Path(self.mktemp())
        self.data = os.urandom(2 * CHUNK_BYTES + 17)
        self.path.write_bytes(self.data)
        self.fd = os.open(self.path, os.O_RDONLY)
        self.addCleanup(os.close, self.fd)
        self.consumer = StringTransport()

    def test_sends_a_span_chunk_by_chunk(self) -> None:
        """Each wake-up sends at most a chunk, from the offset on, and the end is told once all is out."""
        producer = FileProducer(self.fd, 5, len(self.data) - 10)
        sent = producer.send_to(self.consumer)
        self.assertIs(self.consumer.producer, producer)
        self.assertFalse(self.consumer.streaming)
        for wakeups in (1, 2):
            producer.resumeProducing()
            self.assertEqual(self.consumer.value(), self.data[5 : 5 + wakeups * CHUNK_BYTES])
            self.assertNoResult(sent)
        producer.resumeProducing()
        self.assertEqual(self.consumer.value(), self.data[5:-5])
        self.assertIsNone(self.successResultOf(sent))
        self.assertIsNone(self.consumer.producer)

    def test_an_empty_span(self) -> None:
        """Nothing to send is done at the first wake-up, and sends nothing."""
        producer = FileProducer(self.fd, 0, 0)
        sent = producer.send_to(self.consumer)
        producer.resumeProducing()
        self.successResultOf(sent)
        self.assertEqual(self.consumer.value(), b"")

    def test_a_file_cut_short_is_not_whole(self) -> None:
        """A file that is truncated while it is sent fails: the peer must not take it for the whole."""
        producer = FileProducer(self.fd, 0, len(self.data))
        sent = producer.send_to(self.consumer)
        producer.resumeProducing()
        os.truncate(self.path, CHUNK_BYTES)
        producer.resumeProducing()
        failure = self.failureResultOf(sent, Truncated)
        self.assertIn(f"{len(self.data) - CHUNK_BYTES} bytes early", failure.getErrorMessage())
        self.assertIsNone(self.consumer.producer)

    def test_a_file_that_grows(self) -> None:
        """Only as much is sent as was asked for."""
        producer = FileProducer(self.fd, 0, len(self.data))
        sent = producer.send_to(self.consumer)
        with self.path.open("ab") as file:
            file.write(b"more")
        for _ in range(4):
            producer.resumeProducing()
        self.successResultOf(sent)
        self.assertEqual(self.consumer.value(), self.data)

    def test_the_peer_hangs_up(self) -> None:
        """A lost connection ends it as such, and a late wake-up does nothing."""
        producer = FileProducer(self.fd, 0, len(self.data))
        sent = producer.send_to(self.consumer)
        producer.stopProducing()
        self.failureResultOf(sent, ConnectionLost)
        producer.resumeProducing()
        self.assertEqual(self.consumer.value(), b"")

    def test_hang_up_after_the_end(self) -> None:
        """A connection lost when all is sent changes nothing."""
        producer = FileProducer(self.fd, 0, 1)
        sent = producer.send_to(self.consumer)
        producer.resumeProducing()
        producer.stopProducing()
        self.assertIsNone(self.successResultOf(sent))

    def test_a_disk_that_fails(self) -> None:
        """A read error is passed on."""
        folder = os.open(".", os.O_RDONLY)
        self.addCleanup(os.close, folder)
        producer = FileProducer(folder, 0, 1)
        sent = producer.send_to(self.consumer)
        producer.resumeProducing()
        self.failureResultOf(sent, IsADirectoryError)
