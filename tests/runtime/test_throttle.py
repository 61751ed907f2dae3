"""Limits of sending: on real sockets by how much leaves when, on a clock of the test's own."""

import os
from pathlib import Path
from typing import Any

from twisted.internet import reactor as global_reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock, deferLater
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import TestCase

from twisted_suite.files.producer import FileProducer
from twisted_suite.runtime.throttle import Throttles
from twisted_suite.runtime.transport import Metered, meter

reactor: Any = global_reactor


class _Hearing(Protocol):
    def __init__(self) -> None:
        self.heard = bytearray()
        self.gone: Deferred[None] = Deferred()

    def dataReceived(self, data: bytes) -> None:
        self.heard += data

    def connectionLost(self, reason: object = None) -> None:
        self.gone.callback(None)


class ThrottleTests(TestCase):
    timeout = 20

    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(1000)

    async def connected(self, throttles: Throttles) -> tuple[Metered, _Hearing]:
        accepted: Deferred[Any] = Deferred()

        class Accepting(Protocol):
            def connectionMade(self) -> None:
                throttles.attach(self.transport)
                accepted.callback(meter(self.transport))  # type: ignore[arg-type]

        port = reactor.listenTCP(0, Factory.forProtocol(Accepting), interface="127.0.0.1")
        self.addCleanup(port.stopListening)
        endpoint = TCP4ClientEndpoint(reactor, "127.0.0.1", port.getHost().port)
        peer: Any = await endpoint.connect(Factory.forProtocol(_Hearing))
        return await accepted, peer

    async def after(self, seconds: float, *transports: Metered) -> list[int]:
        """What has left each transport after so much of our time, in steps of a turn."""
        for _ in range(round(seconds / 0.05)):
            self.clock.advance(0.05)
            for _ in range(8):  # turns of the loop, in which all that may leave does
                await deferLater(reactor, 0)
        return [transport.bytes_out for transport in transports]

    async def test_one_client(self) -> None:
        """Bytes leave at the rate, whole and in order, and the end waits for them; the peer is not blamed."""
        transport, peer = await self.connected(Throttles(self.clock, per_client=100_000))
        data = os.urandom(60_000)
        transport.write(data)
        transport.loseConnection()
        (sent,) = await self.after(0.3, transport)
        self.assertTrue(30_000 <= sent <= 45_000, sent)
        self.assertTrue(transport.waits_for_us)
        await self.after(0.5)
        await peer.gone
        self.assertTrue(peer.heard == data)

    async def test_files_too(self) -> None:
        """A file that the kernel sends keeps to the rate."""
        path = Path(self.mktemp())
        path.write_bytes(b"x" * 60_000)
        fd = os.open(path, os.O_RDONLY)
        self.addCleanup(os.close, fd)
        transport, peer = await self.connected(Throttles(self.clock, per_client=100_000))
        transport.write(b"head")
        sending = FileProducer(fd, 0, 60_000).send_to(transport)
        (sent,) = await self.after(0.3, transport)
        self.assertTrue(30_000 <= sent <= 45_000, sent)
        await self.after(0.5)
        await sending
        transport.loseConnection()
        await peer.gone
        self.assertEqual(len(peer.heard), 60_004)

    async def test_all_together(self) -> None:
        """Connections share the whole in equal parts, those of one client what it may have."""
        throttles = Throttles(self.clock, per_client=1_000_000, total=100_000)
        (one, first), (two, second) = [await self.connected(throttles) for _ in range(2)]
        one.write(b"x" * 200_000)
        two.write(b"y" * 200_000)
        sent = await self.after(1.0, one, two)
        self.assertTrue(90_000 <= sum(sent) <= 125_000, sent)
        self.assertLessEqual(abs(sent[0] - sent[1]), 20_000, sent)
        self.assertEqual(len(throttles._clients), 1)
        for transport, peer in ((one, first), (two, second)):
            transport.abortConnection()
            await peer.gone
        self.assertEqual(throttles._clients, {})
        self.assertEqual(self.clock.getDelayedCalls(), [])

    async def test_a_turn_that_nobody_used(self) -> None:
        """What a connection had reserved when it ended is the others' again."""
        throttles = Throttles(self.clock, per_client=1000)
        (one, first), (two, second) = [await self.connected(throttles) for _ in range(2)]
        one.write(b"x" * 100_000)
        await self.after(0.1)
        one.abortConnection()
        await first.gone
        two.write(b"y" * 2000)
        (sent,) = await self.after(2.5, two)
        self.assertEqual(sent, 2000)
        two.abortConnection()
        await second.gone

    def test_no_limit(self) -> None:
        """Without a rate, and without a socket, nothing is attached."""
        Throttles(self.clock).attach(StringTransport())
        Throttles(self.clock, total=5).attach(StringTransport())
        self.assertEqual(self.clock.getDelayedCalls(), [])
