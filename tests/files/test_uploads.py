"""What a PUT means."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.files.message import BadRequest, Request, request
from twisted_suite.files.uploads import Misplaced, Put, read_put, upload_length

MOST = 1000


def put(target: bytes = b"/a", **fields: bytes) -> Request:
    named = {name.replace("_", "-").encode(): value for name, value in fields.items()}
    return request("PUT", target, {b"host": b"h", **named}, has_body=True)


class HeadTests(SynchronousTestCase):
    def refused(self, status: int, **fields: bytes) -> str:
        error = self.assertRaises(BadRequest, read_put, put(**fields), MOST)
        self.assertEqual(error.status, status)
        return str(error)

    def test_whole(self) -> None:
        """A plain PUT is the whole file; a chunked one is as long as it gets."""
        self.assertEqual(read_put(put(content_length=b"10"), MOST), Put(0, 10, 10, False))
        self.assertEqual(read_put(put(transfer_encoding=b"chunked"), MOST), Put(0, None, None, False))

    def test_part(self) -> None:
        """Content-Range says which bytes of which whole."""
        asked = put(content_length=b"10", content_range=b"bytes 5-14/20")
        self.assertEqual(read_put(asked, MOST), Put(5, 10, 20, False))

    def test_permission_to_replace(self) -> None:
        """A query or a tag says that a file may be overwritten."""
        self.assertTrue(read_put(put(b"/a?replace", content_length=b"1"), MOST).may_replace)
        self.assertEqual(read_put(put(content_length=b"1", if_match=b'"x"'), MOST).if_match, b'"x"')

    def test_nonsense(self) -> None:
        """What cannot be meant is refused with what is wrong."""
        self.refused(411)
        for text in (b"bytes 5-14", b"bytes 5-4/20", b"bytes 5-20/20", b"bytes */20", b"lines 1-2/3"):
            self.refused(400, content_length=b"10", content_range=text)
        self.assertIn("10", self.refused(400, content_length=b"9", content_range=b"bytes 5-14/20"))

    def test_too_large(self) -> None:
        """More than the limit is refused at once, with the limit and the option."""
        for fields in (
            {"content_length": b"1001"},
            {"content_range": b"bytes 0-9/1001", "content_length": b"10"},
        ):
            self.assertIn("1000 bytes are not taken (--max-upload)", self.refused(413, **fields))

    def test_question(self) -> None:
        """A question about an upload may name its length."""
        self.assertEqual(upload_length(put(upload_length=b"12")), 12)
        self.assertIsNone(upload_length(put()))
        self.assertRaises(BadRequest, upload_length, put(upload_length=b"many"))

    @given(st.binary(max_size=40))
    def test_any_range(self, text: bytes) -> None:
        """Whatever the field holds, it is a range of the whole or refused."""
        try:
            found = read_put(put(transfer_encoding=b"chunked", content_range=text), MOST)
        except BadRequest:
            return
        assert found.total is not None and found.length is not None
        self.assertLessEqual(found.start + found.length, found.total)


class PlaceTests(SynchronousTestCase):
    def refused(self, status: int, given_put: Put, etag: bytes | None, arrived: int = 0) -> BadRequest:
        error: BadRequest = self.assertRaises(BadRequest, given_put.check_place, etag, arrived)
        self.assertEqual(error.status, status)
        return error

    def test_nothing_is_overwritten_unasked(self) -> None:
        """A file that is there stays, unless the query or its tag says otherwise."""
        self.refused(409, Put(0, 1, 1, False), b'"x"')
        Put(0, 1, 1, True).check_place(b'"x"', 0)
        Put(0, 1, 1, False, b'"y", "x"').check_place(b'"x"', 0)
        Put(0, 1, 1, False).check_place(None, 0)

    def test_conditions(self) -> None:
        """If-Match is for the version that is there, If-None-Match for when there is none."""
        self.refused(412, Put(0, 1, 1, False, b'"y"'), b'"x"')
        self.refused(412, Put(0, 1, 1, False, b"*"), None)
        self.refused(412, Put(0, 1, 1, True, None, b"*"), b'"x"')
        Put(0, 1, 1, False, None, b"*").check_place(None, 0)

    def test_place_of_a_part(self) -> None:
        """A part goes on where the upload is, or begins again; else the answer says where that is."""
        Put(5, 5, 10, False).check_place(None, 5)
        Put(0, 5, 10, False).check_place(None, 5)
        error = self.refused(409, Put(4, 5, 10, False), None, 5)
        assert isinstance(error, Misplaced)
        self.assertEqual(error.fields, ((b"Upload-Offset", b"5"),))

    def test_length_of_the_body(self) -> None:
        """A body that goes on is refused where it passes its length or the limit."""
        Put(0, None, None, False).check_length(MOST, MOST)
        self.assertRaises(BadRequest, Put(0, None, None, False).check_length, MOST + 1, MOST)
        self.assertRaises(BadRequest, Put(0, 5, 5, False).check_length, 6, MOST)

    def test_whole(self) -> None:
        """It is whole with the last byte of the whole, or with the end of a chunked body."""
        self.assertTrue(Put(5, 5, 10, False).is_whole(5))
        self.assertFalse(Put(0, 5, 10, False).is_whole(5))
        self.assertTrue(Put(0, None, None, False).is_whole(3))
