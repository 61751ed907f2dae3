"""A folder as a page, as a browser's parser sees it."""

import json
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.files.listing import Entry, Listing, Order
from twisted_suite.files.page import PageOptions, human_size, to_html

ENTRIES = (Entry("sub", is_folder=True), Entry("a & b.txt", size=2048, mtime_ns=1_790_000_000_000_000_000))


class Seen(HTMLParser):
    """The elements of a page with their attributes, and its text."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(page.decode())
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def attributes(self, name: str, of: str) -> list[str]:
        return [
            attributes[name] or "" for tag, attributes in self.elements if tag == of and name in attributes
        ]


def page(listing: Listing, options: PageOptions | None = None) -> Seen:
    return Seen(to_html(listing, options or PageOptions()))


class PageTests(SynchronousTestCase):
    def test_entries(self) -> None:
        """Each entry is a link with its size and time; a folder has no size."""
        seen = page(Listing("/", ENTRIES))
        self.assertEqual(seen.attributes("href", "a")[-4:-2], ["./sub/", "./a%20%26%20b.txt"])
        self.assertEqual(seen.attributes("data-size", "tr"), ["-1", "2048"])
        self.assertEqual(seen.attributes("datetime", "time")[1], "2026-09-21T14:13:20Z")
        self.assertIn("a & b.txt", seen.text)
        self.assertIn("2 KB", seen.text)

    def test_way_up(self) -> None:
        """Every folder on the way is a link, and there is a row that leads up; the root has neither."""
        seen = page(Listing("/x y/z/", ()))
        self.assertEqual(seen.attributes("href", "a")[:3], ["/", "/x%20y/", "/x%20y/z/"])
        self.assertIn("../", seen.attributes("href", "a"))
        self.assertNotIn("../", page(Listing("/", ENTRIES)).attributes("href", "a"))

    def test_headings_sort(self) -> None:
        """A heading leads to that order, and turns it round where it is the order already."""
        plain = page(Listing("/", ENTRIES)).attributes("href", "a")
        self.assertIn("?sort=name&order=falling", plain)
        self.assertIn("?sort=size&order=falling", plain)
        by_size = page(Listing("/", ENTRIES, order=Order.SIZE, is_falling=True))
        self.assertIn("?sort=size&order=rising", by_size.attributes("href", "a"))
        self.assertEqual(by_size.attributes("aria-sort", "th"), ["none", "descending", "none"])

    def test_search(self) -> None:
        """A search shows what for, keeps it when sorted, and has no archive of it."""
        seen = page(Listing("/", ENTRIES, query="a b", is_cut=True))
        self.assertEqual(seen.attributes("value", "input"), ["a b"])
        self.assertIn("?q=a+b&sort=size&order=falling", seen.attributes("href", "a"))
        self.assertIn("2 found for “a b”", seen.text)
        self.assertIn("There are more; search for something more exact.", seen.text)
        self.assertNotIn("?archive=zip", seen.attributes("href", "a"))

    def test_nothing(self) -> None:
        """An empty folder says that it is empty; a search without result says something else."""
        self.assertIn("This folder is empty.", page(Listing("/", ())).text)
        self.assertIn("Nothing has such a name.", page(Listing("/", (), query="x")).text)

    def test_uploads_only_where_allowed(self) -> None:
        """The field for files is there only where they may be uploaded."""
        self.assertNotIn("file", page(Listing("/", ENTRIES)).attributes("type", "input"))
        allowed = page(Listing("/", ENTRIES), PageOptions(may_upload=True))
        self.assertIn("file", allowed.attributes("type", "input"))
        self.assertEqual(allowed.attributes("data-upload", "body"), ["yes"])

    def test_korean(self) -> None:
        """Every word is in the language of the reader, the script's too."""
        seen = page(Listing("/", ENTRIES), PageOptions("ko"))
        self.assertEqual(seen.attributes("lang", "html"), ["ko"])
        self.assertIn("폴더 1개, 파일 1개, 모두 2 KB", seen.text)
        (said,) = seen.attributes("data-words", "body")
        self.assertEqual(json.loads(said)["close"], "닫기")

    @given(
        st.text(max_size=20),
        st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=20),
    )
    def test_nothing_becomes_markup(self, query: str, name: str) -> None:
        """Whatever a name or a search holds, the page has the same elements, and no script but its own."""
        plain = page(Listing("/x/", (Entry("x"),), query="x" if query else ""))
        hostile = page(Listing(f"/{name}/", (Entry(name),), query=query))
        self.assertEqual([tag for tag, _ in hostile.elements], [tag for tag, _ in plain.elements])
        self.assertEqual(hostile.attributes("src", "script"), plain.attributes("src", "script"))
        for href in hostile.attributes("href", "a"):
            self.assertRegex(href, r"\A(/|\./|\.\./|\?)")

    def test_nothing_of_another_host(self) -> None:
        """The page asks nobody else for anything."""
        for link in (*page(Listing("/", ENTRIES)).attributes("href", "link"), "/"):
            self.assertTrue(link.startswith("/") or link == "data:,", link)


class SizeTests(SynchronousTestCase):
    def test_units(self) -> None:
        """Three digits, and the unit that fits."""
        for size, shown in (
            (0, "0 bytes"),
            (999, "999 bytes"),
            (1000, "0.977 KB"),
            (1536, "1.5 KB"),
            (5 << 20, "5 MB"),
            (1023 << 20, "0.999 GB"),
            (10**30, "8.88e+14 PB"),
        ):
            self.assertEqual(human_size(size), shown)
