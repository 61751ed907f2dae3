"""Echo (RFC 862) over streams and datagrams. Adapter: it decides nothing but where a message is ``/quit``.

::

    -> any bytes      <- the same bytes
    -> /quit          the server closes (a message of its own, with or without a line end; not with --raw)
    -> FIN            <- all that is still on its way back, then FIN
"""

from collections.abc import Collection
from typing import Any

from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.internet.protocol import DatagramProtocol, Factory, Protocol
from twisted.logger import Logger
from zope.interface import implementer

from twisted_suite.runtime.transport import IStreamTransport

QUIT = frozenset({b"/quit", b"/quit\n", b"/quit\r\n"})
# Below this live echo, chargen, daytime and the rest that answer anything: two of them given each other's
# address talk for ever (CERT CA-1996-01). No client sends from there.
FIRST_CLIENT_PORT = 1024


@implementer(IHalfCloseableProtocol)
class Echo(Protocol):
    """Sends back what comes. A peer that does not read is not read from: memory stays bounded."""

    transport: IStreamTransport

    def __init__(self, quits: Collection[bytes] = QUIT) -> None:
        self._quits = quits

    def connectionMade(self) -> None:
        # The source of what we write is what we read, so the transport is its own producer:
        # when its send buffer is full it stops reading.
        self.transport.registerProducer(self.transport, True)

    def dataReceived(self, data: bytes) -> None:
        if data in self._quits:
            self.drain()
        else:
            self.transport.write(data)

    def readConnectionLost(self) -> None:
        """The peer has said all: send back the rest, then close (without this, Twisted drops the rest)."""
        self.drain()

    def writeConnectionLost(self) -> None:
        """We never close only our half."""

    def drain(self) -> None:
        self.transport.unregisterProducer()
        self.transport.loseConnection()


class EchoFactory(Factory):
    """Builds `Echo`; with `raw`, 8-bit clean: no message ends the connection."""

    noisy = False

    def __init__(self, *, raw: bool = False) -> None:
        self._quits: Collection[bytes] = () if raw else QUIT

    def buildProtocol(self, addr: Any) -> Echo:
        return Echo(self._quits)


class EchoDatagrams(DatagramProtocol):
    """Answers each datagram with itself, but for those that would make two echo services talk for ever.

    `own_ports` are the UDP ports that this program echoes on; the one that this is at need not be among them.
    """

    log = Logger()
    noisy = False

    def __init__(self, own_ports: Collection[int] = ()) -> None:
        self._own_ports = own_ports
        self._port = 0
        self.ignored = 0

    def startProtocol(self) -> None:
        self._port = self.transport.getHost().port  # type: ignore[union-attr]  # it is listening now

    def datagramReceived(self, datagram: bytes, addr: tuple[Any, ...]) -> None:
        host, port = addr[:2]
        if port < FIRST_CLIENT_PORT or port in self._own_ports or port == self._port:
            self._ignore(host, port)
        else:
            self.transport.write(datagram, addr)  # type: ignore[union-attr]  # set while datagrams come in

    def _ignore(self, host: str, port: int) -> None:
        if not self.ignored:  # one line: a loop would fill the disk
            self.log.warn(
                "echo: no answer to {host} port {port}: a service may be listening there, and answer back",
                host=host,
                port=port,
            )
        self.ignored += 1
