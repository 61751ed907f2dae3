"""`FastServer` beside `tcp.Server`: each case runs on both."""

import socket
from typing import TYPE_CHECKING, Any

from twisted.internet import tcp
from twisted.internet.protocol import Protocol
from twisted.internet.testing import MemoryReactor
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.runtime.fastserver import FastServer


class Spoken(Protocol):
    """Stands for TLS: notes what it is given to encrypt."""

    def __init__(self) -> None:
        self.given: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.given.append(data)


class Pushing:
    """A push producer that notes what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def pauseProducing(self) -> None:
        self.told.append("pause")

    def resumeProducing(self) -> None:
        self.told.append("resume")

    def stopProducing(self) -> None:
        self.told.append("stop")


if TYPE_CHECKING:
    _Case = SynchronousTestCase
else:
    _Case = object


class WriteCases(_Case):
    """What a program may count on when it writes."""

    kind: type[tcp.Server]

    def setUp(self) -> None:
        ours, theirs = socket.socketpair()
        self.addCleanup(ours.close)
        self.addCleanup(theirs.close)
        self.reactor: Any = MemoryReactor()
        self.protocol = Spoken()
        port: Any = None
        self.transport: Any = self.kind(ours, self.protocol, ("192.0.2.1", 9), port, 1, self.reactor)

    def waiting(self) -> bytes:
        return b"".join(self.transport._tempDataBuffer)

    def test_bytes_wait(self) -> None:
        """What is written waits, counted, and the reactor is told who wants to write."""
        self.transport.write(b"one")
        self.transport.write(b"")
        self.transport.write(type("Bytes", (bytes,), {})(b"two"))
        self.assertEqual(self.waiting(), b"onetwo")
        self.assertEqual(self.transport._tempDataLen, 6)
        self.assertEqual(self.reactor.getWriters(), [self.transport])

    def test_nothing_wants_nothing(self) -> None:
        """An empty write does not wake the reactor."""
        self.transport.write(b"")
        self.assertEqual(self.reactor.getWriters(), [])

    def test_only_bytes(self) -> None:
        """Text and other things are refused at once."""
        for other in ("text", "", None, bytearray(b"x")):
            self.assertRaises(TypeError, self.transport.write, other)

    def test_after_the_end(self) -> None:
        """What is written to a connection that has ended, or whose own half has, is dropped."""
        for name, value in (("connected", 0), ("_writeDisconnected", True)):
            self.setUp()
            setattr(self.transport, name, value)
            self.transport.write(b"late")
            self.assertEqual((self.waiting(), self.reactor.getWriters()), (b"", []))

    def test_under_tls(self) -> None:
        """Once TLS has begun, the plain bytes go to it."""
        self.transport.TLS = True
        self.transport.write(b"secret")
        self.assertEqual((self.protocol.given, self.waiting()), ([b"secret"], b""))

    def test_a_producer_is_paused(self) -> None:
        """A push producer that wrote more than the buffer may hold is paused."""
        producer = Pushing()
        self.transport.registerProducer(producer, True)
        self.transport.write(bytes(self.transport.bufferSize))
        self.assertEqual(producer.told, [])
        self.transport.write(b"x")
        self.assertEqual(producer.told, ["pause"])

    def test_start_writing_is_asked(self) -> None:
        """A connection whose startWriting was replaced has that called."""
        asked: list[None] = []
        self.transport.startWriting = lambda: asked.append(None)
        self.transport.write(b"x")
        self.assertEqual(asked, [None])

    def test_it_begins_as_any(self) -> None:
        """Every public attribute has the value that Twisted gives it."""
        socket, port = self.transport.socket, self.transport.server
        plain = tcp.Server(socket, self.protocol, ("192.0.2.1", 9), port, 1, self.reactor)
        for name in dir(plain):
            value = getattr(plain, name)
            if not name.startswith("__") and not callable(value):
                self.assertEqual(getattr(self.transport, name), value, name)


class StockTests(WriteCases, SynchronousTestCase):
    """Twisted's own, to be sure that the cases say what it does."""

    kind = tcp.Server


class FastTests(WriteCases, SynchronousTestCase):
    """Ours."""

    kind = FastServer
