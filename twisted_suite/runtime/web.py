"""Twisted's HTTP server, taught to end early. Adapter."""

from typing import Any

from twisted.internet.interfaces import IProtocol
from twisted.web.http import HTTPChannel
from twisted.web.resource import IResource
from twisted.web.server import Site

from twisted_suite.runtime.connection import Drainable


class DrainableChannel(HTTPChannel):
    """One HTTP/1.1 connection: asked to end, it finishes the answers that are under way."""

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

    def log(self, request: Any) -> None:
        """No line a request: `runtime.connections` has one for each connection."""
