"""The endpoint ``inherit:N``: accept from a listening socket that the process was started with. Adapter.

For any Twisted program that something else hands its socket: a supervisor, a test, a shell. N is the number
of the descriptor. Of which kind the socket is (TCP over IPv4 or IPv6, Unix) is asked of the socket itself.
"""

import errno
import os
import socket
from typing import Any

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IStreamServerEndpoint, IStreamServerEndpointStringParser
from twisted.plugin import IPlugin
from zope.interface import implementer


@implementer(IStreamServerEndpoint)
class InheritedEndpoint:
    """Listens once: the descriptor is closed when the port has one of its own."""

    def __init__(self, reactor: Any, fileno: int) -> None:
        self.reactor = reactor
        self.fileno = fileno

    def listen(self, protocolFactory: Any) -> Deferred[Any]:
        try:
            family = self._family()
        except OSError as error:
            return fail(CannotListenError("descriptor", self.fileno, error))
        os.set_blocking(self.fileno, False)
        port = self.reactor.adoptStreamPort(self.fileno, family, protocolFactory)
        os.close(self.fileno)
        return succeed(port)

    def _family(self) -> int:
        """Raises `OSError` for what cannot be accepted from."""
        try:
            with socket.socket(fileno=os.dup(self.fileno)) as inherited:
                if inherited.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                    return inherited.family
        except OSError as error:
            if error.errno not in (errno.EBADF, errno.ENOTSOCK, errno.ENOPROTOOPT):
                raise
        raise OSError(errno.ENOTSOCK, f"descriptor {self.fileno} is not a socket that listens")


@implementer(IPlugin, IStreamServerEndpointStringParser)
class InheritedParser:
    """Reads ``inherit:N``."""

    prefix = "inherit"

    def parseStreamServer(self, reactor: Any, *words: Any, **unknown: Any) -> InheritedEndpoint:
        fileno = ":".join(map(str, words)) + "".join(f":{name}=" for name in unknown)
        if not (fileno.isascii() and fileno.isdigit()):
            raise ValueError(f"inherit:{fileno}: write the number of the descriptor, as in inherit:3")
        return InheritedEndpoint(reactor, int(fileno))
