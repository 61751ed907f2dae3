"""Digests of representations as fields and as lines (RFC 9530). Core.

::

    -> Want-Repr-Digest: sha-256=5, sha-512=3     <- Repr-Digest: sha-256=:…base64…:
    -> GET /a.iso?hash                            <- …hex…  a.iso          as sha256sum writes and checks it
"""

from base64 import b64encode

# By the names of the registry; those that it calls insecure are not offered.
ALGORITHMS = {"sha-256": "sha256", "sha-512": "sha512"}
DEFAULT = "sha-256"


def wanted(field: bytes | None) -> str | None:
    """The algorithm that Want-Repr-Digest likes best and we have; None where it likes none."""
    best, liked = None, 0
    for word in (field or b"").split(b","):
        key, equals, text = word.strip().partition(b"=")
        name = key.decode("latin-1")
        # A preference is from 0, not acceptable, to 10 (section 4).
        weight = int(text) if equals and text.isdigit() and len(text) <= 2 else 0
        if name in ALGORITHMS and liked < weight <= 10:
            best, liked = name, weight
    return best


def named(word: str) -> str | None:
    """The algorithm of ``?hash=word``: none named is the default; None for one that we do not have."""
    if not word:
        return DEFAULT
    for name, plain in ALGORITHMS.items():
        if word.lower() in (name, plain):
            return name
    return None


def repr_digest(algorithm: str, digest: bytes) -> tuple[bytes, bytes]:
    """The field that tells it: a dictionary with a byte sequence (RFC 8941)."""
    return b"Repr-Digest", algorithm.encode("ascii") + b"=:" + b64encode(digest) + b":"


def line(digest: bytes, name: bytes) -> bytes:
    """As the coreutils write it: with a backslash before it where the name has to be escaped."""
    escaped = name.replace(b"\\", b"\\\\").replace(b"\n", b"\\n").replace(b"\r", b"\\r")
    mark = b"\\" if escaped != name else b""
    return mark + digest.hex().encode("ascii") + b"  " + escaped + b"\n"
