"""What the command lines of all plugins share: options, and how a bad one is reported.

A mistake on the command line is a `usage.UsageError` while parsing, as in every Twisted program, so that
the suite's file can be parsed by the same code; `lifecycle.one_line_errors` shows it in one line.
"""

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


Parameter = list[Any]  # a row of usage.Options.optParameters: long name, short name, default, help, converter


WORKERS_PARAMETER: Parameter = [
    "workers",
    None,
    1,
    "processes that serve, on shared sockets; 0 for one a processor",
    number("workers", maximum=1024),
]
METRICS_PARAMETER: Parameter = [
    "metrics",
    None,
    None,
    "serve Prometheus metrics at this Twisted server endpoint: /metrics, /healthz, /readyz",
]


def connection_parameters(*, idle_timeout_s: float, first_byte_timeout_s: float) -> list[Parameter]:
    """The rows that every listening service has in its ``optParameters``."""
    return [
        [
            "max-connections",
            None,
            8192,
            "connections open at once, in all; 0 for no limit",
            number("max-connections"),
        ],
        ["max-per-ip", None, 1024, "the same from one address, or one IPv6 /64", number("max-per-ip")],
        [
            "idle-timeout",
            None,
            idle_timeout_s,
            "seconds without a byte in either direction after which a connection is closed; 0 for never",
            seconds("idle-timeout"),
        ],
        [
            "first-byte-timeout",
            None,
            first_byte_timeout_s,
            "seconds that a new connection has to say anything, a TLS handshake included; 0 for no limit",
            seconds("first-byte-timeout"),
        ],
        [
            "drain-timeout",
            None,
            30.0,
            "seconds that open connections have to finish when the service stops",
            seconds("drain-timeout"),
        ],
        METRICS_PARAMETER,
        WORKERS_PARAMETER,
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
