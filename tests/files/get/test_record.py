"""The record beside a part."""

import json

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.files.get.digests import Digest
from twisted_suite.files.get.pieces import merged
from twisted_suite.files.get.record import (
    MAX_TAG_LENGTH,
    RECORD_BYTES,
    Record,
    Version,
    read_record,
    source_key,
    write_record,
)

SPANS = st.lists(st.tuples(st.integers(0, 10**12), st.integers(0, 10**12)), max_size=8).map(merged)
RECORDS = st.builds(
    lambda tag, digest, modified, done: Record(
        source_key("http://h/a"), Version(10**12, f'"{tag}"', digest, modified), done
    ),
    st.text(st.characters(min_codepoint=0x21, max_codepoint=0xFF), max_size=50),
    st.none() | st.binary(min_size=32, max_size=32).map(lambda value: Digest("sha-256", value)),
    st.none() | st.integers(0, 2**40),
    SPANS,
)


def record(**changes: object) -> Record:
    version = Version(100, '"tag"')
    return Record(source_key("http://h/a"), version, **{"done": ((0, 10), (20, 30)), **changes})  # type: ignore[arg-type]


class RecordTests(SynchronousTestCase):
    @given(RECORDS)
    def test_what_is_written_is_read(self, record: Record) -> None:
        """A record comes back as it was, from a fixed number of bytes."""
        data = write_record(record)
        self.assertEqual(len(data), RECORD_BYTES)
        self.assertEqual(read_record(data, 10**12), record)

    def test_written_over_a_longer_one(self) -> None:
        """It is all of the file: nothing of an older record shows behind it."""
        longer = write_record(record(done=tuple((n, n + 1) for n in range(0, 99, 2))))
        shorter = write_record(record(done=()))
        self.assertEqual(len(shorter), len(longer))
        self.assertEqual(json.loads(shorter)["part"]["done"], [])

    def test_too_many_spans(self) -> None:
        """Where they do not fit, the smallest are forgotten, and the rest is right."""
        done = tuple((10**11 + 1000 * n, 10**11 + 1000 * n + n) for n in range(1, 250))
        found = read_record(write_record(record(done=done)), 10**12)
        self.assertIsNone(found)  # beyond the file's size, which is 100
        big = Record(source_key("u"), Version(10**12, '"t"'), done)
        kept = read_record(write_record(big), 10**12)
        assert kept is not None
        self.assertTrue(0 < len(kept.done) < len(done))
        self.assertEqual(kept.done, done[-len(kept.done) :])

    def test_the_longest_tag_fits(self) -> None:
        """A tag of the greatest length, of characters that JSON escapes, leaves room for spans."""
        tag = '"' + "\xff" * (MAX_TAG_LENGTH // 2) + '"'
        found = read_record(write_record(Record("s", Version(100, tag), ((0, 1),))), 100)
        assert found is not None
        self.assertEqual((found.version.tag, found.done), (tag, ((0, 1),)))

    def test_claims_of_what_is_not_there(self) -> None:
        """A record that claims more than the part has, or the file, is of no use."""
        data = write_record(record())
        self.assertIsNotNone(read_record(data, 30))
        self.assertIsNone(read_record(data, 29))
        self.assertIsNone(read_record(write_record(record(done=((90, 101),))), 1000))

    @given(st.integers(0, 300), st.integers(1, 255))
    def test_a_damaged_one(self, at: int, change: int) -> None:
        """A byte that was changed, and a record that was cut, make it none: or it says what it said."""
        data = bytearray(write_record(record()))
        whole = read_record(bytes(data), 100)
        self.assertIn(read_record(bytes(data[:at]), 100), (None, whole))
        data[at] ^= change
        self.assertIn(read_record(bytes(data), 100), (None, whole))

    @given(st.binary(max_size=200))
    def test_anything(self, data: bytes) -> None:
        """What is no record is None."""
        self.assertIsNone(read_record(data, 100))

    def test_the_url_is_not_in_it(self) -> None:
        """A secret in a URL does not get into the file."""
        secret = Record(source_key("http://h/a?token=s3cret"), Version(1, '"t"'), ())
        self.assertNotIn(b"s3cret", write_record(secret))

    def test_what_can_be_resumed(self) -> None:
        """A size and a strong tag are needed."""
        self.assertTrue(Version(5, '"t"').resumable)
        self.assertFalse(Version(None, '"t"').resumable)
        self.assertFalse(Version(5, None).resumable)
