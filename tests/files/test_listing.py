"""Listings of a folder."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.files.listing import Entry, Listing, Order, in_order, matches, natural, to_json, to_text

ENTRIES = (
    Entry("a10.txt", size=1, mtime_ns=1_790_000_000_250_000_000),
    Entry("A9.txt", size=300, mtime_ns=1_690_000_000_000_000_000),
    Entry("sub", is_folder=True, mtime_ns=1_790_000_000_000_000_000),
    Entry("가.txt", size=20, mtime_ns=0),
)
NAMES = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=20)


def names(entries: tuple[Entry, ...]) -> list[str]:
    return [entry.name for entry in entries]


class OrderTests(SynchronousTestCase):
    def test_by_name(self) -> None:
        """Folders first, then as people sort: case does not count, numbers do."""
        self.assertEqual(names(in_order(ENTRIES)), ["sub", "A9.txt", "a10.txt", "가.txt"])
        self.assertEqual(names(in_order(ENTRIES, falling=True)), ["sub", "가.txt", "a10.txt", "A9.txt"])

    def test_by_size_and_time(self) -> None:
        """The same with the largest or the newest first or last."""
        self.assertEqual(names(in_order(ENTRIES, Order.SIZE)), ["sub", "a10.txt", "가.txt", "A9.txt"])
        self.assertEqual(
            names(in_order(ENTRIES, Order.MTIME, falling=True)), ["sub", "a10.txt", "A9.txt", "가.txt"]
        )

    @given(st.lists(NAMES, max_size=8), st.sampled_from(Order), st.booleans(), st.randoms())
    @settings(deadline=None)
    def test_any_names(self, many: list[str], order: Order, falling: bool, random: object) -> None:
        """Any names can be compared, and the order does not depend on the order they came in."""
        entries = [Entry(name, size=len(name)) for name in set(many)]
        once = in_order(entries, order, falling=falling)
        random.shuffle(entries)  # type: ignore[attr-defined]
        self.assertEqual(in_order(entries, order, falling=falling), once)

    def test_different_names_have_different_keys(self) -> None:
        """Zeros before a number do not make two names one."""
        self.assertLess(natural("a1"), natural("a01"))
        self.assertNotEqual(natural("a"), natural("A"))


class SearchTests(SynchronousTestCase):
    def test_words(self) -> None:
        """Every word has to be there, in any case and any order."""
        self.assertTrue(matches("Holiday 2026 바다.JPG", "jpg holi"))
        self.assertTrue(matches("Holiday 2026 바다.JPG", "바다"))
        self.assertFalse(matches("Holiday 2026.JPG", "holiday 2025"))
        self.assertTrue(matches("anything", ""))


class EntryTests(SynchronousTestCase):
    def test_href(self) -> None:
        """An address leads to the entry and nowhere else, whatever is in its name."""
        for name, href in (
            ("a b", "./a%20b"),
            ("javascript:alert(1)", "./javascript%3Aalert%281%29"),
            ("?x#y", "./%3Fx%23y"),
            ("바", "./%EB%B0%94"),
            ("\udcff", "./%FF"),
        ):
            self.assertEqual(Entry(name).href, href)
        self.assertEqual(Entry("sub", is_folder=True).href, "./sub/")

    def test_times_without_a_date(self) -> None:
        """A time that no calendar has is shown as the nearest."""
        for mtime_ns, year in ((-(10**20), 1970), (10**22, 9999)):
            self.assertEqual(Entry("a", mtime_ns=mtime_ns).modified.year, year)


class JsonTests(SynchronousTestCase):
    def test_shape(self) -> None:
        """Path and entries, as docs/protocols.md says."""
        found = json.loads(to_json(Listing("/x/", in_order(ENTRIES[:3]))))
        self.assertEqual(list(found), ["path", "entries"])
        self.assertEqual(found["path"], "/x/")
        self.assertEqual(
            found["entries"],
            [
                {"name": "sub", "kind": "folder", "size": None, "mtime": 1_790_000_000.0},
                {"name": "A9.txt", "kind": "file", "size": 300, "mtime": 1_690_000_000.0},
                {"name": "a10.txt", "kind": "file", "size": 1, "mtime": 1_790_000_000.25},
            ],
        )

    def test_search(self) -> None:
        """A search says what for, and whether that is all."""
        found = json.loads(to_json(Listing("/", (), query="a b", is_cut=True)))
        self.assertEqual(found, {"path": "/", "query": "a b", "is_cut": True, "entries": []})

    @given(NAMES)
    def test_any_name(self, name: str) -> None:
        """A name comes back as it was, whatever is in it."""
        (entry,) = json.loads(to_json(Listing("/", (Entry(name),))))["entries"]
        self.assertEqual(entry["name"], name)


class TextTests(SynchronousTestCase):
    def test_columns(self) -> None:
        """Sizes line up, folders have none."""
        self.assertEqual(
            to_text(in_order(ENTRIES[:3])).decode(),
            "  -  2026-09-21 14:13  sub/\n300  2023-07-22 04:26  A9.txt\n  1  2026-09-21 14:13  a10.txt\n",
        )

    def test_nothing(self) -> None:
        """An empty folder has no line."""
        self.assertEqual(to_text(()), b"")

    @given(st.text(max_size=20))
    def test_one_line_each(self, name: str) -> None:
        """No name makes a second line or a terminal's escape."""
        text = to_text((Entry(name),)).decode()
        self.assertEqual(text.count("\n"), 1)
        self.assertTrue(text[:-1].isprintable())
