"""Whole logs, once: finds the files that were named and feeds what is in them to the scan. Adapter.

FILE is a name, an address, ``-`` for standard input, a glob, or a folder: every regular file in it is read,
what was rotated in order of time.
Called from `client` in the foreground, from `server` in a thread.
"""

import glob
import os
import stat
from collections.abc import Sequence
from io import FileIO

from twisted_suite.accesslog.engine import STANDARD_INPUT, count_file, naming
from twisted_suite.accesslog.history import State
from twisted_suite.accesslog.remote import expand, is_remote
from twisted_suite.accesslog.report import Report
from twisted_suite.accesslog.rotation import in_time_order
from twisted_suite.accesslog.scan import Plan
from twisted_suite.accesslog.stats import Stats
from twisted_suite.errors import ConfigError, ExitStatus
from twisted_suite.runtime.text import printable


def find(names: Sequence[str]) -> list[str]:
    """The files meant by `names`, each seen to be there. `ConfigError` names the first that is not."""
    return [path for name in names for path in _expand(name)]


def analyse(paths: Sequence[str], plan: Plan | None = None, state: State | None = None) -> Report:
    """Count every line of `paths`. A damaged file counts up to the damage, and the report says so.

    With a `state`, what it has counted before is in the report and is not counted again; it takes up every
    whole line. A last line that is not ended yet is in the report alone.
    """
    total, sources = Stats(), []
    for path in paths:
        counted = count_file(path, plan or Plan(), state.marks if state is not None else None)
        sources.append(counted.source)
        total.take(counted.unended)
        (total if state is None else state.stats).take(counted.stats)
    if state is not None:
        total.merge(state.stats)
    return Report(total, tuple(sources))


def _expand(name: str) -> list[str]:
    if name == STANDARD_INPUT:
        return [name]
    if is_remote(name):
        return expand(name)
    if glob.has_magic(name) and not os.path.lexists(name):
        paths = sorted(glob.glob(name, recursive=True))
        found = in_time_order(_distinct([file for path in paths for file in _files(path)]))
    else:
        found = _files(name)
    if not found:
        raise ConfigError(f"{printable(name)}: no file is there", ExitStatus.NO_INPUT)
    for path in found:
        with naming(path):
            _check(path)
    return found


def _files(path: str) -> list[str]:
    """The file itself, or those directly in the folder that are regular, not hidden, and not one twice."""
    if not os.path.isdir(path):
        return [path]
    with naming(path), os.scandir(path) as entries:
        names = sorted(entry.path for entry in entries if entry.is_file() and not entry.name.startswith("."))
    return in_time_order(_distinct(names))


def _distinct(paths: list[str]) -> list[str]:
    """One name for each file: beside a log there may be a link to it, and two globs may name it twice."""
    seen: dict[tuple[int, int], str] = {}
    for path in paths:
        with naming(path):
            status = os.stat(path)
            seen.setdefault((status.st_dev, status.st_ino), path)
    return list(seen.values())


def _check(path: str) -> None:
    if stat.S_ISREG(os.stat(path).st_mode):  # to open a FIFO would wait for its writer, and take its bytes
        FileIO(path).close()
