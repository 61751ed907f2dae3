"""Requests as values: what a target names."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.files.message import BadRequest, request

HOST = {b"host": b"h"}


class TargetTests(SynchronousTestCase):
    def test_paths(self) -> None:
        """Each part is decoded by itself; a slash at the end means a folder; query and fragment are off."""
        for target, steps, is_folder in [
            (b"/", (), True),
            (b"/a.txt", (b"a.txt",), False),
            (b"/a%20b/%ED%95%9C", (b"a b", "한".encode()), False),
            (b"//a/./b/", (b"a", b"b"), True),
            (b"/a?x=/../", (b"a",), False),
            (b"/a#f", (b"a",), False),
            (b"/%2e%2e/x", (b"..", b"x"), False),
            (b"/%zz", (b"%zz",), False),
            (b"/\xff", (b"\xff",), False),
            (b"http://h:1/a/b?q", (b"a", b"b"), False),
            (b"HTTPS://h", (), True),
        ]:
            with self.subTest(target=target):
                made = request("GET", target, HOST)
                self.assertEqual((made.steps, made.is_folder), (steps, is_folder))
        self.assertEqual(request("GET", b"/a//b/", HOST).path, b"a/b")

    def test_queries(self) -> None:
        """A word without a value is there too; of repeated ones the last counts."""
        made = request("GET", b"/a?download&hash=sha-512&x=1&x=%20", HOST)
        self.assertEqual(made.query, {"download": "", "hash": "sha-512", "x": " "})

    def test_refused(self) -> None:
        """What cannot be meant is an error with its status."""
        for method, target, fields, status in [
            ("GET", b"/a%2fb", HOST, 404),
            ("GET", b"/a%00", HOST, 404),
            ("GET", b"*", HOST, 400),
            ("GET", b"ftp://h/x", HOST, 400),
            ("CONNECT", b"h:1", HOST, 400),
            ("GET", b"/a?" + b"x&" * 100, HOST, 400),
            ("GET", b"/a?\xff", HOST, 400),
            ("GET", b"/", {}, 400),
            ("GET", b"/", {b"host": b"a, b"}, 400),
        ]:
            with self.subTest(target=target):
                error = self.assertRaises(BadRequest, request, method, target, fields)
                self.assertEqual(error.status, status)
        self.assertEqual(self.assertRaises(BadRequest, request, "GET", b"/", HOST, version="2.0").status, 505)
        self.assertEqual(request("OPTIONS", b"*", HOST).steps, ())
        self.assertEqual(request("GET", b"/", {}, version="1.0").steps, ())

    def test_conditional(self) -> None:
        """Whether anything has to be compared is known beforehand."""
        self.assertFalse(request("GET", b"/", HOST).conditional)
        for name in (b"range", b"if-range", b"if-match", b"if-none-match", b"if-modified-since"):
            self.assertTrue(request("GET", b"/", {**HOST, name: b"x"}).conditional)

    @given(st.binary(max_size=60))
    def test_any_target(self, path: bytes) -> None:
        """No part of any path holds a slash or a NUL once it is decoded."""
        try:
            made = request("GET", b"/" + path, HOST)
        except BadRequest:
            return
        for step in made.steps:
            self.assertTrue(step and not {0, ord("/")} & set(step), step)
