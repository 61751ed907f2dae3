"""Text as pairs of neighbouring characters, so that an index of words finds parts of words. Core.

A word of Korean, Japanese or Chinese is not parted by blanks from what belongs to it: whoever remembers
``비빔밥`` looks for it in ``비빔밥을``. So what is indexed is not words but their pairs, in order, and a word
that is looked for is a phrase of its pairs::

    비빔밥을   ->  비빔 빔밥 밥을 을           "빔밥" is found, "밥비" is not
"""

import unicodedata
from collections.abc import Iterator

# A query of more is cut: it would find nothing that a shorter one does not.
MAX_QUERY_CHARS = 100


def _words(text: str) -> Iterator[str]:
    """Runs of letters and digits, as all spellings of them are one (NFKC, case folded)."""
    word = ""
    for character in unicodedata.normalize("NFKC", text).casefold():
        if unicodedata.category(character)[0] in "LMN":
            word += character
        elif word:
            yield word
            word = ""
    if word:
        yield word


def indexed(text: str) -> str:
    """What of `text` goes into the index."""
    return " ".join(" ".join(word[at : at + 2] for at in range(len(word))) for word in _words(text))


def query(text: str) -> str:
    """What is asked of the index (in FTS5's language) to find every word of `text` as a part of one."""
    phrases = []
    for word in _words(text[:MAX_QUERY_CHARS]):
        if len(word) == 1:
            phrases.append(f'"{word}"*')
        else:
            pairs = (word[at : at + 2] for at in range(len(word) - 1))
            phrases.append('"' + " ".join(pairs) + '"')
    return " AND ".join(phrases)
