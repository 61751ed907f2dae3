"""Types by name, and names for saving."""

import re
from urllib.parse import unquote_to_bytes

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.files.media import attachment, media_type


class MediaTests(SynchronousTestCase):
    def test_types(self) -> None:
        """Suffixes count whatever their case; text has a charset; archives are not unpacked on the way."""
        for name, kind in [
            (b"a.txt", b"text/plain; charset=utf-8"),
            (b"A.HTML", b"text/html; charset=utf-8"),
            (b"a.js", b"text/javascript; charset=utf-8"),
            (b"a.json", b"application/json"),
            (b"a.tar.gz", b"application/gzip"),
            (b"a.mp4", b"video/mp4"),
            (b"a.md", b"text/markdown; charset=utf-8"),
            (b"README", b"text/plain; charset=utf-8"),
            (b"program", b"application/octet-stream"),
            (b".txt", b"application/octet-stream"),
            (b"a.unknown", b"application/octet-stream"),
            (b"", b"application/octet-stream"),
            (b"\xff.\xff", b"application/octet-stream"),
        ]:
            with self.subTest(name=name):
                self.assertEqual(media_type(name), kind)

    def test_attachment(self) -> None:
        """A plain name is itself; another has a plain stand-in, and itself encoded."""
        self.assertEqual(attachment(b"a b.txt"), b'attachment; filename="a b.txt"')
        self.assertEqual(
            attachment("한 글.txt".encode()),
            b"attachment; filename=\"_ _.txt\"; filename*=UTF-8''%ED%95%9C%20%EA%B8%80.txt",
        )

    @given(st.binary(max_size=40))
    def test_any_name(self, name: bytes) -> None:
        """No name leaves its quotes or its line, and each can be had back."""
        value = attachment(name)
        match = re.fullmatch(rb'attachment; filename="([ -~]*)"(?:; filename\*=UTF-8\'\'([!-~]*))?', value)
        assert match is not None, value
        self.assertNotIn(b'"', match[1])
        self.assertEqual(unquote_to_bytes(match[2]) if match[2] is not None else match[1], name)
