"""Which of a file's precompressed siblings a client may be given (RFC 9110 section 12.5.3). Core."""

from functools import lru_cache

# Content codings by the suffix of the sibling; of those that a client likes as well, the first is taken.
SUFFIXES = {b"br": b".br", b"zstd": b".zst", b"gzip": b".gz"}
# What is compressed already has no sibling, so that none is looked for.
_DENSE = (
    *(b"image/", b"video/", b"audio/", b"font/woff", b"application/zip", b"application/gzip"),
    *(b"application/zstd", b"application/x-bzip2", b"application/x-xz", b"application/x-7z-compressed"),
)
_SPARSE = b"image/svg+xml"


def compressible(content_type: bytes) -> bool:
    """Whether content of this type is worth compressing."""
    return content_type == _SPARSE or not content_type.startswith(_DENSE)


@lru_cache(maxsize=256)
def acceptable(field: bytes) -> tuple[bytes, ...]:
    """The codings that we know and the Accept-Encoding `field` takes, best first.

    ``identity`` is always taken for acceptable: a file can be had as it is.
    """
    weights = _weights(field)
    anything = weights.get(b"*", 0.0)
    aliased = {b"gzip": weights.get(b"x-gzip", anything)}
    liked = {coding: weights.get(coding, aliased.get(coding, anything)) for coding in SUFFIXES}
    plain = weights.get(b"identity", 0.0)
    wanted = [coding for coding, weight in liked.items() if weight > 0 and weight >= plain]
    return tuple(sorted(wanted, key=lambda coding: -liked[coding]))


def _weights(field: bytes) -> dict[bytes, float]:
    weights = {}
    for word in field.lower().split(b","):
        coding, _, parameter = word.partition(b";")
        name, equals, value = parameter.partition(b"=")
        weight = 1.0
        if equals and name.strip() == b"q":
            try:
                weight = float(value)
            except ValueError:
                weight = 0.0
        weights[coding.strip()] = weight if 0 <= weight <= 1 else 0.0
    return weights
