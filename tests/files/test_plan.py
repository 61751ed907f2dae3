"""Heads as bytes, and several ranges as one body."""

from email import message_from_bytes
from email.message import Message

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.files.bodies import MemoryBody, content
from twisted_suite.files.message import BadRequest
from twisted_suite.files.plan import Multipart, Plan, encode, status_line
from twisted_suite.files.ranges import ByteRange


class HeadTests(SynchronousTestCase):
    def test_encoded(self) -> None:
        """A status has its phrase, one that nobody knows has none; each field is a line."""
        self.assertEqual(status_line(206), b"HTTP/1.1 206 Partial Content\r\n")
        self.assertEqual(status_line(299), b"HTTP/1.1 299 \r\n")
        self.assertEqual(encode(((b"A", b"1"), (b"B", b""))), b"A: 1\r\nB: \r\n")


class MultipartTests(SynchronousTestCase):
    @given(st.binary(min_size=1, max_size=50), st.lists(st.tuples(st.integers(0, 49), st.integers(1, 50))))
    def test_parts(self, data: bytes, places: list[tuple[int, int]]) -> None:
        """An independent reader finds each range in its part, and the length is what was promised."""
        ranges = tuple(
            ByteRange(start, min(start + length, len(data))) for start, length in places if start < len(data)
        ) or (ByteRange(0, 1),)
        body = MemoryBody(data)
        parts = Multipart(body, ranges, len(data), b"image/png", b"0123456789abcdef-not-in-the-data")
        sent = content(Plan(206, (), parts, 0, parts.length))
        self.assertEqual(len(sent), parts.length)
        head = b"Content-Type: multipart/byteranges; boundary=0123456789abcdef-not-in-the-data\r\n\r\n"
        message = message_from_bytes(head + sent)
        found = message.get_payload()
        assert isinstance(found, list)
        self.assertEqual(
            [part["Content-Range"] for part in found if isinstance(part, Message)],
            [each.content_range(len(data)).decode() for each in ranges],
        )
        self.assertEqual({part["Content-Type"] for part in found if isinstance(part, Message)}, {"image/png"})
        for each in ranges:
            self.assertIn(b"\r\n\r\n" + data[each.start : each.stop] + b"\r\n--", sent)

    def test_no_ranges_of_ranges(self) -> None:
        """An answer to several ranges is sent whole or not at all; closing it closes what it is of."""
        body = MemoryBody(b"0123")
        parts = Multipart(body, (ByteRange(0, 1), ByteRange(2, 3)), 4, b"a/b", b"x")
        self.assertRaises(BadRequest, content, Plan(206, (), parts, 1, parts.length))
        Plan(206, (), parts).close()
        self.assertEqual(body.closed, 1)
        Plan(200, (), b"x").close()
