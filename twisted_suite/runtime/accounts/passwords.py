"""Password files and the hashes in them. Core: no file is opened here, and salts come from outside.

::

    # a comment
    anna:$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA      RFC 9106
    ben:$scrypt$ln=16,r=8,p=1$c2FsdA$aGFzaA                RFC 7914

One account a line, the hash in the PHC string format, as other programs write it too. Names and passwords
are compared as PRECIS' OpaqueString has it (RFC 8265 section 4.2): one form for what looks the same.
"""

import base64
import binascii
import hashlib
import hmac
import re
import unicodedata
from collections.abc import Iterator, Mapping
from types import MappingProxyType

import argon2

from twisted_suite.errors import ConfigError
from twisted_suite.runtime.text import printable

MAX_FILE_BYTES = 16 << 20  # about 100,000 accounts
MAX_NAME_BYTES = 255
MAX_PASSWORD_BYTES = 1024
SALT_BYTES = 16
# What one check may cost at most: a line of the file must not be able to stop the machine.
MAX_HASH_MEMORY_KIB = 1 << 20
MAX_HASH_PASSES = 64
MAX_HASH_LANES = 64

# 64 MiB and about 0.1 s, as OWASP asks at least (N = 2^16, r = 8, p = 1).
_SCRYPT_LOG_N, _SCRYPT_R, _SCRYPT_P, _SCRYPT_BYTES = 16, 8, 1, 32
_SCRYPT = re.compile(r"\$scrypt\$ln=(\d{1,2}),r=(\d{1,3}),p=(\d{1,3})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)\Z")

# RFC 9106 section 4, the second recommended choice: 64 MiB, 3 passes, 4 lanes.
_ARGON2 = argon2.PasswordHasher.from_parameters(argon2.profiles.RFC_9106_LOW_MEMORY)

Entries = Mapping[str, str]  # the hash of each name


def normal(text: str) -> str:
    """The form in which names and passwords are compared."""
    spaced = "".join(" " if unicodedata.category(c) == "Zs" else c for c in text)
    return unicodedata.normalize("NFC", spaced)


def check_name(name: str) -> str:
    """`name` in its normal form. Raises `ConfigError` where it cannot stand in a file."""
    name = normal(name)
    if not name or name != name.strip() or name.startswith("#") or ":" in name or not name.isprintable():
        raise ConfigError(
            f"{printable(name)!r} cannot be a name: it needs a visible character, and no colon, "
            "no # at its start, no blank at either end"
        )
    if len(name.encode()) > MAX_NAME_BYTES:
        raise ConfigError(f"a name may have {MAX_NAME_BYTES} bytes, not {len(name.encode())}")
    return name


def check_password(password: str) -> str:
    """`password` in its normal form. Raises `ConfigError` where nobody could log in with it."""
    password = normal(password)
    if not password:
        raise ConfigError("the password is empty")
    if len(password.encode()) > MAX_PASSWORD_BYTES:
        raise ConfigError(f"a password may have {MAX_PASSWORD_BYTES} bytes, not {len(password.encode())}")
    return password


def argon2_hash(password: str, salt: bytes) -> str:
    """The Argon2id hash of `password`, which takes 64 MiB and tens of milliseconds."""
    return _ARGON2.hash(password, salt=salt)


def scrypt_hash(password: str, salt: bytes) -> str:
    """The scrypt hash of `password`, at about the same cost."""
    hashed = _scrypt(password, salt, _SCRYPT_LOG_N, _SCRYPT_R, _SCRYPT_P, _SCRYPT_BYTES)
    return f"$scrypt$ln={_SCRYPT_LOG_N},r={_SCRYPT_R},p={_SCRYPT_P}${_base64(salt)}${_base64(hashed)}"


def matches(encoded: str, password: str) -> bool:
    """Whether `encoded`, a hash that `parse` took, is that of `password`. Takes as long as making it did."""
    if encoded.startswith("$argon2"):
        try:
            return _ARGON2.verify(encoded, password)
        except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
            return False
    log_n, r, p, salt, expected = _scrypt_parts(encoded)
    return hmac.compare_digest(_scrypt(password, salt, log_n, r, p, len(expected)), expected)


def login_matches(entries: Entries, name: str, password: str) -> bool:
    """Whether `password` is that of `name`.

    A name that is not there costs what another one's check does, so that time does not tell who is.
    """
    encoded = entries.get(name) or next(iter(entries.values()), None)
    if encoded is None or len(password.encode()) > MAX_PASSWORD_BYTES:
        return False
    return matches(encoded, password) and name in entries


def parse(text: str, source: str) -> Entries:
    """The accounts in `text`, what the file `source` holds. Raises `ConfigError` with the line's number."""
    entries: dict[str, str] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if not _is_entry(line):
            continue
        try:
            name, encoded = _entry(line)
            if name in entries:
                raise ConfigError(f"{name!r} stands here for the second time")
        except ConfigError as error:
            # Never the line itself: its hash, or a password in its place, would be in the log.
            raise ConfigError(f"{source}: line {number}: {error}") from error
        entries[name] = encoded
    return MappingProxyType(entries)


def edited(text: str, name: str, encoded: str | None) -> str:
    """`text` with the hash of `name` changed, added or, where it is None, taken out; the rest as it was."""
    return "".join(f"{line}\n" for line in _edited(text.split("\n"), name, encoded))


def _edited(lines: list[str], name: str, encoded: str | None) -> Iterator[str]:
    entry = None if encoded is None else f"{name}:{encoded}"
    if lines[-1] == "":
        lines.pop()
    for line in lines:
        if _is_entry(line) and normal(line.partition(":")[0]) == name:
            if entry is not None:
                yield entry
            entry = None
        else:
            yield line
    if entry is not None:
        yield entry


def _is_entry(line: str) -> bool:
    return bool(line.strip()) and not line.startswith("#")


def _entry(line: str) -> tuple[str, str]:
    name, colon, encoded = line.rstrip("\r").partition(":")
    if not colon:
        raise ConfigError("is not name:hash; make it with: twisted-suite passwd FILE NAME")
    name = check_name(name)
    try:
        _check_hash(encoded)
    except (ValueError, ConfigError) as error:
        raise ConfigError(
            f"{name!r} has no Argon2 or scrypt hash that can be used ({error}); "
            "make it with: twisted-suite passwd FILE NAME"
        ) from error
    return name, encoded


def _check_hash(encoded: str) -> None:
    if encoded.startswith("$argon2"):
        try:
            cost = argon2.extract_parameters(encoded)
        except argon2.exceptions.InvalidHashError as error:
            raise ConfigError("it is cut or garbled") from error
        memory_kib, passes, lanes = cost.memory_cost, cost.time_cost, cost.parallelism
    else:
        log_n, r, p, *_ = _scrypt_parts(encoded)
        if not (1 <= log_n < 32 and r and p):
            raise ConfigError("scrypt does not work with these numbers")
        memory_kib, passes, lanes = (128 * r << log_n) >> 10, p, 1
    if memory_kib > MAX_HASH_MEMORY_KIB or passes > MAX_HASH_PASSES or lanes > MAX_HASH_LANES:
        raise ConfigError(
            f"it costs too much: at most {MAX_HASH_MEMORY_KIB} KiB, {MAX_HASH_PASSES} passes, "
            f"{MAX_HASH_LANES} lanes"
        )


def _scrypt_parts(encoded: str) -> tuple[int, int, int, bytes, bytes]:
    match = _SCRYPT.match(encoded)
    if match is None:
        raise ConfigError("it is of another kind, or cut")
    log_n, r, p = (int(part) for part in match.group(1, 2, 3))
    try:
        salt, hashed = (_from_base64(part) for part in match.group(4, 5))
    except binascii.Error as error:
        raise ConfigError("it is cut or garbled") from error
    return log_n, r, p, salt, hashed


def _scrypt(password: str, salt: bytes, log_n: int, r: int, p: int, length: int) -> bytes:
    memory = (128 * r << log_n) + 128 * r * (p + 2) + (1 << 20)  # OpenSSL's limit is 32 MiB if none is said
    return hashlib.scrypt(password.encode(), salt=salt, n=1 << log_n, r=r, p=p, maxmem=memory, dklen=length)


def _base64(data: bytes) -> str:
    """Without padding, as PHC strings have it."""
    return base64.b64encode(data).decode("ascii").rstrip("=")


def _from_base64(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
