"""``Repr-Digest`` (RFC 9530) as far as a client reads it. Core."""

import binascii
import re
from base64 import b64decode
from dataclasses import dataclass

# Sent with a request: both will do, the second is what servers rather have at hand (RFC 9530 section 4).
WANTED = "sha-512=3, sha-256=10"

# The algorithms that are safe today (RFC 9530 section 5), best first: hashlib's name, length in bytes.
_KNOWN = {"sha-512": ("sha512", 64), "sha-256": ("sha256", 32)}
# A member of a dictionary of byte sequences (RFC 8941 sections 3.2, 3.3.5).
_MEMBER = re.compile(r"\s*([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/=]*):\s*")


@dataclass(frozen=True, slots=True)
class Digest:
    """What a hash of the whole file must be."""

    algorithm: str  # as in the field, such as sha-256
    value: bytes

    @property
    def hash_name(self) -> str:
        """hashlib's name of the algorithm."""
        return _KNOWN[self.algorithm][0]


def read_digest(field: str) -> Digest | None:
    """The best digest of a ``Repr-Digest`` field that we can check; None if there is none.

    A malformed field is none at all (RFC 8941 section 4.2: it is ignored whole).
    """
    found: dict[str, Digest] = {}
    for member in field.split(","):
        match = _MEMBER.fullmatch(member)
        if match is None:
            return None
        digest = digest_of(match[1], match[2])
        if digest is not None:
            found[digest.algorithm] = digest
    return next((found[algorithm] for algorithm in _KNOWN if algorithm in found), None)


def digest_of(algorithm: str, base64: str) -> Digest | None:
    """The digest, if the algorithm is known and the value can be one of it."""
    try:
        value = b64decode(base64, validate=True)
    except (binascii.Error, ValueError):
        return None
    if algorithm not in _KNOWN or len(value) != _KNOWN[algorithm][1]:
        return None
    return Digest(algorithm, value)
