"""What the command lines of all plugins share: options, and how a bad one is reported. Adapter.

A mistake on the command line is a `usage.UsageError` while parsing, as in every Twisted program, so that
the suite's file can be parsed by the same code; `lifecycle.one_line_errors` shows it in one line.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

from twisted.python import usage

from twisted_suite.runtime.lifecycle import ProgramOptions
from twisted_suite.runtime.limits import ConnectionLimits

# The lecture's port: with no --listen, its clients just work.
DEFAULT_ENDPOINT = "tcp:9009"


def number(option: str, *, minimum: int = 0, maximum: int | None = None) -> Callable[[str], int]:
    """A converter for ``optParameters``: a whole number, or an error that names the option and the limits."""
    limits = f"of at least {minimum}" if maximum is None else f"from {minimum} to {maximum}"

    def convert(text: str) -> int:
        if not (text.isascii() and text.isdigit()) or not minimum <= int(text) <= (maximum or int(text)):
            raise usage.UsageError(f"--{option}: {text!r} is not a whole number {limits}")
        return int(text)

    return convert


def seconds(option: str) -> Callable[[str], float]:
    """A converter for ``optParameters``: a time in seconds, 0 or more."""

    def convert(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if not 0 <= value < float("inf"):
            raise usage.UsageError(f"--{option}: {text!r} is not a number of seconds of at least 0")
        return value

    return convert


_SIZE = re.compile(r"([0-9]+)([KMG]?)", re.IGNORECASE | re.ASCII)
_SIZE_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def size(option: str) -> Callable[[str], int]:
    """A converter for ``optParameters``: a number of bytes, perhaps with K, M or G (of 1024) behind it."""

    def convert(text: str) -> int:
        match = _SIZE.fullmatch(text)
        if match is None:
            raise usage.UsageError(
                f"--{option}: {text!r} is not a number of bytes such as 500, 64K, 10M or 1G"
            )
        return int(match[1]) * _SIZE_UNITS[match[2].upper()]

    return convert


Parameter = list[Any]  # a row of usage.Options.optParameters: long name, short name, default, help, converter


WORKERS_PARAMETER: Parameter = [
    "workers",
    None,
    1,
    "processes that serve, on shared sockets; 0 for one a processor",
    number("workers", maximum=1024),
]
LOG_PARAMETERS: list[Parameter] = [
    [
        "log-size",
        None,
        10 << 20,
        "bytes at which a log file of twist or twistd is rotated; 0 for never",
        size("log-size"),
    ],
    ["log-keep", None, 9, "rotated log files that are kept", number("log-keep", minimum=1)],
    [
        "connection-log",
        None,
        None,
        "write a line for each connection to this file, in a format that twist accesslog reads",
    ],
]


def _worker_sockets(word: str) -> str:
    if word not in ("shared", "own"):
        raise usage.UsageError(f"--worker-sockets: {word!r} is neither shared nor own")
    return word


WORKER_SOCKETS_PARAMETER: Parameter = [
    "worker-sockets",
    None,
    "shared",
    "shared: all workers accept from one socket; own: each from its own at TCP endpoints (SO_REUSEPORT)",
    _worker_sockets,
]
WORKERS_PARAMETERS = [WORKERS_PARAMETER, WORKER_SOCKETS_PARAMETER]
ADMIN_PARAMETER: Parameter = [
    "admin",
    None,
    None,
    "serve a page for the administrator at this Twisted server endpoint on loopback, such as "
    "tcp:8099:interface=127.0.0.1",
]
METRICS_PARAMETER: Parameter = [
    "metrics",
    None,
    None,
    "serve Prometheus metrics at this Twisted server endpoint: /metrics, /healthz, /readyz",
]


# Of services whose messages are just bytes: only a file or a benchmark comes near it.
MAX_BYTE_RATE = 128 << 20


def _row(name: str, default: Any, kind: Callable[[str], Callable[[str], Any]], explanation: str) -> Parameter:
    return [name, None, default, explanation, kind(name)]


# The same for every service.
_COMMON_PARAMETERS = [
    _row("max-connections", 8192, number, "connections open at once, in all; 0 for no limit"),
    _row("max-per-ip", 1024, number, "the same from one address, or one IPv6 /64"),
    _row("handshake-timeout", 10.0, seconds, "seconds for a TLS handshake; 0 for no limit"),
    _row("max-buffered", 64 << 20, size, "bytes that may wait for one peer to take them; 0 for no limit"),
    _row("max-buffered-total", 512 << 20, size, "the same for all connections together"),
    _row(
        "drain-timeout", 30.0, seconds, "seconds that open connections have to finish when the service stops"
    ),
]


def connection_parameters(**defaults: Any) -> list[Parameter]:
    """The rows that every listening service has in its ``optParameters``; see `limit_parameters`."""
    return [
        *limit_parameters(**defaults),
        *LOG_PARAMETERS,
        METRICS_PARAMETER,
        ADMIN_PARAMETER,
        *WORKERS_PARAMETERS,
    ]


def limit_parameters(
    *,
    idle_timeout_s: float,
    first_byte_timeout_s: float,
    max_byte_rate: int = MAX_BYTE_RATE,
    max_message_rate: int = 0,
) -> list[Parameter]:
    """Those of them that limit connections."""
    idle = (
        "seconds without a byte in either direction, or with bytes that wait and none taken, after which a "
        "connection is closed; 0 for never"
    )
    first_byte = "seconds that a new connection has to say anything, a TLS handshake included; 0 for no limit"
    rate = "{} a second that are read from one connection, ten times that at once; 0 for no limit"
    return [
        _row("idle-timeout", idle_timeout_s, seconds, idle),
        _row("first-byte-timeout", first_byte_timeout_s, seconds, first_byte),
        _row("max-byte-rate", max_byte_rate, size, rate.format("bytes")),
        _row("max-message-rate", max_message_rate, number, rate.format("messages")),
        *_COMMON_PARAMETERS,
    ]


class ConnectionOptions(ProgramOptions):
    """Options of a service that has connections: see `connection_parameters`."""

    def connection_limits(self) -> ConnectionLimits:
        """The limits that `connection_parameters` read."""
        return ConnectionLimits(
            max_connections=self["max-connections"],
            max_per_address=self["max-per-ip"],
            idle_timeout_s=self["idle-timeout"],
            first_byte_timeout_s=self["first-byte-timeout"],
            handshake_timeout_s=self["handshake-timeout"],
            max_byte_rate=self["max-byte-rate"],
            max_message_rate=self["max-message-rate"],
            max_buffered=self["max-buffered"],
            max_buffered_total=self["max-buffered-total"],
        )


class ListenOptions(ConnectionOptions):
    """Options of a service that listens at the endpoints of ``--listen``."""

    def __init__(self) -> None:
        super().__init__()
        self["listen"] = []

    def opt_listen(self, endpoint: str) -> None:
        """
        listen at this Twisted server endpoint, such as tcp:9009, tcp6:9009, unix:/run/echo.sock,
        ssl:9443:privateKey=key.pem:certKey=cert.pem or systemd:domain=INET:index=0; repeatable
        """
        self["listen"].append(endpoint)

    def endpoints(self) -> Sequence[str]:
        """Where to listen: what was asked for, or the lecture's port."""
        return self["listen"] or [DEFAULT_ENDPOINT]
