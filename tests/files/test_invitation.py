"""Addresses for people, and as codes."""

import io
import socket
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.files.invitation import Invitation, own_address, url


def own() -> str:
    return "192.0.2.7"


class UrlTests(SynchronousTestCase):
    def test_addresses(self) -> None:
        """A browser's address, over TLS or not, by this machine's own where it listens on all."""
        for endpoint, address, expected in (
            ("tcp:8010", "0.0.0.0:8010", "http://192.0.2.7:8010/"),
            ("tcp:8010:interface=127.0.0.1", "127.0.0.1:8010", "http://127.0.0.1:8010/"),
            ("ssl:8443:privateKey=k", "0.0.0.0:8443", "https://192.0.2.7:8443/"),
            ("tls:certs:tcp:8443", "10.0.0.1:8443", "https://10.0.0.1:8443/"),
            ("tcp6:8010", "[2001:db8::1]:8010", "http://[2001:db8::1]:8010/"),
            ("tcp6:8010", "[::]:8010", "http://192.0.2.7:8010/"),
            ("unix:/run/f.sock", "unix:/run/f.sock", None),
        ):
            self.assertEqual(url(endpoint, address, own), expected)

    def test_own_address(self) -> None:
        """It is an address of this machine: a socket can be bound to it."""
        with socket.socket() as bound:
            bound.bind((own_address(), 0))


class _Listening:
    def addresses(self) -> list[str]:
        return ["127.0.0.1:8010", "unix:/run/f.sock"]


class InvitationTests(SynchronousTestCase):
    def test_code(self) -> None:
        """Each address that a browser can use is printed, with its code above it."""
        out = io.StringIO()
        listening: Any = _Listening()
        Invitation(listening, ["tcp:8010", "unix:/run/f.sock"], out).startService()
        *code, address = out.getvalue().splitlines()
        self.assertEqual(address, "http://127.0.0.1:8010/")
        self.assertGreater(len(code), 10)
        self.assertIn("\N{UPPER HALF BLOCK}", out.getvalue())
