"""Fingerprints: the same for the same doing, another for another."""

from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.runtime.reactor_guard import KNOWN, changed, fingerprint

SOURCE = '''
    def addWriter(self, writer):
        """Add a writer."""
        self._writes.add(writer.fileno())
'''
DRESSED = """
    def addWriter(self, writer: "FileDescriptor") -> None:
        # said otherwise
        self._writes.add(
            writer.fileno(),
        )
"""


class FingerprintTests(SynchronousTestCase):
    def test_of_the_same_doing(self) -> None:
        """Comments, layout, docstrings and annotations are not what a function does."""
        self.assertEqual(fingerprint(SOURCE), fingerprint(DRESSED))

    def test_of_another_doing(self) -> None:
        """Another call, name, argument or constant is."""
        for old, new in (
            (".add(", ".discard("),
            ("_writes", "_reads"),
            ("writer)", "writer, now=False)"),
            ("writer.fileno()", "writer.fileno() or 1"),
            ("self._writes.add(writer.fileno())", "pass"),
        ):
            self.assertNotEqual(fingerprint(SOURCE), fingerprint(SOURCE.replace(old, new)), new)

    def test_constants_of_different_types_differ(self) -> None:
        """False is not 0, and "1" is not 1."""
        self.assertEqual(
            len({fingerprint(f"x = {value}") for value in ("0", "False", "None", "'0'", "b'0'")}), 5
        )

    def test_a_docstring_alone_is_a_body(self) -> None:
        """A function of nothing but its docstring has a fingerprint too."""
        self.assertNotEqual(fingerprint('def f():\n    "what"'), "")

    def test_no_python(self) -> None:
        """What cannot be parsed has none, and so never is as known."""
        self.assertEqual(fingerprint("def ("), "")
        self.assertEqual(changed({"f": "def ("}, {"f": frozenset({fingerprint(SOURCE)})}), ["f"])


class ChangedTests(SynchronousTestCase):
    def test_names_what_changed_and_what_is_missing(self) -> None:
        """Both are given by name, in the order of the table."""
        known = {name: frozenset({fingerprint(SOURCE), "older"}) for name in ("a", "b", "c")}
        self.assertEqual(changed({"a": SOURCE, "b": "pass"}, known), ["b", "c"])
        self.assertEqual(changed(dict.fromkeys("abc", DRESSED), known), [])

    def test_nothing_is_known_by_an_empty_source(self) -> None:
        """A source that cannot be read never passes."""
        self.assertEqual(changed({}), list(KNOWN))
        self.assertEqual(changed(dict.fromkeys(KNOWN, "")), list(KNOWN))
