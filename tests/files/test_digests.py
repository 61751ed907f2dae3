"""Digests as fields and as lines."""

import hashlib
import subprocess
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.files.digests import ALGORITHMS, line, named, repr_digest, wanted


class WantedTests(SynchronousTestCase):
    def test_preferences(self) -> None:
        """The best liked of those that we have; 0 is not liked; what is no preference does not count."""
        for field, algorithm in [
            (None, None),
            (b"sha-256=1", "sha-256"),
            (b"sha-256=3, sha-512=10", "sha-512"),
            (b"md5=10, sha-256=1", "sha-256"),
            (b"sha-256=0", None),
            (b"sha-256", None),
            (b"sha-256=11, sha-512=x", None),
            (b"sha-256=99999999999", None),
        ]:
            with self.subTest(field=field):
                self.assertEqual(wanted(field), algorithm)

    @given(st.binary(max_size=60))
    def test_any_field(self, field: bytes) -> None:
        """Whatever is sent, the algorithm is one of ours or none."""
        self.assertIn(wanted(field), (None, *ALGORITHMS))

    def test_named(self) -> None:
        """In an address either spelling will do."""
        self.assertEqual([named(word) for word in ("", "sha-512", "SHA256", "md5")],
                         ["sha-256", "sha-512", "sha-256", None])  # fmt: skip


class WrittenTests(SynchronousTestCase):
    def test_field(self) -> None:
        """The example of RFC 9530, appendix A."""
        digest = hashlib.sha256(b'{"hello": "world"}\n').digest()
        self.assertEqual(
            repr_digest("sha-256", digest),
            (b"Repr-Digest", b"sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"),
        )

    def test_sha256sum_takes_it(self) -> None:
        """The coreutils check what we write, for odd names too."""
        folder = Path(self.mktemp())
        folder.mkdir()
        names = [b"a.txt", b"two\nlines", b"back\\slash", b" \xff"]
        lines = b"".join(line(hashlib.sha256(name).digest(), name) for name in names)
        for name in names:
            (folder / name.decode("utf-8", "surrogateescape")).write_bytes(name)
        ran = subprocess.run(["sha256sum", "-c", "--quiet"], check=False, input=lines, cwd=folder, timeout=20)
        self.assertEqual(ran.returncode, 0)
