"""What one service allows its peers: how many, how fast, how long, how much. Core: no clock, no sockets.

Twisted's own ``policies.LimitConnectionsByPeer`` fails on every connection today (ticket 12183),
``LimitTotalConnectionsFactory`` bounds nothing once an overflow protocol is set, ``ThrottlingFactory`` fails
at its first limit (7716, 11009), ``TimeoutFactory`` never ends a peer that does not read.
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
_TAKES_BACKLOG = ("tcp:", "tcp6:", "ssl:", "tls:", "unix:")
_WRAPPERS = ("haproxy:", "proxied:")
# What may come at once, as seconds of a rate: a paste of a thousand lines is not an attack.
BURST_S = 10.0


def with_backlog(endpoint: str) -> str:
    """The server endpoint string `endpoint`, with room for a burst of connections where it names none."""
    prefix = next((wrapper for wrapper in _WRAPPERS if endpoint.startswith(wrapper)), "")
    inner = endpoint.removeprefix(prefix)
    if not inner.startswith(_TAKES_BACKLOG) or ":backlog=" in inner:
        return endpoint
    return f"{prefix}{inner}:backlog={BACKLOG}"


class Refusal(StrEnum):
    """Why a connection was not admitted."""

    TOTAL = "max-connections"
    PER_ADDRESS = "max-per-ip"
    DRAINING = "draining"
    PROXY = "proxy"  # behind a proxy: not one of those that may speak, or no header came


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
    handshake_timeout_s: float = 0.0  # of TLS; of a PROXY header, `proxied` has its own
    max_byte_rate: int = 0  # bytes a second from one connection
    max_message_rate: int = (
        0  # messages a second from one connection: its lines, or pieces without a line end
    )
    max_buffered: int = 0  # bytes that wait for one peer to take them
    max_buffered_total: int = 0  # bytes that wait for all peers

    def sweep_interval_s(self) -> float | None:
        """How often connections must be looked at, so that a time limit is noticed in time; None: never.

        One sweep a service instead of a timer a connection (resetting one at every event costs about 5 µs).
        """
        return _part_of(self.idle_timeout_s, self.first_byte_timeout_s, self.handshake_timeout_s)

    def full_sweep_interval_s(self) -> float | None:
        """How often all connections must be looked at, and not only those that are in a handshake."""
        return _part_of(self.idle_timeout_s, self.first_byte_timeout_s)

    def allowance(self, now: float) -> "Allowance | None":
        """What a connection that begins `now` may send; None where nothing limits it."""
        if not self.max_byte_rate and not self.max_message_rate:
            return None
        return Allowance(self.max_byte_rate, self.max_message_rate, now)


def _part_of(*timeouts: float) -> float | None:
    given = [timeout for timeout in timeouts if timeout]
    return min(given) / SWEEPS_PER_TIMEOUT if given else None


class TokenBucket:
    """A rate, with room for `BURST_S` seconds of it at once.

    What has come cannot be refused any more: it is taken in any case, and the answer is how long to take
    nothing else.
    """

    __slots__ = ("_level", "_rate", "_updated")

    def __init__(self, rate: float, now: float) -> None:
        self._rate = rate
        self._level = rate * BURST_S
        self._updated = now

    def take(self, amount: int, now: float) -> float:
        """Take `amount`; returns the seconds until what was taken too much is made up for."""
        refilled = self._level + max(0.0, now - self._updated) * self._rate
        self._level = min(refilled, self._rate * BURST_S) - amount
        self._updated = now
        return -self._level / self._rate if self._level < 0 else 0.0


class Allowance:
    """What one connection may still send: bytes and messages. A rate of 0 means no limit."""

    __slots__ = ("_bytes", "_messages")

    def __init__(self, byte_rate: int, message_rate: int, now: float) -> None:
        self._bytes = TokenBucket(byte_rate, now) if byte_rate else None
        self._messages = TokenBucket(message_rate, now) if message_rate else None

    def take_bytes(self, count: int, now: float) -> float:
        """`count` bytes have come; returns the seconds for which no more should be read."""
        return self._bytes.take(count, now) if self._bytes is not None else 0.0

    def take_messages(self, data: bytes, now: float) -> float:
        """`data` has come: its lines, or one message where it has no line end; returns seconds as above."""
        if self._messages is None:
            return 0.0
        return self._messages.take(max(1, data.count(b"\n")), now)


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
