"""Syslog messages from the network, over UDP and TCP, to a service that follows. Adapter.

Backpressure: a TCP sender is not read from while there is too much to count; a datagram is then dropped, and
counted as dropped.
"""

from typing import Any

from twisted.internet.protocol import DatagramProtocol, Factory, Protocol

from twisted_suite.accesslog.live import FollowService
from twisted_suite.accesslog.syslog import Messages, message
from twisted_suite.errors import LimitExceeded

SOURCE = "syslog"
# How long a sender is left alone that sends faster than can be counted.
PAUSE_S = 0.05


class DatagramCollector(DatagramProtocol):
    """Each datagram is a message."""

    noisy = False

    def __init__(self, service: FollowService) -> None:
        self._service = service

    def datagramReceived(self, datagram: bytes, addr: Any) -> None:
        if line := message(datagram):
            self._service.push(SOURCE, line.replace(b"\n", b" ") + b"\n", droppable=True)


class StreamCollector(Protocol):
    """One sender's connection."""

    def __init__(self, service: FollowService, reactor: Any) -> None:
        self._service = service
        self._reactor = reactor
        self._messages = Messages()

    def dataReceived(self, data: bytes) -> None:
        try:
            self._push(self._messages.feed(data))
        except LimitExceeded:
            self.transport.abortConnection()  # type: ignore[union-attr]  # connected

    def connectionLost(self, reason: Any = None) -> None:
        self._push(self._messages.finish())

    def _push(self, lines: list[bytes]) -> None:
        if lines:
            self._service.push(SOURCE, b"".join(line + b"\n" for line in lines), droppable=False)
        self._wait()

    def _wait(self) -> None:
        """Read on when there is room."""
        transport: Any = self.transport
        if not transport.connected:
            return
        if self._service.full:
            transport.pauseProducing()
            self._reactor.callLater(PAUSE_S, self._wait)
        else:
            transport.resumeProducing()


class StreamCollectorFactory(Factory):
    """Makes one for each sender."""

    noisy = False

    def __init__(self, service: FollowService, reactor: Any) -> None:
        self._service = service
        self._reactor = reactor

    def buildProtocol(self, addr: Any) -> StreamCollector:
        return StreamCollector(self._service, self._reactor)
