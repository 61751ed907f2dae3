"""Twisted's HTTP server, taught to end early. Adapter."""

from collections.abc import Callable
from time import monotonic
from typing import Any

from twisted.internet.interfaces import IProtocol
from twisted.web.http import HTTPChannel
from twisted.web.resource import IResource
from twisted.web.server import Site

from twisted_suite.runtime.connection import Drainable


class DrainableChannel(HTTPChannel):
    """One HTTP/1.1 connection: asked to end, it finishes the answers that are under way."""

    seconds: Callable[[], float] = staticmethod(monotonic)  # the time of the loop, where a site knows it
    _asked_at: float | None = None

    def __init__(self) -> None:
        super().__init__()
        self.answered: Callable[[float], object] = lambda _: None

    def allContentReceived(self) -> None:
        self._asked_at = self.seconds()
        super().allContentReceived()

    def writeHeaders(self, version: bytes, code: bytes, reason: bytes, headers: Any) -> None:
        if self._asked_at is not None:
            self.answered(self.seconds() - self._asked_at)
            self._asked_at = None
        super().writeHeaders(version, code, reason, headers)

    successor: Drainable | None = None  # what the connection was upgraded to: from then on it decides
    _upgraded: IProtocol | None = None  # and what takes its bytes

    def _protocolUpgradeForWebsockets(self, protocol: IProtocol) -> None:
        super()._protocolUpgradeForWebsockets(protocol)
        self._upgraded = protocol

    def dataReceived(self, data: bytes) -> None:
        """Twisted replaces this attribute at an upgrade; `connection.Connection` has hold of the old one."""
        if self._upgraded is not None:
            self._upgraded.dataReceived(data)
        else:
            super().dataReceived(data)

    def drain(self) -> None:
        if self.successor is not None:
            self.successor.drain()
        elif self.requests:
            self.persistent = False  # after the answer it closes instead of waiting for the next request
        else:
            self.loseConnection()


class DrainableSite(Site):
    """A `Site` whose idle kept-alive connections do not hold up the end of the service."""

    noisy = False
    protocol = DrainableChannel  # type: ignore[assignment]  # Twisted's default also speaks HTTP/2

    def __init__(self, root: IResource, reactor: Any) -> None:
        super().__init__(root, reactor=reactor)
        self._seconds = reactor.seconds

    def buildProtocol(self, addr: Any) -> Any:
        channel: Any = super().buildProtocol(addr)
        channel.seconds = self._seconds
        return channel

    def log(self, request: Any) -> None:
        """No line a request: `runtime.connections` has one for each connection."""
