"""Conditional fields: dates, entity tags, and the order in which they count."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.files.conditions import Outcome, evaluate, http_date, parse_date, range_applies

ETAG = b'"abc"'
MODIFIED_S = 784111777  # Sun, 06 Nov 1994 08:49:37 GMT
SAME, BEFORE, AFTER = (http_date(MODIFIED_S + difference) for difference in (0, -1, 1))


class DateTests(SynchronousTestCase):
    def test_the_three_forms(self) -> None:
        """The forms of 5.6.7 are one time; ours is the first of them."""
        for text in (
            b"Sun, 06 Nov 1994 08:49:37 GMT",
            b"Sunday, 06-Nov-94 08:49:37 GMT",
            b"Sun Nov  6 08:49:37 1994",
        ):
            self.assertEqual(parse_date(text), MODIFIED_S)
        self.assertEqual(http_date(MODIFIED_S), b"Sun, 06 Nov 1994 08:49:37 GMT")

    @given(st.integers(0, 4102444800))
    def test_there_and_back(self, seconds: int) -> None:
        """Every date that we write we read."""
        self.assertEqual(parse_date(http_date(seconds)), seconds)

    @given(st.one_of(st.none(), st.binary(max_size=40), st.text(max_size=40).map(str.encode)))
    def test_no_date(self, field: bytes | None) -> None:
        """What is no date is none, and no error."""
        self.assertIsInstance(parse_date(field), int | None)


class EvaluateTests(SynchronousTestCase):
    def outcome(self, method: str = "GET", etag: bytes | None = ETAG, **fields: bytes) -> Outcome:
        named = {name.replace("_", "-").encode(): value for name, value in fields.items()}
        return evaluate(method, named, etag, MODIFIED_S)

    def test_nothing_asked(self) -> None:
        """Without a conditional field it goes on; a date that is none is no condition."""
        self.assertIs(self.outcome(), Outcome.GO_ON)
        self.assertIs(self.outcome(if_modified_since=b"yesterday", if_unmodified_since=b""), Outcome.GO_ON)

    def test_if_match(self) -> None:
        """It has to be the version that is named, strongly; any one fits *."""
        for field in (ETAG, b"*", b'"x", "abc"', b'W/"abc","abc"'):
            self.assertIs(self.outcome(if_match=field), Outcome.GO_ON, field)
        for field in (b'"x"', b'W/"abc"', b"abc", b"", b'"ab,c"'):
            self.assertIs(self.outcome(if_match=field), Outcome.PRECONDITION_FAILED, field)
        self.assertIs(self.outcome(if_match=b'W/"abc"', etag=b'W/"abc"'), Outcome.PRECONDITION_FAILED)

    def test_if_none_match(self) -> None:
        """A reader that has the version is told so; a writer is stopped; weak tags are the same here."""
        for field in (ETAG, b"*", b'"x" , W/"abc"', b'"a,b", "abc"'):
            self.assertIs(self.outcome(if_none_match=field), Outcome.NOT_MODIFIED, field)
            self.assertIs(self.outcome("HEAD", if_none_match=field), Outcome.NOT_MODIFIED, field)
            self.assertIs(self.outcome("PUT", if_none_match=field), Outcome.PRECONDITION_FAILED, field)
        for field in (b'"x"', b'"abc', b""):
            self.assertIs(self.outcome(if_none_match=field), Outcome.GO_ON, field)

    def test_dates(self) -> None:
        """The times of change count to the second."""
        for field, outcome in [
            (BEFORE, Outcome.GO_ON), (SAME, Outcome.NOT_MODIFIED), (AFTER, Outcome.NOT_MODIFIED)
        ]:  # fmt: skip
            self.assertIs(self.outcome(if_modified_since=field), outcome, field)
        for field, outcome in [
            (BEFORE, Outcome.PRECONDITION_FAILED), (SAME, Outcome.GO_ON), (AFTER, Outcome.GO_ON)
        ]:  # fmt: skip
            self.assertIs(self.outcome(if_unmodified_since=field), outcome, field)
        self.assertIs(self.outcome("PUT", if_modified_since=SAME), Outcome.GO_ON)

    def test_tags_before_dates(self) -> None:
        """Where a tag is given the date does not count (13.2.2)."""
        self.assertIs(self.outcome(if_none_match=b'"x"', if_modified_since=SAME), Outcome.GO_ON)
        self.assertIs(self.outcome(if_match=ETAG, if_unmodified_since=BEFORE), Outcome.GO_ON)
        both = self.outcome(if_match=b'"x"', if_none_match=ETAG)
        self.assertIs(both, Outcome.PRECONDITION_FAILED)

    def test_nothing_known(self) -> None:
        """Of something without tag and time only * can be asked."""
        self.assertIs(evaluate("GET", {b"if-match": b"*"}, None, None), Outcome.GO_ON)
        self.assertIs(evaluate("GET", {b"if-match": ETAG}, None, None), Outcome.PRECONDITION_FAILED)
        self.assertIs(
            evaluate("GET", {b"if-unmodified-since": SAME}, None, None), Outcome.PRECONDITION_FAILED
        )

    @given(st.binary(max_size=30))
    def test_any_tags(self, field: bytes) -> None:
        """Whatever is sent for a tag, reading goes on or is spared."""
        self.assertIn(self.outcome(if_none_match=field), (Outcome.GO_ON, Outcome.NOT_MODIFIED))


class IfRangeTests(SynchronousTestCase):
    def test_only_for_the_same_version(self) -> None:
        """A range counts for the same strong tag, for exactly the same date, and without If-Range."""
        for field, applies in [
            (ETAG, True), (b'"x"', False), (b'W/"abc"', False),
            (SAME, True), (BEFORE, False), (AFTER, False), (b"nonsense", False),
        ]:  # fmt: skip
            self.assertIs(range_applies({b"if-range": field}, ETAG, MODIFIED_S), applies, field)
        self.assertTrue(range_applies({}, ETAG, MODIFIED_S))
        self.assertFalse(range_applies({b"if-range": b'W/"abc"'}, b'W/"abc"', MODIFIED_S))
        self.assertFalse(range_applies({b"if-range": b"nonsense"}, None, None))
