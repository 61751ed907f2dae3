"""What is written beside a part, so that another run can go on with it. Core.

One JSON object, padded with spaces to one size: it is written over itself, even on a full disk.
"""

import json
from base64 import b64encode
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from typing import Any
from zlib import crc32

from twisted_suite.files.get.digests import Digest, digest_of
from twisted_suite.files.get.pieces import Spans, merged

RECORD_BYTES = 4096
# A longer entity tag would not leave room: then the file cannot be resumed.
MAX_TAG_LENGTH = 1024


@dataclass(frozen=True, slots=True)
class Version:
    """One state of a file on its server."""

    size: int | None = None
    tag: str | None = None  # a strong entity tag (RFC 9110 section 8.8.3), quotes and all
    digest: Digest | None = None
    modified: int | None = None  # seconds since 1970

    @property
    def resumable(self) -> bool:
        """Whether it can be told from every other state, and so be put together from several answers."""
        return self.size is not None and self.tag is not None


@dataclass(frozen=True, slots=True)
class Record:
    """Which bytes of which version of which file a part holds."""

    source: str  # `source_key` of its URL
    version: Version
    done: Spans


def source_key(url: str) -> str:
    """What stands for a URL: not itself, since it may hold a secret, and be long."""
    return sha256(url.encode()).hexdigest()


def write_record(record: Record) -> bytes:
    """The record as `RECORD_BYTES` bytes. The smallest spans are left out where there are too many."""
    while True:
        body = json.dumps(_plain(record), separators=(",", ":"))
        text = f'{{"check":{crc32(body.encode())},"part":{body}}}'
        if len(text) < RECORD_BYTES:
            return text.encode().ljust(RECORD_BYTES - 1) + b"\n"
        smallest = min(record.done, key=lambda span: span[1] - span[0])
        record = replace(record, done=tuple(span for span in record.done if span != smallest))


def read_record(data: bytes, part_bytes: int) -> Record | None:
    """The record in `data`, of a part that is `part_bytes` long. None for what may not be one of ours."""
    try:
        text = data[:RECORD_BYTES].decode("ascii")
        plain = json.loads(text)
        if plain["check"] != crc32(json.dumps(plain["part"], separators=(",", ":")).encode()):
            return None
        return _checked(plain["part"], part_bytes)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _plain(record: Record) -> dict[str, Any]:
    version = asdict(record.version)
    digest = record.version.digest
    if digest is not None:
        version["digest"] = [digest.algorithm, b64encode(digest.value).decode()]
    return {"source": record.source, **version, "done": [list(span) for span in record.done]}


def _checked(plain: dict[str, Any], part_bytes: int) -> Record | None:
    done = merged((int(start), int(end)) for start, end in plain["done"])
    size = int(plain["size"])
    if done and (done[0][0] < 0 or done[-1][1] > min(size, part_bytes)):
        return None  # it claims what is not there
    digest = digest_of(*plain["digest"]) if plain["digest"] else None
    modified = None if plain["modified"] is None else int(plain["modified"])
    version = Version(size, str(plain["tag"]), digest, modified)
    return Record(str(plain["source"]), version, done)
