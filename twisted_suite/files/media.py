"""What kind of content a file's name promises: media type, charset, and the name for saving it. Core."""

import mimetypes
from functools import lru_cache
from urllib.parse import quote_from_bytes

DEFAULT_TYPE = b"application/octet-stream"

# The library's own table, not the machine's: the same file has the same type everywhere.
_TABLE = {
    **mimetypes.MimeTypes(filenames=()).types_map[True],
    # What is compressed as a whole is sent as it is, and not unpacked on the way.
    ".gz": "application/gzip",
    ".tgz": "application/gzip",
    ".bz2": "application/x-bzip2",
    ".xz": "application/x-xz",
    ".zst": "application/zstd",
    ".7z": "application/x-7z-compressed",
    ".aac": "audio/aac",
    ".avif": "image/avif",
    ".conf": "text/plain",
    ".flac": "audio/flac",
    ".heic": "image/heic",
    ".ini": "text/plain",
    ".js": "text/javascript",
    ".jsonl": "application/jsonl",
    ".log": "text/plain",
    ".m4a": "audio/mp4",
    ".md": "text/markdown",
    ".mjs": "text/javascript",
    ".mkv": "video/x-matroska",
    ".ogg": "audio/ogg",
    ".ogv": "video/ogg",
    ".opus": "audio/opus",
    ".rst": "text/x-rst",
    ".toml": "application/toml",
    ".ttf": "font/ttf",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
}
# Text by convention, without a suffix.
_TEXTS = frozenset(
    {b"changelog", b"copying", b"license", b"makefile", b"news", b"notice", b"readme", b"todo"}
)


@lru_cache(maxsize=1024)
def media_type(name: bytes) -> bytes:
    """The Content-Type of a file called `name`. Text is UTF-8 where nothing else is known."""
    stem, dot, suffix = name.rpartition(b".")
    if not (stem and dot):
        kind = "text/plain" if name.lower() in _TEXTS else None
    else:
        kind = _TABLE.get("." + suffix.decode("latin-1").lower())
    if kind is None:
        return DEFAULT_TYPE
    # JSON and JavaScript modules are UTF-8 by their own specifications; text/* has to say so.
    return kind.encode("ascii") + (b"; charset=utf-8" if kind.startswith("text/") else b"")


def attachment(name: bytes) -> bytes:
    """A Content-Disposition that saves under `name`, in any script (RFC 6266, RFC 8187)."""
    plain = b"".join(
        bytes([byte]) if 32 <= byte < 127 and byte not in b'"\\%?' else b"_"
        for byte in name.decode("utf-8", "replace").encode("ascii", "replace")
    )
    value = b'attachment; filename="%s"' % plain
    if plain != name:
        value += b"; filename*=UTF-8''" + quote_from_bytes(name, safe="").encode("ascii")
    return value
