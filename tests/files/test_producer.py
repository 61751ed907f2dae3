"""The file producer: to a consumer in memory, to a socket of this machine and to a wrapper around it."""

import os
import random
from pathlib import Path
from typing import Any

from twisted.internet import reactor as global_reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.internet.testing import StringTransport
from twisted.protocols.policies import WrappingFactory
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase, TestCase

from tests.files.test_residence import UNTOLD
from tests.support import need
from twisted_suite.files.producer import CHUNK_BYTES, FileProducer, Truncated
from twisted_suite.runtime.transport import meter

reactor: Any = global_reactor


class FileProducerTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.path = Path(self.mktemp())
        self.data = os.urandom(2 * CHUNK_BYTES + 17)
        self.path.write_bytes(self.data)
        self.fd = os.open(self.path, os.O_RDONLY)
        self.addCleanup(os.close, self.fd)
        self.consumer: Any = StringTransport()

    def ask(self) -> None:
        """The consumer wants more."""
        self.consumer.producer.resumeProducing()

    def test_sends_a_span_chunk_by_chunk(self) -> None:
        """Each wake-up sends at most a chunk, from the offset on, and the end is told once all is out."""
        sent = FileProducer(self.fd, 5, len(self.data) - 10).send_to(self.consumer)
        self.assertFalse(self.consumer.streaming)
        for wakeups in (1, 2):
            self.ask()
            self.assertEqual(self.consumer.value(), self.data[5 : 5 + wakeups * CHUNK_BYTES])
            self.assertNoResult(sent)
        self.ask()
        self.assertEqual(self.consumer.value(), self.data[5:-5])
        self.assertIsNone(self.successResultOf(sent))
        self.assertIsNone(self.consumer.producer)

    def test_pause(self) -> None:
        """While it is paused a consumer that asks gets nothing; its question is answered afterwards, once."""
        producer = FileProducer(self.fd, 0, len(self.data))
        producer.send_to(self.consumer)
        producer.pauseProducing()
        self.ask()
        self.assertEqual(self.consumer.value(), b"")
        for _ in range(3):
            producer.resumeProducing()
            producer.pauseProducing()
        self.assertEqual(self.consumer.value(), self.data[:CHUNK_BYTES])

    def test_stop(self) -> None:
        """What is given up in the middle is reset, and ends as a lost connection."""
        producer = FileProducer(self.fd, 0, len(self.data))
        sent = producer.send_to(self.consumer)
        self.ask()
        producer.stopProducing()
        self.failureResultOf(sent, ConnectionLost)
        self.assertTrue(self.consumer.disconnected)
        self.assertIsNone(self.consumer.producer)

    def test_an_empty_span(self) -> None:
        """Nothing to send is done at the first wake-up, and sends nothing."""
        producer = FileProducer(self.fd, 0, 0)
        sent = producer.send_to(self.consumer)
        self.ask()
        self.successResultOf(sent)
        self.assertEqual(self.consumer.value(), b"")

    def test_a_file_cut_short_is_not_whole(self) -> None:
        """A file that is truncated while it is sent fails: the peer must not take it for the whole."""
        producer = FileProducer(self.fd, 0, len(self.data))
        sent = producer.send_to(self.consumer)
        self.ask()
        os.truncate(self.path, CHUNK_BYTES)
        self.ask()
        failure = self.failureResultOf(sent, Truncated)
        self.assertIn(f"{len(self.data) - CHUNK_BYTES} bytes early", failure.getErrorMessage())
        self.assertTrue(self.consumer.disconnected)
        self.assertIsNone(self.consumer.producer)

    def test_a_file_that_grows(self) -> None:
        """Only as much is sent as was asked for."""
        producer = FileProducer(self.fd, 0, len(self.data))
        sent = producer.send_to(self.consumer)
        with self.path.open("ab") as file:
            file.write(b"more")
        for _ in range(3):
            self.ask()
        self.successResultOf(sent)
        self.assertEqual(self.consumer.value(), self.data)

    def test_the_peer_hangs_up(self) -> None:
        """A lost connection ends it as such, and a late wake-up does nothing."""
        producer = FileProducer(self.fd, 0, len(self.data))
        sent = producer.send_to(self.consumer)
        registered = self.consumer.producer
        registered.stopProducing()
        self.failureResultOf(sent, ConnectionLost)
        registered.resumeProducing()
        producer.resumeProducing()
        self.assertEqual(self.consumer.value(), b"")

    def test_hang_up_after_the_end(self) -> None:
        """A connection lost when all is sent changes nothing."""
        producer = FileProducer(self.fd, 0, 1)
        sent = producer.send_to(self.consumer)
        registered = self.consumer.producer
        self.ask()
        registered.stopProducing()
        producer.stopProducing()
        self.assertFalse(self.consumer.disconnected)
        self.assertIsNone(self.successResultOf(sent))

    def test_a_disk_that_fails(self) -> None:
        """A read error is passed on."""
        folder = os.open(".", os.O_RDONLY)
        self.addCleanup(os.close, folder)
        producer = FileProducer(folder, 0, 1)
        sent = producer.send_to(self.consumer)
        self.ask()
        self.failureResultOf(sent, IsADirectoryError)


class _Taken(Protocol):
    """The peer: takes all that comes, or nothing before it is told to."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.ended: Deferred[Any] = Deferred()
        self.wanted: tuple[int, Deferred[None]] | None = None

    def dataReceived(self, data: bytes) -> None:
        self.data += data
        if self.wanted is not None and len(self.data) >= self.wanted[0]:
            (_, reached), self.wanted = self.wanted, None
            reached.callback(None)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.ended.callback(type(reason.value))

    def at_least(self, length: int) -> "Deferred[None]":
        reached: Deferred[None] = Deferred()
        self.wanted = length, reached
        self.dataReceived(b"")
        return reached


class _Answering(Protocol):
    def __init__(self) -> None:
        self.made: Deferred[Any] = Deferred()
        self.gone: Deferred[None] = Deferred()

    def connectionMade(self) -> None:
        assert self.transport is not None
        meter(self.transport)  # as `Connections` does
        self.made.callback(self.transport)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.gone.callback(None)


class _Connected(TestCase):
    """Over TCP on this machine. `self.transport` is the accepted one, `self.peer` is who reads."""

    timeout = 20
    # More than the kernel's buffers hold on the way.
    length = 24 * 1024 * 1024 + 17
    wrapped = False

    async def connect(self) -> None:
        answering = _Answering()
        factory: Any = Factory.forProtocol(lambda: answering)
        if self.wrapped:
            factory = WrappingFactory(factory)
        port = reactor.listenTCP(0, factory, interface="127.0.0.1")
        self.addCleanup(port.stopListening)
        endpoint = TCP4ClientEndpoint(reactor, "127.0.0.1", port.getHost().port)
        self.peer: Any = await endpoint.connect(Factory.forProtocol(_Taken))
        self.transport = await answering.made
        self.addCleanup(self.hang_up, answering.gone)

    async def hang_up(self, gone: "Deferred[None]") -> None:
        self.transport.abortConnection()
        self.peer.transport.abortConnection()
        await gone
        if not self.peer.ended.called:
            await self.peer.ended

    def setUp(self) -> "Deferred[None]":  # type: ignore[override]  # trial waits for it
        self.path = Path(self.mktemp())
        self.data = random.Random(1).randbytes(1024 * 1024) * 24 + bytes(17)
        self.path.write_bytes(self.data)
        self.fd = os.open(self.path, os.O_RDONLY)
        self.addCleanup(os.close, self.fd)
        return Deferred.fromCoroutine(self.connect())


class SocketTests(_Connected):
    """What holds over any transport."""

    async def test_in_order(self) -> None:
        """What is written before goes before; the end waits for all; nothing passes through this process."""
        producer = FileProducer(self.fd, 1, self.length - 2)
        self.transport.write(b"head")
        sent = producer.send_to(self.transport)
        await sent
        self.transport.write(b"tail")
        self.transport.loseConnection()
        self.assertIs(await self.peer.ended, ConnectionDone)
        self.assertTrue(self.peer.data == b"head" + self.data[1:-1] + b"tail")
        self.assertEqual(producer.copied_bytes, self.length - 2 if self.wrapped else 0)

    async def test_closed_meanwhile(self) -> None:
        """A connection that is to be closed ends only when the file is out."""
        sent = FileProducer(self.fd, 0, self.length).send_to(self.transport)
        self.transport.loseConnection()
        await sent
        self.assertIs(await self.peer.ended, ConnectionDone)
        self.assertTrue(self.peer.data == self.data)

    async def test_truncated(self) -> None:
        """A file cut short in the middle resets the connection, even one that was about to close."""
        self.peer.transport.pauseProducing()
        sent = FileProducer(self.fd, 0, self.length).send_to(self.transport)
        self.transport.loseConnection()
        os.truncate(self.path, 1000)
        self.peer.transport.resumeProducing()
        await self.assertFailure(sent, Truncated)
        self.assertIs(await self.peer.ended, ConnectionLost)
        self.assertLess(len(self.peer.data), self.length)

    async def test_grown(self) -> None:
        """Of a file that grows only so much is sent as was asked for."""
        sent = FileProducer(self.fd, 0, self.length).send_to(self.transport)
        with self.path.open("ab") as file:
            file.write(b"more")
        await sent
        self.transport.loseConnection()
        await self.peer.ended
        self.assertTrue(self.peer.data == self.data)

    async def test_peer_hangs_up(self) -> None:
        """A peer that goes in the middle is a lost connection."""
        sent = FileProducer(self.fd, 0, self.length).send_to(self.transport)
        await self.peer.at_least(100)
        self.peer.transport.abortConnection()
        await self.assertFailure(sent, ConnectionLost)

    async def test_stopped(self) -> None:
        """One that is given up tells its caller at once, and the peer by a reset."""
        producer = FileProducer(self.fd, 0, self.length)
        sent = producer.send_to(self.transport)
        await self.peer.at_least(100)
        self.peer.transport.pauseProducing()
        producer.stopProducing()
        self.failureResultOf(sent, ConnectionLost)
        self.peer.transport.resumeProducing()
        self.assertIs(await self.peer.ended, ConnectionLost)

    async def test_paused(self) -> None:
        """While it is paused nothing more is sent, and after it all is."""
        producer = FileProducer(self.fd, 0, self.length)
        producer.pauseProducing()
        self.transport.write(b"head")
        sent = producer.send_to(self.transport)
        await self.peer.at_least(4)
        self.assertEqual(self.peer.data, b"head")
        producer.resumeProducing()
        await sent
        await self.peer.at_least(4 + self.length)
        self.assertTrue(self.peer.data == b"head" + self.data)

    async def test_an_unreadable_file(self) -> None:
        """What cannot be read is passed on as the system says it."""
        folder = os.open(".", os.O_RDONLY)
        self.addCleanup(os.close, folder)
        await self.assertFailure(FileProducer(folder, 0, 1).send_to(self.transport), IsADirectoryError)

    async def test_a_cold_file(self) -> None:
        """What is not in memory is fetched by a thread, and all of it arrives."""
        os.fsync(self.fd)
        os.posix_fadvise(self.fd, 0, 0, os.POSIX_FADV_DONTNEED)
        await FileProducer(self.fd, 0, self.length).send_to(self.transport)
        await self.peer.at_least(self.length)
        self.assertTrue(self.peer.data == self.data)

    async def test_a_file_system_that_does_not_tell(self) -> None:
        """Where nobody can say what is in memory, a thread reads all of it first, and all arrives."""
        need(UNTOLD.exists(), f"{UNTOLD} is needed")
        with UNTOLD.open("rb") as file:
            data = file.read()
            await FileProducer(file.fileno(), 0, len(data)).send_to(self.transport)
        await self.peer.at_least(len(data))
        self.assertTrue(self.peer.data == data)

    async def test_lost_while_fetching(self) -> None:
        """A connection that is lost while a thread reads ends at once; the caller may close the file."""
        slow = _Unknown(self.fd, 0, self.length)
        sent = slow.send_to(self.transport)
        await slow.fetching
        self.transport.abortConnection()
        await self.assertFailure(sent, ConnectionLost)


class QueueTests(_Connected):
    """Several writes and files at once: only for the connection's own socket."""

    async def test_call_order(self) -> None:
        """Heads, files and tails that are handed over at once leave in the order of the calls."""
        write, size = self.transport.write, 2_000_003
        write(b"1")
        first = FileProducer(self.fd, 0, size).send_to(self.transport)
        self.transport.writeSequence([b"2", b"3"])
        empty = FileProducer(self.fd, 9, 0).send_to(self.transport)
        write(b"4")
        last = FileProducer(self.fd, 5, size).send_to(self.transport)
        write(b"5")
        self.transport.loseConnection()
        self.assertIs(await self.peer.ended, ConnectionDone)
        for sent in (first, empty, last):
            self.successResultOf(sent)
        self.assertTrue(self.peer.data == b"1" + self.data[:size] + b"234" + self.data[5 : 5 + size] + b"5")

    async def test_those_behind_a_broken_one(self) -> None:
        """What was to follow a file that broke is not sent, and its sender hears of the lost connection."""
        self.peer.transport.pauseProducing()
        first = FileProducer(self.fd, 0, self.length).send_to(self.transport)
        self.transport.write(b"tail")
        second = FileProducer(self.fd, 0, 5).send_to(self.transport)
        os.truncate(self.path, 1000)
        self.peer.transport.resumeProducing()
        await self.assertFailure(first, Truncated)
        await self.assertFailure(second, ConnectionLost)
        self.assertIs(await self.peer.ended, ConnectionLost)

    async def test_after_the_end(self) -> None:
        """On a connection that is gone nothing begins."""
        self.transport.abortConnection()
        await self.peer.ended
        await self.assertFailure(FileProducer(self.fd, 0, 5).send_to(self.transport), ConnectionLost)


class WrappedSocketTests(SocketTests):
    """The same demands where the transport is a wrapper: there it reads and writes."""

    wrapped = True


class _Unknown(FileProducer):
    """Of a file system that does not say what is in memory, for one wake-up."""

    def __init__(self, fd: int, offset: int, length: int) -> None:
        super().__init__(fd, offset, length)
        self.fetching: Deferred[None] = Deferred()

    def ready(self, most: int) -> bool:
        self.fetch_next()
        if not self.fetching.called:
            self.fetching.callback(None)
        return False
