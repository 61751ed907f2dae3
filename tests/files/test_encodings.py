"""Which codings a client takes."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.files.encodings import SUFFIXES, acceptable, compressible


class AcceptableTests(SynchronousTestCase):
    def test_fields(self) -> None:
        """Weights decide, then our order; what is not named, or weighs nothing, is not taken."""
        for field, codings in [
            (b"", ()),
            (b"identity", ()),
            (b"gzip", (b"gzip",)),
            (b"GZIP", (b"gzip",)),
            (b"x-gzip", (b"gzip",)),
            (b"gzip, deflate, br, zstd", (b"br", b"zstd", b"gzip")),
            (b"br;q=0.5, gzip;q=0.9", (b"gzip", b"br")),
            (b"gzip;q=0", ()),
            (b"*", (b"br", b"zstd", b"gzip")),
            (b"*;q=0", ()),
            (b"br;q=0, *", (b"zstd", b"gzip")),
            (b"gzip;q=0.5, identity", ()),
            (b"gzip;q=nan, br;q=2, zstd;q=x", ()),
        ]:
            with self.subTest(field=field):
                self.assertEqual(acceptable(field), codings)

    @given(st.binary(max_size=60))
    def test_any_field(self, field: bytes) -> None:
        """Whatever is sent, codings are ours."""
        self.assertLessEqual(set(acceptable(field)), set(SUFFIXES))

    def test_compressible(self) -> None:
        """Pictures, films and archives are dense already; drawings in text are not."""
        for kind in (b"text/html; charset=utf-8", b"image/svg+xml", b"application/json"):
            self.assertTrue(compressible(kind))
        for kind in (b"image/png", b"video/mp4", b"application/zip", b"font/woff2"):
            self.assertFalse(compressible(kind))
