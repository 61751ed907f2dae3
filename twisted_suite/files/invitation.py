"""The address of the folder in the terminal, for a phone's camera too. Adapter.

``--qr`` prints it on standard error once the service listens: a URL, and the same as a QR code.
"""

import socket
import sys
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any, TextIO

import segno
from twisted.application.service import Service

from twisted_suite.runtime.listening import Listener

_TLS = ("ssl:", "tls:")
# An address of no machine (RFC 5737). Nothing is sent: the system only says where it would be sent from.
_ELSEWHERE = ("192.0.2.1", 9)


def own_address() -> str:
    """This machine's address as others on its network see it; its loopback where there is no network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        try:
            asked.connect(_ELSEWHERE)
        except OSError:
            return "127.0.0.1"
        address: str = asked.getsockname()[0]
        return address


def url(endpoint: str, address: str, own: Callable[[], str] = own_address) -> str | None:
    """Where a browser finds `endpoint`, which listens at `address`; None where no browser could."""
    host, colon, port = address.rpartition(":")
    if not colon or not port.isdigit():
        return None
    host = host.strip("[]")
    if ip_address(host).is_unspecified:
        host = own()
    scheme = "https" if endpoint.startswith(_TLS) else "http"
    return f"{scheme}://[{host}]:{port}/" if ":" in host else f"{scheme}://{host}:{port}/"


class Invitation(Service):
    """Prints the addresses of a listener that has been started before it."""

    def __init__(self, listener: Listener, endpoints: list[str], out: TextIO | None = None) -> None:
        self._listener = listener
        self._endpoints = endpoints
        self._out: Any = out or sys.__stderr__

    def startService(self) -> None:
        super().startService()
        for endpoint, address in zip(self._endpoints, self._listener.addresses(), strict=True):
            found = url(endpoint, address)
            if found is not None:
                segno.make(found, micro=False).terminal(self._out, compact=True)
                print(found, file=self._out, flush=True)
