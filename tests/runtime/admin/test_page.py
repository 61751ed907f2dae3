"""The frame of the admin page."""

import json
import re
from dataclasses import asdict
from html import unescape

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.runtime.admin.page import POLICY, WORDS, is_own_host, page_language, to_html
from twisted_suite.runtime.text import LANGUAGES


class PageTests(SynchronousTestCase):
    def test_both_languages(self) -> None:
        """Each page says its language, has all words for its script, and leads to the other language."""
        for language in LANGUAGES:
            text = to_html(language).decode()
            self.assertIn(f'<html lang="{language}">', text)
            found = re.search(r'data-words="([^"]*)"', text)
            assert found is not None
            self.assertEqual(json.loads(unescape(found[1])), asdict(WORDS[language]))
            self.assertEqual(set(re.findall(r'href="[?]lang=(..)"', text)), set(LANGUAGES) - {language})

    def test_words_are_translated(self) -> None:
        """No word of one language is the other's, but for none."""
        one, other = (asdict(WORDS[language]) for language in LANGUAGES)
        self.assertEqual([name for name in one if one[name] == other[name]], [])

    def test_nothing_runs_but_its_own_script(self) -> None:
        """There is no script or style within the page, and the policy allows none."""
        text = to_html("en").decode()
        self.assertNotRegex(text, r"<style|<script[^>]*>[^<]| style=| on[a-z]+=")
        self.assertNotIn("unsafe", POLICY)
        self.assertTrue(POLICY.startswith("default-src 'none';"))

    def test_language(self) -> None:
        """What is asked for comes first, then what the browser likes best of what we have."""
        for asked, accepted, language in (
            ("ko", "en", "ko"),
            ("en", "ko", "en"),
            ("xx", "ko-KR,ko;q=0.9,en;q=0.8", "ko"),
            (None, "fr, en-US;q=0.8, ko;q=0.7", "en"),
            (None, "fr", "en"),
            (None, "", "en"),
        ):
            self.assertEqual(page_language(asked, accepted), language)

    def test_hosts(self) -> None:
        """This machine by an address or as localhost; no name that somebody may have pointed here."""
        for host in ("127.0.0.1:8099", "localhost", "LOCALHOST:1", "[::1]:8099", "[::1]", "192.0.2.1"):
            self.assertTrue(is_own_host(host), host)
        for host in ("evil.test:8099", "localhost.evil.test", "127.0.0.1.evil.test", "[evil]:1"):
            self.assertFalse(is_own_host(host), host)

    @given(st.text())
    def test_no_name_is_ours(self, text: str) -> None:
        """Whatever has a letter from g on in it is a name."""
        self.assertFalse(is_own_host(f"{text}xy.test"))
