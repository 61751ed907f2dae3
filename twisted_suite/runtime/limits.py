"""How many connections may be open, in all and by address. Core: no clock, no sockets.

Twisted's own ``policies.LimitConnectionsByPeer`` fails on every connection today (ticket 12183), and
``LimitTotalConnectionsFactory`` bounds nothing once an overflow protocol is set.
"""

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import AddressValueError, IPv6Address, IPv6Network

# A home or a server is handed a whole /64 (RFC 6177): counting its addresses singly would count nothing.
IPV6_PREFIX_BITS = 64
# A time limit is noticed at most this part of it late.
SWEEPS_PER_TIMEOUT = 4
# Connections that wait to be accepted. Twisted's 50 makes a burst of a thousand wait for seconds, at the
# kernel's next retry.
BACKLOG = 4096
_TAKES_BACKLOG = ("tcp:", "tcp6:", "ssl:", "unix:")


def with_backlog(endpoint: str) -> str:
    """The server endpoint string `endpoint`, with room for a burst of connections where it names none."""
    prefix = "haproxy:" if endpoint.startswith("haproxy:") else ""
    inner = endpoint.removeprefix(prefix)
    if not inner.startswith(_TAKES_BACKLOG) or ":backlog=" in inner:
        return endpoint
    return f"{prefix}{inner}:backlog={BACKLOG}"


class Refusal(StrEnum):
    """Why a connection was not admitted."""

    TOTAL = "max-connections"
    PER_ADDRESS = "max-per-ip"
    DRAINING = "draining"


def address_key(host: str | None) -> str | None:
    """What `host` is counted under: an IPv4 address, an IPv6 /64, or None for a peer without an address."""
    if host is None or ":" not in host:
        return host
    try:
        address = IPv6Address(host.partition("%")[0])
    except AddressValueError:
        return host
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(IPv6Network((address, IPV6_PREFIX_BITS), strict=False))


@dataclass(slots=True)
class ConnectionLimits:
    """What one service allows. A number of 0 means no limit."""

    max_connections: int = 0
    max_per_address: int = 0
    idle_timeout_s: float = 0.0
    first_byte_timeout_s: float = 0.0

    def sweep_interval_s(self) -> float | None:
        """How often connections must be looked at, so that a time limit is noticed in time; None: never.

        One sweep a service instead of a timer a connection (resetting one at every event costs about 5 µs).
        """
        timeouts = [timeout for timeout in (self.idle_timeout_s, self.first_byte_timeout_s) if timeout]
        return min(timeouts) / SWEEPS_PER_TIMEOUT if timeouts else None


class Admission:
    """Counts the open connections of one service and says which further ones may come in.

    What it remembers is bounded by the connections that are open: an address with none is forgotten.
    """

    def __init__(self, limits: ConnectionLimits) -> None:
        self._limits = limits
        self._by_address: Counter[str] = Counter()
        self.open = 0
        self.refused: Counter[Refusal] = Counter()
        self.closed = False  # set while draining: nobody else comes in

    def admit(self, key: str | None) -> Refusal | None:
        """Count one more connection from `key` and return None, or say why not and count the refusal."""
        refusal = self._verdict(key)
        if refusal is not None:
            self.refused[refusal] += 1
            return refusal
        self.open += 1
        if key is not None:
            self._by_address[key] += 1
        return None

    def release(self, key: str | None) -> None:
        """One admitted connection from `key` has ended."""
        self.open -= 1
        if key is None:
            return
        self._by_address[key] -= 1
        if not self._by_address[key]:
            del self._by_address[key]

    def _verdict(self, key: str | None) -> Refusal | None:
        limits = self._limits
        if self.closed:
            return Refusal.DRAINING
        if limits.max_connections and self.open >= limits.max_connections:
            return Refusal.TOTAL
        if limits.max_per_address and key is not None and self._by_address[key] >= limits.max_per_address:
            return Refusal.PER_ADDRESS
        return None
