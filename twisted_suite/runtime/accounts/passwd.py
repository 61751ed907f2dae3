"""The password file on the disk: read when it has changed, written in one step. Adapter.

A `PasswordFile` is what ``--auth passwd:FILE`` names. It checks in a thread, since a check takes tens of
milliseconds on purpose, and looks there whether the file is another one by now: so `twisted-suite passwd`
takes effect at once, in every worker too.
"""

import fcntl
import os
import secrets
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import IUsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThread
from twisted.logger import Logger
from zope.interface import implementer

from twisted_suite.errors import ConfigError, ExitStatus
from twisted_suite.runtime.accounts.passwords import (
    MAX_FILE_BYTES,
    SALT_BYTES,
    Entries,
    argon2_hash,
    check_name,
    check_password,
    edited,
    login_matches,
    normal,
    parse,
    scrypt_hash,
)
from twisted_suite.runtime.text import printable

HASHES: dict[str, Callable[[str, bytes], str]] = {"argon2": argon2_hash, "scrypt": scrypt_hash}
NEW_FILE_MODE = 0o600
# The widest mode that is left to an existing file: a service's group may read it.
WIDEST_MODE = 0o640

_Version = tuple[int, int, int]


@implementer(ICredentialsChecker)
class PasswordFile:
    """Checks passwords against a file. Raises `ConfigError` where it cannot be used from the start."""

    credentialInterfaces = (IUsernamePassword,)
    log = Logger()

    def __init__(self, path: str, in_thread: Callable[..., Deferred[Any]] = deferToThread) -> None:
        self.path = os.path.abspath(path)  # a daemon changes its folder
        self._in_thread = in_thread
        self._version, self._entries = _read(self.path)

    def requestAvatarId(self, credentials: Any) -> Deferred[bytes | tuple[()]]:
        """The name, in its normal form and UTF-8, or `UnauthorizedLogin`."""
        try:
            name, password = (normal(_text(part)) for part in (credentials.username, credentials.password))
        except UnicodeDecodeError:
            name, password = "", ""  # nobody has them, which is found out at the same cost

        def answer(right: bool) -> bytes:
            if not right:
                raise UnauthorizedLogin
            return name.encode()

        return self._in_thread(self._matches, name, password).addCallback(answer)

    def _matches(self, name: str, password: str) -> bool:
        """In a thread. Two may read a changed file at once; both read the same."""
        return login_matches(self._current(), name, password)

    def _current(self) -> Entries:
        try:
            version = _version(os.stat(self.path))
            if version == self._version:
                return self._entries
            self._version = version  # a file that does not hold is told of once
            self._version, self._entries = _read(self.path)
        except (OSError, ConfigError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            self.log.error(
                "{path} cannot be used, the accounts stay as they were: {reason}",
                path=self.path,
                reason=reason,
            )
        return self._entries


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _version(status: os.stat_result) -> _Version:
    return status.st_mtime_ns, status.st_ino, status.st_size


def _read(path: str) -> tuple[_Version, Entries]:
    with _naming(path), open(path, encoding="utf-8") as file:
        status = os.fstat(file.fileno())
        _check_regular(path, status)
        return _version(status), parse(file.read(MAX_FILE_BYTES), path)


def _check_regular(path: str, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise ConfigError(f"{path}: not a regular file")
    if status.st_size > MAX_FILE_BYTES:
        raise ConfigError(f"{path}: larger than {MAX_FILE_BYTES} bytes, the most for a password file")


@contextmanager
def _naming(path: str, status: ExitStatus = ExitStatus.NO_INPUT) -> Iterator[None]:
    """The border where the system's word on the file becomes the operator's error."""
    try:
        yield
    except (OSError, ValueError) as error:  # ValueError: not UTF-8, or a NUL in the name
        reason = getattr(error, "strerror", None) or str(error)
        missing = isinstance(error, FileNotFoundError) and status is ExitStatus.NO_INPUT
        remedy = "; make it with: twisted-suite passwd FILE NAME" if missing else ""
        raise ConfigError(f"{printable(path)}: {reason}{remedy}", status) from error


def set_password(path: str, name: str, password: str, kind: str = "argon2") -> bool:
    """Give `name` this password, in the file at `path`, which is made if need be.

    Returns whether the name is new. Raises `ConfigError`.
    """
    name, password = check_name(name), check_password(password)
    encoded = HASHES[kind](password, secrets.token_bytes(SALT_BYTES))
    with _replacing(path) as (text, put):
        is_new = name not in parse(text, path)
        put(edited(text, name, encoded))
    return is_new


def remove_account(path: str, name: str) -> None:
    """Take `name` out of the file at `path`. Raises `ConfigError`, also where it is not there."""
    name = check_name(name)
    with _replacing(path) as (text, put):
        if name not in parse(text, path):
            raise ConfigError(f"{printable(path)}: there is no account {name!r}")
        put(edited(text, name, None))


@contextmanager
def _replacing(path: str) -> Iterator[tuple[str, Callable[[str], None]]]:
    """The text of the file, and what takes its new one: whole, at once, and no other change is lost."""
    path = os.path.realpath(path)
    folder = os.path.dirname(path)
    with _naming(path, ExitStatus.IO):
        folder_fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(folder_fd, fcntl.LOCK_EX)  # two that change it at once take turns
            text, before = _text_of(path)
            yield text, lambda new: _put(path, new, before)
            os.fsync(folder_fd)
        finally:
            os.close(folder_fd)


def _text_of(path: str) -> tuple[str, os.stat_result | None]:
    try:
        with open(path, encoding="utf-8", newline="") as file:
            status = os.fstat(file.fileno())
            _check_regular(path, status)
            return file.read(), status
    except FileNotFoundError:
        return "", None


def _put(path: str, text: str, before: os.stat_result | None) -> None:
    folder, name = os.path.split(path)
    descriptor, temporary = tempfile.mkstemp(prefix=f".{name}.", dir=folder)  # of mode 0600
    try:
        with open(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            _keep_owner(file.fileno(), before)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _keep_owner(descriptor: int, before: os.stat_result | None) -> None:
    """As the file was that is replaced, but never readable for everybody."""
    if before is None:
        return
    mine = os.fstat(descriptor)
    if (mine.st_uid, mine.st_gid) != (before.st_uid, before.st_gid):
        os.fchown(descriptor, before.st_uid, before.st_gid)
    mode = stat.S_IMODE(before.st_mode)
    os.fchmod(descriptor, mode if mode & ~WIDEST_MODE == 0 else NEW_FILE_MODE)
