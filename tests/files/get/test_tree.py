"""Listings of a server."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.errors import ExitStatus
from twisted_suite.files.get.failures import TransferError
from twisted_suite.files.get.sources import addressed
from twisted_suite.files.get.tree import Entry, as_folder, below, listing_of, read_listing
from twisted_suite.files.listing import Entry as Listed
from twisted_suite.files.listing import Listing, to_json


class ListingTests(SynchronousTestCase):
    def read(self, plain: Any) -> list[Entry]:
        return list(read_listing(json.dumps(plain).encode(), "http://h/"))

    def test_ours(self) -> None:
        """What our server writes is read, names that are not UTF-8 too."""
        entries = (Listed("sub", True), Listed("a\udcff 한.bin", size=5, mtime_ns=1_790_000_000_250_000_000))
        self.assertEqual(
            list(read_listing(to_json(Listing("/", entries)), "http://h/")),
            [Entry("sub", True, None, 0), Entry("a\udcff 한.bin", False, 5, 1_790_000_000)],
        )

    def test_nginx(self) -> None:
        """So is nginx's."""
        self.assertEqual(
            self.read(
                [
                    {"name": "sub", "type": "directory", "mtime": "Wed, 25 Nov 2026 01:00:00 GMT"},
                    {"name": "a", "type": "file", "mtime": "Wed, 25 Nov 2026 01:00:00 GMT", "size": 7},
                ]
            ),
            [Entry("sub", True, None, 1795568400), Entry("a", False, 7, 1795568400)],
        )

    def test_names_that_lead_elsewhere(self) -> None:
        """A server cannot name a file outside the folder, or none."""
        for name in ("../x", "..", ".", "", "a/b", "/etc/passwd", "a\0b", "\ud800", 5, None, "n" * 300):
            with self.assertRaises(TransferError) as caught:
                self.read({"entries": [{"name": name, "kind": "file"}]})
            self.assertEqual((caught.exception.status, caught.exception.again), (ExitStatus.DATA, False))

    def test_no_listing(self) -> None:
        """A page, or JSON of something else, is none."""
        for data in (
            b"<html>",
            b"",
            b"5",
            b'{"files": []}',
            b'{"entries": 5}',
            b'["a"]',
            b"[" * 100_000,
            b"\xff",
        ):
            with self.assertRaises(TransferError):
                list(read_listing(data, "http://h/"))

    @given(st.recursive(st.none() | st.floats() | st.text(max_size=9), st.lists, max_leaves=4))
    def test_any_json(self, plain: Any) -> None:
        """Whatever JSON comes is entries or an error for the user."""
        try:
            self.read({"entries": [plain, {"name": "a", "kind": plain, "size": plain, "mtime": plain}]})
        except TransferError:
            return

    def test_addresses(self) -> None:
        """An entry's address is below its folder's, whatever its characters; the account goes along."""
        folder = as_folder(addressed("http://u:p@h/top/dir"))
        for name, is_folder, url in (
            ("a b?#%.txt", False, "http://h/top/dir/a%20b%3F%23%25.txt"),
            ("javascript:x", False, "http://h/top/dir/javascript%3Ax"),
            ("한\udcff", True, "http://h/top/dir/%ED%95%9C%FF/"),
        ):
            child = below(folder, Entry(name, is_folder, None, None))
            self.assertEqual((child.url, child.account, child.local), (url, folder.account, name))
        self.assertEqual(as_folder(folder), folder)
        self.assertEqual(as_folder(addressed("http://h/a?b")).url, "http://h/a/")
        self.assertEqual(listing_of(folder).url, "http://h/top/dir/?format=json")
