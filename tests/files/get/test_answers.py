"""What is asked, and what answers mean."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.errors import ConfigError, ExitStatus
from twisted_suite.files.get.answers import Ask, NoSuchRange, Redirect, Reply, judge
from twisted_suite.files.get.failures import TransferError
from twisted_suite.files.get.record import MAX_TAG_LENGTH

WHOLE = Ask()
PART = Ask(10, 20, '"v1"')
RANGE = {"content-range": "bytes 10-19/100", "etag": '"v1"'}


class AskTests(SynchronousTestCase):
    def test_all_of_it(self) -> None:
        """A first request wants a digest, and the bytes as they are."""
        headers = Ask().headers()
        self.assertEqual(headers["Accept-Encoding"], "identity")
        self.assertIn("sha-256", headers["Want-Repr-Digest"])
        self.assertNotIn("Range", headers)

    def test_a_part_of_what_is_known(self) -> None:
        """A part is asked for only of the version that is known."""
        headers = PART.headers()
        self.assertEqual((headers["Range"], headers["If-Range"]), ("bytes=10-19", '"v1"'))
        self.assertEqual(Ask(10, None, '"v1"').headers()["Range"], "bytes=10-")

    def test_a_first_part(self) -> None:
        """The first part of a file that is not known has no version to be of."""
        headers = Ask(0, 5).headers()
        self.assertEqual(headers["Range"], "bytes=0-4")
        self.assertNotIn("If-Range", headers)


class JudgeTests(SynchronousTestCase):
    def fails(self, ask: Ask, status: int, **headers: str) -> TransferError:
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        with self.assertRaises(TransferError) as caught:
            judge(ask, status, fields, "a.iso")
        self.assertIn("a.iso", str(caught.exception))
        error: TransferError = caught.exception
        return error

    def reply(self, ask: Ask, status: int, headers: dict[str, str]) -> Reply:
        meaning = judge(ask, status, headers, "a.iso")
        assert isinstance(meaning, Reply)
        return meaning

    def test_all_of_it(self) -> None:
        """200 brings the file from its beginning, of the version that its fields tell."""
        reply = self.reply(
            WHOLE,
            200,
            {"content-length": "100", "etag": '"v1"', "last-modified": "Wed, 25 Nov 2026 01:00:00 GMT"},
        )
        self.assertEqual((reply.start, reply.end, reply.partial), (0, 100, False))
        self.assertEqual(
            (reply.version.size, reply.version.tag, reply.version.modified), (100, '"v1"', 1795568400)
        )

    def test_a_part(self) -> None:
        """206 brings what its Content-Range says, perhaps less than was asked for."""
        reply = self.reply(PART, 206, RANGE)
        self.assertEqual((reply.start, reply.end, reply.version.size, reply.partial), (10, 20, 100, True))
        shorter = {**RANGE, "content-range": "bytes 10-14/100"}
        self.assertEqual(self.reply(PART, 206, shorter).end, 15)

    def test_another_part(self) -> None:
        """A part that was not asked for, or that is none, is not believed."""
        for field in (
            *("bytes 0-9/100", "bytes 10-20/100", "bytes 10-9/100", "bytes 10-19/*", "bytes 10-19/15"),
            *("", "bytes */100", "items 10-19/100", "bytes 10-19/100, bytes 30-31/100", "bytes 10-1９/100"),
        ):
            error = self.fails(PART, 206, content_range=field)
            self.assertEqual((error.status, error.again), (ExitStatus.DATA, False), field)
        self.fails(WHOLE, 206, content_range="bytes 0-99/100")

    def test_tags(self) -> None:
        """Only a strong tag that can be sent back tells versions apart."""
        for tag in ('W/"v1"', "v1", '"a"b"', '"' + "x" * MAX_TAG_LENGTH + '"', '"a\n"', ""):
            self.assertIsNone(self.reply(WHOLE, 200, {"etag": tag}).version.tag, tag)
        self.assertEqual(self.reply(WHOLE, 200, {"etag": '""'}).version.tag, '""')

    def test_an_odd_length_or_time(self) -> None:
        """What is no number, or no time, is not known."""
        for length in ("", "-5", "5, 5", "5x", "9" * 30):
            self.assertIsNone(self.reply(WHOLE, 200, {"content-length": length}).end)
        for time in ("yesterday", "", "Wed, 99 Nov 2026 01:00:00 GMT"):
            self.assertIsNone(self.reply(WHOLE, 200, {"last-modified": time}).version.modified)

    def test_codings(self) -> None:
        """A body that is coded is not the file, unless the name says so."""
        for coding in ("gzip", "br", "compress", "gzip, gzip"):
            error = self.fails(WHOLE, 200, content_encoding=coding)
            self.assertEqual((error.status, error.again), (ExitStatus.DATA, False))
            self.assertIn(coding, str(error))
        for name, coding in (("a.tar.gz", "gzip"), ("A.TGZ", "x-gzip"), ("a.zst", "zstd"), ("a", "identity")):
            self.assertIsInstance(judge(WHOLE, 200, {"content-encoding": coding}, name), Reply)

    def test_statuses(self) -> None:
        """Each kind of refusal has its exit status, and passing ones may be tried again."""
        for status, exit_status, again in (
            (404, ExitStatus.NO_INPUT, False),
            (410, ExitStatus.NO_INPUT, False),
            (401, ExitStatus.NO_INPUT, False),
            (403, ExitStatus.NO_INPUT, False),
            (400, ExitStatus.NO_INPUT, False),
            (429, ExitStatus.UNAVAILABLE, True),
            (500, ExitStatus.UNAVAILABLE, True),
            (503, ExitStatus.UNAVAILABLE, True),
            (501, ExitStatus.NO_INPUT, False),
            (204, ExitStatus.DATA, False),
            (304, ExitStatus.DATA, False),
            (301, ExitStatus.DATA, False),  # without a Location
            (999, ExitStatus.DATA, False),
        ):
            error = self.fails(WHOLE, status)
            self.assertEqual((error.status, error.again), (exit_status, again), status)
        self.assertIn("name:password@", str(self.fails(WHOLE, 401)))

    def test_not_now(self) -> None:
        """Retry-After is passed on where it is seconds."""
        self.assertEqual(self.fails(WHOLE, 503, retry_after="120").after_s, 120)
        self.assertIsNone(self.fails(WHOLE, 503, retry_after="Wed, 25 Nov 2026 01:00:00 GMT").after_s)

    def test_elsewhere_and_nowhere(self) -> None:
        """A redirection and a range that is not there are answers too."""
        self.assertEqual(judge(WHOLE, 302, {"location": "/b"}, "a"), Redirect("/b"))
        self.assertEqual(judge(PART, 416, {}, "a"), NoSuchRange())
        self.assertEqual(self.fails(WHOLE, 416).status, ExitStatus.NO_INPUT)

    @given(
        st.integers(100, 599),
        st.dictionaries(
            st.sampled_from(
                ["content-range", "content-length", "etag", "location", "repr-digest", "retry-after"]
            ),
            st.text(max_size=40) | st.sampled_from(["bytes 10-19/100", "5", '"v"']),
        ),
    )
    def test_anything(self, status: int, headers: dict[str, str]) -> None:
        """No answer is more than a meaning or an error for the user; a part is within what was asked for."""
        try:
            meaning = judge(PART, status, headers, "a.iso")
        except ConfigError:
            return
        if isinstance(meaning, Reply) and meaning.partial:
            self.assertTrue(meaning.start == 10 and meaning.end is not None and 10 < meaning.end <= 20)
