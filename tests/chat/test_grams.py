"""Pairs of characters, against an index of SQLite."""

import sqlite3

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.chat.grams import indexed, query

# Letters that no normalization joins or takes apart.
WORDS = st.text("abcXYZ019가나다밥먹東京ж", min_size=1, max_size=8)


class Index:
    """The index that the history has."""

    def __init__(self, *texts: str) -> None:
        self._database = sqlite3.connect(":memory:")
        self._database.execute(
            "CREATE VIRTUAL TABLE said USING fts5 (grams, tokenize = 'unicode61 remove_diacritics 0')"
        )
        for text in texts:
            self._database.execute("INSERT INTO said VALUES (?)", (indexed(text),))

    def finds(self, text: str) -> int:
        rows = self._database.execute("SELECT count(*) FROM said WHERE said MATCH ?", (query(text),))
        (count,) = rows.fetchone()
        return int(count)


class GramTests(SynchronousTestCase):
    def test_parts_of_words(self) -> None:
        """A part of a word is found, of any length and in any case; what is not there is not."""
        index = Index("내일은 비빔밥을 먹자", "Hello, World 2026!")
        for text in (
            "비빔",
            "빔밥",
            "비빔밥을",
            "밥",
            "먹자 비빔",
            "ello",
            "WORLD",
            "2026",
            "026 hell",
            "ｈｅｌｌｏ",
        ):
            self.assertEqual(index.finds(text), 1, text)
        for text in ("밥비", "빔을", "helo", "worldd", "비빔밥 hello"):
            self.assertEqual(index.finds(text), 0, text)

    def test_nothing_to_look_for(self) -> None:
        """Marks alone ask for nothing; none of them is a word of the index's own language."""
        self.assertEqual(query('" * ( ) - + ^'), "")
        self.assertEqual(Index("near and not").finds('NEAR "and'), 1)

    @given(st.lists(WORDS, min_size=1, max_size=4), st.data())
    def test_any_part(self, words: list[str], data: st.DataObject) -> None:
        """Any part of any word finds the text, and with a letter more that no word has it does not."""
        word = data.draw(st.sampled_from(words))
        start = data.draw(st.integers(0, len(word) - 1))
        part = word[start : data.draw(st.integers(start + 1, len(word)))]
        index = Index(", ".join(words))
        self.assertEqual(index.finds(part), 1)
        self.assertEqual(index.finds(part + "ß"), 0)
