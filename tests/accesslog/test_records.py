"""Requests in parts."""

from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.accesslog.records import joined, request_line, without_authority


class RequestTests(SynchronousTestCase):
    def test_parts(self) -> None:
        """A request joined of its parts has these parts."""
        for parts in ((b"GET", b"/a b", b"HTTP/1.1"), (b"GET", b"/", None)):
            self.assertEqual(request_line(joined(*parts)), parts)

    def test_authority(self) -> None:
        """An absolute target is a path and a host."""
        for request, expected in (
            (b"GET http://a:80/x?y HTTP/1.1", (b"GET /x?y HTTP/1.1", b"a:80")),
            (b"GET https://a HTTP/1.1", (b"GET / HTTP/1.1", b"a")),
            (b"GET /x?u=http://a/ HTTP/1.1", (b"GET /x?u=http://a/ HTTP/1.1", None)),
            (b"- - - ", (b"- - - ", None)),
            (b"-", (b"-", None)),
        ):
            self.assertEqual(without_authority(request), expected)
