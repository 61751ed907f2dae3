"""Where clients are."""

import json
import os
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from tests.accesslog.test_batch import FolderTestCase
from tests.support import need
from twisted_suite.accesslog.client import fulfil
from twisted_suite.accesslog.geo import NOWHERE, named, open_places
from twisted_suite.accesslog.order import Order
from twisted_suite.accesslog.rendering import Form
from twisted_suite.errors import ConfigError, ExitStatus


class GeoTests(FolderTestCase):
    def setUp(self) -> None:
        super().setUp()
        need(find_spec("maxminddb"), "maxminddb is not installed: pip install 'twisted-suite[geoip]'")
        need(find_spec("mmdb_writer"), "mmdb-writer is not installed: pip install 'twisted-suite[test]'")

    def database(self) -> str:
        """A small one: a country, and a network."""
        networks: Any = import_module("netaddr").IPSet
        writer = import_module("mmdb_writer").MMDBWriter(ip_version=6, ipv4_compatible=True)
        korea = {"country": {"iso_code": "KR", "names": {"en": "South Korea"}}}
        writer.insert_network(networks(["223.62.0.0/16"]), korea)
        writer.insert_network(networks(["2001:db8::/32"]), {"autonomous_system_number": 64496})
        path = self.path("places.mmdb")
        writer.to_db_file(path)
        return path

    def test_places(self) -> None:
        """Clients of both kinds of address are found, and others are nowhere."""
        place = open_places(self.database())
        for client, expected in (
            (b"223.62.67.5", b"KR South Korea"),
            (b"2001:db8::1", b"AS64496"),
            (b"192.0.2.1", NOWHERE),
            (b"host.example.com", NOWHERE),
            (b"\xff", NOWHERE),
        ):
            self.assertEqual(place(client), expected)

    def test_report(self) -> None:
        """A report with panels has one of places, with the requests of all clients in them."""
        log = self.put("log", b"".join(b'223.62.0.%d - - [t] "-" 200 5\n' % n for n in (1, 1, 2)))
        out = self.path("out")
        order = Order([log], form=Form("json", panels=True), out=out, geoip=self.database())
        with open(os.devnull, "w", encoding="utf-8") as nowhere:
            fulfil(order, nowhere)
        with open(out, encoding="utf-8") as file:
            rows = json.load(file)["panels"]["places"]["rows"]
        self.assertEqual(rows, [{"value": "KR South Korea", "requests": 3, "bytes": 15}])

    def test_names(self) -> None:
        """What a database of another kind says is nowhere."""
        self.assertEqual(named({"registered_country": {"iso_code": "US"}}), b"US")
        self.assertEqual(named({"isp": "x"}), NOWHERE)

    def test_refused(self) -> None:
        """What is no database is refused in one line."""
        for path, status in ((self.path("gone"), ExitStatus.NO_INPUT), (self.put("log"), ExitStatus.DATA)):
            error = self.assertRaises(ConfigError, open_places, path)
            self.assertIs(error.status, status)
            self.assertEqual(len(str(error).splitlines()), 1)
