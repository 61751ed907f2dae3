"""Languages, and text made safe to show."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.runtime.text import language, printable


class LanguageTests(SynchronousTestCase):
    def test_the_environment_decides(self) -> None:
        """LC_ALL comes before LC_MESSAGES before LANG; what we do not speak is answered in English."""
        for environ, expected in [
            ({}, "en"),
            ({"LANG": "ko_KR.UTF-8"}, "ko"),
            ({"LANG": "C.UTF-8"}, "en"),
            ({"LANG": "ko_KR.UTF-8", "LC_MESSAGES": "en_US"}, "en"),
            ({"LANG": "en_US", "LC_MESSAGES": "en_US", "LC_ALL": "ko"}, "ko"),
            ({"LANG": "ko_KR", "LC_ALL": ""}, "ko"),
            ({"LANG": "de_DE"}, "en"),
        ]:
            with self.subTest(environ=environ):
                self.assertEqual(language(environ), expected)


class PrintableTests(SynchronousTestCase):
    def test_escapes_are_shown_not_acted_on(self) -> None:
        """Line ends, escapes, direction marks and odd bytes become visible; words stay as they are."""
        cases: list[tuple[str | bytes, str]] = [
            ("안녕 hello", "안녕 hello"),
            (b"caf\xc3\xa9", "café"),
            ("a\nb", "a\\nb"),
            ("\x1b[2J", "\\x1b[2J"),
            ("a\u202eb", "a\\u202eb"),
            (b"\xff\xfe", "\\xff\\xfe"),
        ]
        for text, shown in cases:
            with self.subTest(text=text):
                self.assertEqual(printable(text), shown)

    @given(st.text(), st.binary())
    def test_always_one_printable_line(self, text: str, data: bytes) -> None:
        """Whatever comes, what is shown is printable."""
        self.assertTrue(printable(text).isprintable())
        self.assertTrue(printable(data).isprintable())
