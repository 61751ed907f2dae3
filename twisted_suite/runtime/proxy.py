"""The PROXY protocol, versions 1 and 2: who a proxy speaks for (haproxy.org, proxy-protocol.txt). Core.

::

    -> PROXY TCP4 192.0.2.1 198.51.100.2 4242 443\r\n      version 1; TCP6, or UNKNOWN and anything
    -> \r\n\r\n\0\r\nQUIT\n  0x21 0x11  length  addresses, ports, more        version 2

before anything else. Twisted's own parser drops a header that does not come in one piece (ticket 8287).
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import (
    AddressValueError,
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from twisted_suite.errors import ProtocolError

V1_START = b"PROXY "
V2_START = b"\r\n\r\n\x00\r\nQUIT\n"
# Section 2.1: the longest line of version 1, its line end included.
MAX_V1_BYTES = 107
# Section 2.2 lets a length be 65,535; what proxies add to the addresses (names of certificates) is far less.
MAX_V2_BYTES = 4096
_V2_HEAD = struct.Struct("!12sBBH")
_V2_LOCAL, _V2_PROXY = 0x20, 0x21
# Address family and protocol, as far as a stream may have them: how long one address is.
_V2_STREAMS = {0x11: 4, 0x21: 16}
MAX_PORT = 65535
# What `AllowedProxies` calls a peer that comes by a Unix socket and has no address.
UNIX = "unix"


@dataclass(frozen=True, slots=True)
class End:
    """One end of a connection that a proxy speaks of."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Header:
    """What a proxy said. Without ends it speaks for itself, or does not know: the socket's own are true."""

    client: End | None = None
    server: End | None = None


class HeaderReader:
    """Reads one header, in whatever pieces it comes."""

    def __init__(self) -> None:
        self._received = b""
        self.rest = b""  # what came behind the header

    def receive(self, data: bytes) -> Header | None:
        """The header once it is complete. Raises `ProtocolError` as soon as it cannot become one."""
        received = self._received = self._received + data
        if _may_become(received, V2_START):
            return self._v2(received)
        if _may_become(received, V1_START):
            return self._v1(received)
        raise ProtocolError("no PROXY header")

    def _v1(self, received: bytes) -> Header | None:
        line, end, self.rest = received.partition(b"\r\n")
        if len(line) + 2 > MAX_V1_BYTES or (not end and len(received) >= MAX_V1_BYTES):
            raise ProtocolError(f"a PROXY header of more than {MAX_V1_BYTES} bytes")
        return _v1_header(line) if end else None

    def _v2(self, received: bytes) -> Header | None:
        if len(received) < _V2_HEAD.size:
            return None
        _, command, family, length = _V2_HEAD.unpack_from(received)
        if length > MAX_V2_BYTES:
            raise ProtocolError(f"a PROXY header of more than {MAX_V2_BYTES} bytes")
        end = _V2_HEAD.size + length
        if len(received) < end:
            return None
        self.rest = received[end:]
        return _v2_header(command, family, received[_V2_HEAD.size : end])


def _may_become(received: bytes, start: bytes) -> bool:
    return received[: len(start)] == start[: len(received)]


def _v1_header(line: bytes) -> Header:
    words = line.decode("ascii", "replace").split(" ")
    if words[1] == "UNKNOWN":
        return Header()
    kinds = {"TCP4": IPv4Address, "TCP6": IPv6Address}
    if words[1] not in kinds or len(words) != 6:
        raise ProtocolError("a PROXY header that is not TCP4, TCP6 or UNKNOWN with its four words")
    kind, (client, server, client_port, server_port) = kinds[words[1]], words[2:]
    try:
        ends = [
            End(str(kind(host)), _port(port)) for host, port in ((client, client_port), (server, server_port))
        ]
    except (AddressValueError, ValueError) as error:
        raise ProtocolError("a PROXY header with an address or a port that is none") from error
    return Header(*ends)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 5 or int(text) > MAX_PORT:
        raise ValueError(text)
    return int(text)


def _v2_header(command: int, family: int, body: bytes) -> Header:
    if command not in (_V2_LOCAL, _V2_PROXY):
        raise ProtocolError("a PROXY header of a version or with a command that nobody knows")
    size = _V2_STREAMS.get(family)
    if command == _V2_LOCAL or size is None:
        return Header()
    if len(body) < 2 * size + 4:
        raise ProtocolError("a PROXY header that is too short for its addresses")
    client_port, server_port = struct.unpack_from("!HH", body, 2 * size)
    client, server = (str(ip_address(body[at : at + size])) for at in (0, size))
    return Header(End(client, client_port), End(server, server_port))


@dataclass(frozen=True, slots=True)
class AllowedProxies:
    """Who may say whom it speaks for: anybody else could pretend to be anybody."""

    networks: Sequence[IPv4Network | IPv6Network]
    unix: bool

    @classmethod
    def parse(cls, text: str) -> "AllowedProxies":
        """Of addresses, networks and ``unix``, with commas between. Raises `ValueError` with the bad word."""
        words = [word.strip() for word in text.split(",")]
        networks = []
        for word in words:
            if word != UNIX:
                try:
                    networks.append(ip_network(word))
                except ValueError as error:
                    raise ValueError(
                        f"{word!r} is no address, no network such as 10.0.0.0/8, and not 'unix'"
                    ) from error
        return cls(tuple(networks), UNIX in words)

    def allow(self, host: str | None) -> bool:
        """Whether the peer at `host`, or one at a Unix socket (None), is one of them."""
        if host is None:
            return self.unix
        try:
            address = ip_address(host.partition("%")[0])
        except ValueError:
            return False
        mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
        return any((mapped or address) in network for network in self.networks)
