"""Times in logs."""

from datetime import UTC, datetime, timedelta, timezone

from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.accesslog.times import Moment, hour_name, moment


class MomentTests(SynchronousTestCase):
    def test_reads(self) -> None:
        """A time in a log is an aware datetime."""
        for text, expected in (
            (b"15/Nov/2015:03:45:45 +0000", datetime(2015, 11, 15, 3, 45, 45, tzinfo=UTC)),
            (
                b"29/Feb/2024:23:59:59 +0930",
                datetime(2024, 2, 29, 23, 59, 59, tzinfo=timezone(timedelta(hours=9, minutes=30))),
            ),
            (
                b"01/Jan/0001:00:00:00 -1200",
                datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=-12))),
            ),
        ):
            found = moment(text)
            assert found is not None
            self.assertEqual(found.datetime(), expected)
            self.assertEqual(found.datetime().utcoffset(), expected.utcoffset())

    def test_leap_second(self) -> None:
        """The second after 59 is the first of the next minute."""
        self.assertEqual(moment(b"30/Jun/2015:23:59:60 +0000"), moment(b"01/Jul/2015:00:00:00 +0000"))
        last = moment(b"31/Dec/9998:23:59:60 -2359")
        assert last is not None
        self.assertEqual(last.datetime().year, 9999)

    def test_order(self) -> None:
        """Times are ordered by the instant, whatever the clock's zone."""
        early, late = moment(b"15/Nov/2015:09:00:00 +0900"), moment(b"15/Nov/2015:01:00:00 +0000")
        assert early is not None
        assert late is not None
        self.assertLess(early, late)

    def test_no_time(self) -> None:
        """What is no such time is none, and no error."""
        for text in (
            b"",
            b"now",
            b"31/Feb/2015:03:45:45 +0000",
            b"15/Foo/2015:03:45:45 +0000",
            b"15/Nov/0000:03:45:45 +0000",
            b"31/Dec/9999:23:59:60 +0000",
            b"15/Nov/2015:24:45:45 +0000",
            b"15/Nov/2015:03:60:45 +0000",
            b"15/Nov/2015:03:45:61 +0000",
            b"15/Nov/2015:03:45:45 +2400",
            b"15/Nov/2015:03:45:45 +0000 ",
            b"\xff" * 26,
        ):
            self.assertIsNone(moment(text), text)

    def test_other_spellings(self) -> None:
        """ISO 8601, numbers since 1970 in any unit, and Apache's with a fraction or no zone are read too."""
        expected = moment(b"15/Nov/2015:03:45:45 +0000")
        for text in (
            b"15/Nov/2015:03:45:45",
            b"15/Nov/2015:03:45:45.123",
            b"15/Nov/2015:03:45:45.123 +0000",
            b"2015-11-15T03:45:45Z",
            b"2015-11-15 03:45:45",
            b"2015-11-15\t03:45:45",
            b"2015-11-15T03:45:45.123456789+00:00",
            b"2015-11-15 03:45:45,123 +0000",
            b"1447559145",
            b"1447559145.999",
            b"1447559145123",
            b"1447559145123456",
            b"1447559145123456789",
        ):
            self.assertEqual(moment(text), expected, text)
        self.assertEqual(moment(b"2015-11-15T12:45:45+09:00"), Moment(expected.seconds, 32_400))  # type: ignore[union-attr]

    def test_no_other_time(self) -> None:
        """What is nearly such a spelling is no time."""
        for text in (
            b"2015-13-15T03:45:45Z",
            b"2015-11-15T03:45:61Z",
            b"2015-11-15",
            b"9999-12-31T00:00:00Z",
            b"15/Foo/2015:03:45:45",
            b"15/Nov/2015:03:45:45.1 +2400",
            b"-5",
            b"99999999999999999999",
            b"1e9",
        ):
            self.assertIsNone(moment(text), text)

    def test_hour(self) -> None:
        """An hour is that on the wall beside the clock, and has a name."""
        found = moment(b"15/Nov/2015:23:45:45 +0900")
        assert found is not None
        self.assertEqual(hour_name(found.hour), "2015-11-15T23")
