"""Tells systemd how the service is doing (sd_notify(3)): ready, reloading, stopping, alive. Adapter.

A datagram of ``NAME=value`` lines to the socket that the environment names; without it nothing is sent.
"""

import os
import socket
import time
from collections.abc import Mapping
from contextlib import suppress

# What a watchdog that must be fed within its time is fed by (sd_watchdog_enabled(3) advises half).
FEEDS_PER_WATCHDOG_TIME = 2


class Notifier:
    """The way to the service manager. Sending never blocks and never fails the program."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        address = environ.get("NOTIFY_SOCKET", "")
        # A leading @ stands for the NUL of Linux's abstract names.
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self.is_heard = bool(address)
        self.watchdog_interval_s = self._watchdog_interval(environ) if address else None

    @staticmethod
    def _watchdog_interval(environ: Mapping[str, str]) -> float | None:
        """How often to say that we live, when somebody asks for it of this process."""
        try:
            pid = int(environ.get("WATCHDOG_PID", os.getpid()))
            timeout_us = int(environ.get("WATCHDOG_USEC", "0"))
        except ValueError:
            return None
        if pid != os.getpid() or timeout_us <= 0:
            return None
        return timeout_us / 1e6 / FEEDS_PER_WATCHDOG_TIME

    def ready(self, status: str) -> None:
        """The service has started, or has finished reloading."""
        self._send(f"READY=1\nSTATUS={status}")

    def reloading(self) -> None:
        """A reload has begun; `ready` ends it."""
        microseconds = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self._send(f"RELOADING=1\nMONOTONIC_USEC={microseconds}\nSTATUS=reloading")

    def stopping(self, status: str) -> None:
        """The service has begun to stop."""
        self._send(f"STOPPING=1\nSTATUS={status}")

    def status(self, status: str) -> None:
        """One line for ``systemctl status``."""
        self._send(f"STATUS={status}")

    def alive(self) -> None:
        """Feed the watchdog: the loop still turns."""
        self._send("WATCHDOG=1")

    def _send(self, message: str) -> None:
        if not self._address:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
            sender.setblocking(False)
            with suppress(OSError):  # nobody listens, or is too busy to: that is not for us to end by
                sender.sendto(message.encode(), self._address)
