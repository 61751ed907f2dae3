"""Reading Repr-Digest."""

from base64 import b64encode
from hashlib import sha256, sha512

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.files.get.digests import WANTED, Digest, digest_of, read_digest

SHA256, SHA512 = sha256(b"content").digest(), sha512(b"content").digest()
FIELD256 = f"sha-256=:{b64encode(SHA256).decode()}:"
FIELD512 = f"sha-512=:{b64encode(SHA512).decode()}:"


class DigestTests(SynchronousTestCase):
    def test_the_best_is_taken(self) -> None:
        """Of several digests the strongest that we know is used, in whatever order they come."""
        for field in (f"{FIELD256}, {FIELD512}", f"{FIELD512},{FIELD256}", f"md5=:AAAA:, {FIELD512}"):
            self.assertEqual(read_digest(field), Digest("sha-512", SHA512))
        self.assertEqual(read_digest(FIELD256), Digest("sha-256", SHA256))
        self.assertEqual(Digest("sha-256", SHA256).hash_name, "sha256")

    def test_of_no_use(self) -> None:
        """A field that is malformed, of another length or of algorithms that are broken is none."""
        for field in ("", "md5=:AAAA:", "sha-256=:AAAA:", "sha-256=AAAA", f"{FIELD256}, ;", "sha-256=:%%%%:"):
            self.assertIsNone(read_digest(field), field)

    @given(st.text(max_size=80))
    def test_anything(self, field: str) -> None:
        """No field, however odd, is more than none or a digest of the right length."""
        digest = read_digest(field)
        self.assertTrue(digest is None or len(digest.value) in (32, 64))

    def test_from_a_record(self) -> None:
        """What a record holds is checked as what a server sends."""
        self.assertEqual(digest_of("sha-256", b64encode(SHA256).decode()), Digest("sha-256", SHA256))
        self.assertIsNone(digest_of("sha-1", b64encode(SHA256).decode()))

    def test_what_is_wanted(self) -> None:
        """What we ask for are the algorithms that we check."""
        for name in ("sha-256", "sha-512"):
            self.assertIn(f"{name}=", WANTED)
