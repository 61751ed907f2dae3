"""Whole logs, once: finds the files that were named and feeds what is in them to the scan. Adapter.

FILE is a name, ``-`` for standard input, a glob, or a folder, of which every regular file is read.
Packed files are known by content. Called from `client` in the foreground, from `server` in a thread.
"""

import errno
import glob
import os
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import FileIO

from twisted_suite.accesslog.compression import PLAIN, SIGNATURE_BYTES, Damaged, Unpacker, recognise
from twisted_suite.accesslog.formats import Format
from twisted_suite.accesslog.report import Report, Source
from twisted_suite.accesslog.scan import Scan
from twisted_suite.accesslog.stats import Stats
from twisted_suite.errors import ConfigError, ExitStatus
from twisted_suite.runtime.text import printable

STANDARD_INPUT = "-"
# A fresh block of this size costs nothing beside the reading of its lines in Python; with larger ones
# the system would have to find new pages for each.
READ_BYTES = 1 << 17


def find(names: Sequence[str]) -> list[str]:
    """The files meant by `names`, each seen to be there. `ConfigError` names the first that is not."""
    return [path for name in names for path in _expand(name)]


def analyse(paths: Sequence[str], log_format: Format = Format.AUTO) -> Report:
    """Count every line of `paths`. A damaged file counts up to the damage, and the report says so."""
    total, sources = Stats(), []
    for path in paths:
        stats, source = _scan(path, log_format)
        total.merge(stats)
        sources.append(source)
    return Report(total, tuple(sources))


def _expand(name: str) -> list[str]:
    if name == STANDARD_INPUT:
        return [name]
    if glob.has_magic(name) and not os.path.lexists(name):
        paths = sorted(glob.glob(name, recursive=True))
        found = _distinct([file for path in paths for file in _files(path)])
    else:
        found = _files(name)
    if not found:
        raise ConfigError(f"{printable(name)}: no file is there", ExitStatus.NO_INPUT)
    for path in found:
        with _naming(path):
            _check(path)
    return found


def _files(path: str) -> list[str]:
    """The file itself, or those directly in the folder that are regular, not hidden, and not one twice."""
    if not os.path.isdir(path):
        return [path]
    with _naming(path), os.scandir(path) as entries:
        names = sorted(entry.path for entry in entries if entry.is_file() and not entry.name.startswith("."))
    return _distinct(names)


def _distinct(paths: list[str]) -> list[str]:
    """One name for each file: beside a log there may be a link to it, and two globs may name it twice."""
    seen: dict[tuple[int, int], str] = {}
    for path in paths:
        with _naming(path):
            status = os.stat(path)
            seen.setdefault((status.st_dev, status.st_ino), path)
    return list(seen.values())


def _check(path: str) -> None:
    if stat.S_ISREG(os.stat(path).st_mode):  # to open a FIFO would wait for its writer, and take its bytes
        FileIO(path).close()


@contextmanager
def _naming(path: str) -> Iterator[None]:
    """The border where the system's word on a file becomes the operator's error."""
    try:
        yield
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(f"{printable(path)}: {reason}", ExitStatus.NO_INPUT) from error


def _open(path: str) -> FileIO:
    if path != STANDARD_INPUT:
        with _naming(path):
            return FileIO(path)
    with _naming("standard input"):
        if sys.__stdin__ is None:  # closed: another file may have its number by now
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        return FileIO(0, closefd=False)


def _scan(path: str, log_format: Format) -> tuple[Stats, Source]:
    scan = Scan(path, log_format)
    compression, damage = PLAIN, None
    with _open(path) as file:
        try:
            start = _start(file)
            packed = recognise(start)
            if packed is None:
                _feed_plain(scan, start, file)
            else:
                compression = packed.name
                _feed_unpacked(scan, Unpacker(packed), start, file)
        except Damaged as error:
            damage = str(error)
        except OSError as error:
            damage = f"reading failed: {error.strerror}"
    scan.finish()
    stats = scan.stats
    return stats, Source(path, compression, stats.lines, stats.ok, stats.recovered, stats.invalid, damage)


def _start(file: FileIO) -> bytes:
    """The first block, with all of the signature in it even when a pipe gives less at a time."""
    start = b""
    while len(start) < SIGNATURE_BYTES and (block := file.read(READ_BYTES)):
        start += block
    return start


def _feed_plain(scan: Scan, block: bytes | None, file: FileIO) -> None:
    while block:
        scan.feed(block)
        block = file.read(READ_BYTES)


def _feed_unpacked(scan: Scan, unpacker: Unpacker, block: bytes | None, file: FileIO) -> None:
    while block:
        for unpacked in unpacker.feed(block):
            scan.feed(unpacked)
        block = file.read(READ_BYTES)
    unpacker.finish()
