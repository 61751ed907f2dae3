"""Twisted's HTTP server, taught to end early. Adapter."""

from typing import Any

from twisted.web.http import HTTPChannel
from twisted.web.resource import IResource
from twisted.web.server import Site


class DrainableChannel(HTTPChannel):
    """One HTTP/1.1 connection: asked to end, it finishes the answers that are under way."""

    def drain(self) -> None:
        if self.requests:
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
