"""Services that listen: at endpoint strings for streams, at a port for datagrams. Adapter.

A service that cannot listen must not live on deaf: the failure is a `ConfigError` out of ``startService``.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from twisted.application import service
from twisted.application.internet import UDPServer
from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import CannotListenError
from twisted.internet.protocol import DatagramProtocol

from twisted_suite.errors import ConfigError, ExitStatus
from twisted_suite.runtime.accepting import Patience
from twisted_suite.runtime.connection import peer_name
from twisted_suite.runtime.connections import Connections
from twisted_suite.runtime.tls import listening_service

# The longest that UDP can carry; Twisted would cut at 8192.
MAX_DATAGRAM_BYTES = 65536


@contextmanager
def _listening(where: str) -> Iterator[None]:
    """The border where Twisted's and the system's words for "not here" become one line."""
    try:
        yield
    except (CannotListenError, OSError, OverflowError) as error:  # the last for port 99999
        cause = getattr(error, "socketError", error)
        detail = getattr(cause, "strerror", None) or str(cause)
        raise ConfigError(f"cannot listen on {where}: {detail}", ExitStatus.UNAVAILABLE) from error


class _Endpoint(service.MultiService):
    """One endpoint string being listened on."""

    def __init__(self, description: str, connections: Connections, reactor: Any) -> None:
        super().__init__()
        self.description = description
        try:
            self._port, self._certificates = listening_service(description, connections, reactor)
        except ConfigError:
            raise
        except Exception as error:  # each kind of endpoint, plugins' too, refuses bad words in its own way
            reason = str(error) or type(error).__name__
            raise ConfigError(f"{description!r} is not an endpoint to listen on: {reason}") from error
        self._port.setServiceParent(self)
        self._patience: Patience | None = None

    def privilegedStartService(self) -> None:
        with _listening(self.description):
            super().privilegedStartService()

    def startService(self) -> None:
        with _listening(self.description):
            super().startService()
        self._patience = Patience.of(getattr(self._port._waitingForPort, "result", None))

    def stopService(self) -> Deferred[Any]:
        if self._patience is not None:
            self._patience.stop()
        if self._port._waitingForPort is None:  # it never came to listening: another endpoint failed first
            return succeed(None)
        stopped: Deferred[Any] = super().stopService()
        return stopped

    def reload(self) -> None:
        """Read the certificates again, where there are any. Raises `ConfigError`, and goes on as before."""
        if self._certificates is not None:
            try:
                self._certificates.reload()
            except ConfigError as error:
                raise ConfigError(f"{self.description}: {error}", error.status) from error

    def address(self) -> str:
        """Where it listens now, with the port that the system chose where the string left it open."""
        port = getattr(self._port._waitingForPort, "result", None)  # the service shows no more of its port
        if port is None:
            return self.description
        host = port.getHost()
        return peer_name(host) if hasattr(host, "port") else self.description


class Listener(service.MultiService):
    """Listens at every endpoint with one owner of connections, and drains them when it stops."""

    def __init__(
        self, endpoints: Sequence[str], connections: Connections, *, drain_timeout_s: float, reactor: Any
    ) -> None:
        super().__init__()
        self.connections = connections
        self._drain_timeout_s = drain_timeout_s
        self._endpoints = [_Endpoint(description, connections, reactor) for description in endpoints]
        for endpoint in self._endpoints:
            endpoint.setServiceParent(self)

    def addresses(self) -> list[str]:
        """Where it listens now, in the order of the endpoints."""
        return [endpoint.address() for endpoint in self._endpoints]

    def stopService(self) -> Deferred[None]:
        """Stop accepting, then drain. Fires when the last connection is gone."""
        stopped: Deferred[Any] = super().stopService()
        return stopped.addCallback(lambda _: self.connections.drain(self._drain_timeout_s))


class DatagramListener(UDPServer):
    """Listens for datagrams at one UDP port."""

    def __init__(self, port: int, protocol: DatagramProtocol, reactor: Any) -> None:
        super().__init__(port, protocol, maxPacketSize=MAX_DATAGRAM_BYTES, reactor=reactor)
        self._where = f"udp port {port}"

    def privilegedStartService(self) -> None:
        with _listening(self._where):
            super().privilegedStartService()

    def startService(self) -> None:
        with _listening(self._where):
            super().startService()

    def addresses(self) -> list[str]:
        """Where it listens now."""
        return [f"udp {peer_name(self._port.getHost())}"] if self._port is not None else []
