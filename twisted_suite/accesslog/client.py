"""One report, in the foreground: what ``twist accesslog`` and ``twisted-suite accesslog`` do. Adapter.

It imports no Twisted: a small log is reported in less time than that takes.
"""

import errno
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import BinaryIO, TextIO

from twisted_suite.accesslog.batch import analyse, find
from twisted_suite.accesslog.formats import Format
from twisted_suite.accesslog.report import Output, render
from twisted_suite.errors import ConfigError, ExitStatus
from twisted_suite.runtime.text import Language, printable

STANDARD_OUTPUT = "-"


def run(
    files: Sequence[str],
    *,
    log_format: Format = Format.AUTO,
    output: Output = "text",
    out: str = STANDARD_OUTPUT,
    language: Language = "en",
    warnings: TextIO | None = None,
) -> ExitStatus:
    """Write the report on `files` to `out`. Raises `ConfigError` for what cannot be read or written.

    Invalid lines are no failure. A damaged file is: it is warned of, and its status is ``DATA``.
    """
    paths = find(files)
    with _opened(out) as stream:
        report = analyse(paths, log_format)
        stream.write(render(report, output, language))
    for source in report.damaged:
        line = (
            f"warning: {printable(source.name)}: {source.damage}; its {source.lines} lines before are counted"
        )
        print(line, file=warnings or sys.__stderr__)
    return ExitStatus.DATA if report.damaged else ExitStatus.OK


@contextmanager
def _opened(out: str) -> Iterator[BinaryIO]:
    """The border where the system's word on the output becomes the operator's error.

    A reader that has seen enough (``| head``) is no error.
    """
    try:
        with _stream(out) as stream:
            yield stream
    except BrokenPipeError:
        return
    except OSError as error:
        where = "standard output" if out == STANDARD_OUTPUT else printable(out)
        raise ConfigError(f"{where}: {error.strerror}", ExitStatus.IO) from error


def _stream(out: str) -> AbstractContextManager[BinaryIO]:
    if out == STANDARD_OUTPUT:
        if sys.__stdout__ is None:  # closed: another file may have its number by now
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        return open(1, "wb", closefd=False)  # not sys.stdout: under twistd that is the log
    if os.path.exists(out) and not os.path.isfile(out):
        return open(out, "wb")  # a device or a FIFO: there is nothing to replace
    return _replacing(os.path.realpath(out))


@contextmanager
def _replacing(path: str) -> Iterator[BinaryIO]:
    """Write beside `path`, then take its place at once: nobody sees half a report, nor loses the last one."""
    folder, name = os.path.split(path)
    temporary = os.path.join(folder, f".{name}.{os.getpid()}.tmp")
    with open(temporary, "xb") as stream:
        try:
            yield stream
            stream.close()  # what is buffered may not fit on the disk either
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
