"""The transport that Twisted accepted, taught to count what passes through its socket.

Twisted keeps no count of the bytes of a connection, and a wrapper around the transport would hide the
socket from protocols that need it (``sendfile``, TLS details). So the accepted object itself is given a
subclass of its own class: same socket, same state, two methods that also count.
"""

from twisted.internet import tcp, unix
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.interfaces import (
    IConsumer,
    IHalfCloseableDescriptor,
    IPushProducer,
    ITCPTransport,
    ITransport,
)


class IStreamTransport(ITCPTransport, IConsumer, IPushProducer, IHalfCloseableDescriptor):
    """The transport of our stream protocols (TCP, Unix socket, TLS): written to, and read from at will."""


class Metered(tcp.Connection):
    """Mixed into an accepted transport's class. Under TLS these are the bytes on the wire."""

    bytes_in = 0
    bytes_out = 0

    def _dataReceived(self, data: bytes | None) -> ConnectionDone | None:
        if data:
            self.bytes_in += len(data)
        return super()._dataReceived(data)

    def writeSomeData(self, data: bytes) -> int | ConnectionLost:
        sent = super().writeSomeData(data)
        if isinstance(sent, int):
            self.bytes_out += sent
        return sent


class MeteredServer(Metered, tcp.Server):
    """An accepted TCP connection that counts its bytes."""


class MeteredUnixServer(Metered, unix.Server):
    """An accepted Unix socket connection that counts its bytes."""


_METERED: dict[type, type] = {tcp.Server: MeteredServer, unix.Server: MeteredUnixServer}


def meter(transport: ITransport) -> Metered | None:
    """Make the socket transport below `transport` count its bytes, and return it.

    None when there is no socket of a kind we know below it: then nothing is counted.
    """
    lowest = transport
    while (below := getattr(lowest, "transport", None)) is not None:
        lowest = below
    metered = _METERED.get(type(lowest))
    if metered is not None:
        lowest.__class__ = metered
    return lowest if isinstance(lowest, Metered) else None
