"""JSON lines of odd servers."""

import json
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.accesslog.objects import read_object
from twisted_suite.accesslog.records import Reason, Record


def read(**keys: Any) -> Record | Reason:
    """An object of these keys, read."""
    return read_object(json.dumps({"remote_addr": "192.0.2.1", "status": 200, **keys}).encode())


class ObjectTests(SynchronousTestCase):
    def test_least(self) -> None:
        """An address and a status are enough."""
        self.assertEqual(read(), Record(b"192.0.2.1", b"", b"-", b"200", 0, "json"))

    def test_addresses(self) -> None:
        """A port, brackets and proxies are no part of the client's address."""
        for text, client in (
            ("192.0.2.1:80", b"192.0.2.1"),
            ("[2001:db8::1]:80", b"2001:db8::1"),
            ("2001:db8::1", b"2001:db8::1"),
            ("192.0.2.1, 198.51.100.7", b"192.0.2.1"),
            (",", b"-"),
        ):
            found = read(remote_addr=text)
            assert isinstance(found, Record)
            self.assertEqual(found.client, client)

    def test_values(self) -> None:
        """Numbers may be quoted, sizes a dash, text in any script or none, objects where none should be."""
        found = read(
            bytes="-", status="404", method="GET", uri="/\ud800가", http_user_agent=["a", "b"], host={}
        )
        assert isinstance(found, Record)
        self.assertEqual((found.status, found.size, found.agent, found.host), (b"404", 0, b"a", None))
        self.assertEqual(found.request, "GET /\ud800가".encode("utf-8", "surrogatepass"))

    def test_no_request(self) -> None:
        """What is no request of a client is invalid."""
        for keys in (
            {"status": None},
            {"remote_addr": None},
            {"status": 20},
            {"bytes": -5},
            {"bytes": [[]], "size": 1e30},
        ):
            self.assertIs(read(**keys), Reason.KEYS, keys)
        for line in (b"{}", b'{"request":{"method":"GET"}}'):
            self.assertIs(read_object(line), Reason.KEYS)
        for line in (b"[]", b"{", b"\xff", b'{"a":1}{', b'{"a":' + b"9" * 5_000 + b"}"):
            self.assertIn(read_object(line), (Reason.OBJECT, Reason.KEYS))
