"""Which files are meant by names, as logs come and go. Adapter."""

import os
from collections.abc import Callable, Sequence
from glob import has_magic

from twisted_suite.accesslog.batch import find
from twisted_suite.accesslog.compression import SIGNATURE_BYTES, recognise
from twisted_suite.accesslog.engine import STANDARD_INPUT, naming
from twisted_suite.accesslog.rotation import origin
from twisted_suite.errors import ConfigError

# How often globs and folders are looked through.
EXPAND_EVERY_S = 1.0


class Logs:
    """The logs that are written to, of names, globs and folders."""

    def __init__(self, names: Sequence[str], monotonic: Callable[[], float]) -> None:
        self._names = names
        self._monotonic = monotonic
        self._expanded: dict[str, list[str]] = {}
        self._expand_again_s = 0.0

    def find(self, *, strict: bool = False) -> list[str]:
        """Those of now, without what was rotated; `strict` raises `ConfigError` for a name of nothing."""
        now_s = self._monotonic()
        if strict or now_s >= self._expand_again_s:
            many = [name for name in self._names if _means_many(name)]
            self._expanded = {name: _files(name, strict=strict) for name in many}
            self._expand_again_s = now_s + EXPAND_EVERY_S
        found: dict[str, None] = {}
        for name in self._names:
            if name in self._expanded:
                files = self._expanded[name]
                found |= dict.fromkeys(path for path in files if not _was_rotated(path, files))
            else:
                if strict and name != STANDARD_INPUT:
                    _check(name)
                found[name] = None
        return list(found)

    def rotated(self) -> list[str]:
        """The rotated logs that globs and folders mean, the oldest first."""
        return [path for files in self._expanded.values() for path in files if _was_rotated(path, files)]


def copies_of(path: str) -> list[str]:
    """The rotated logs beside this one, the newest first."""
    folder, name = os.path.split(os.path.realpath(path))
    found = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if origin(entry.name) == name and entry.is_file():
                    found.append((-entry.stat().st_mtime_ns, entry.path))
    except OSError:  # rotated away just now
        pass
    return [path for _, path in sorted(found)]


def is_packed(path: str) -> bool:
    """Whether a file is one that does not grow."""
    if not os.path.isfile(path):
        return False
    with naming(path), open(path, "rb") as file:
        return recognise(file.read(SIGNATURE_BYTES)) is not None


def _means_many(name: str) -> bool:
    return os.path.isdir(name) or (has_magic(name) and not os.path.lexists(name))


def _files(name: str, *, strict: bool) -> list[str]:
    try:
        return find([name])
    except ConfigError:
        if strict:
            raise
        return []


def _check(name: str) -> None:
    """A log may be made later, but not its folder."""
    with naming(name):
        os.stat(os.path.dirname(name) or ".")
        if os.path.exists(name):
            os.close(os.open(name, os.O_RDONLY | os.O_NONBLOCK))


def _was_rotated(path: str, others: Sequence[str]) -> bool:
    folder, name = os.path.split(path)
    base = origin(name)
    while base is not None:
        if os.path.join(folder, base) in others:
            return True
        base = origin(base)
    return False
