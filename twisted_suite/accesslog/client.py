"""One report, in the foreground: what ``twist accesslog`` and ``twisted-suite accesslog`` do. Adapter.

It imports no Twisted: a small log is reported in less time than that takes.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from secrets import token_bytes
from typing import TextIO

from twisted_suite.accesslog.anonymous import KEY_BYTES, anonymous
from twisted_suite.accesslog.batch import analyse, find
from twisted_suite.accesslog.explain import explain
from twisted_suite.accesslog.folder import STANDARD_OUTPUT, opened
from twisted_suite.accesslog.formats import Format
from twisted_suite.accesslog.geo import open_places
from twisted_suite.accesslog.history import State, load_or_new, merge, save
from twisted_suite.accesslog.order import MERGE, Order
from twisted_suite.accesslog.progress import shown
from twisted_suite.accesslog.records import Reason
from twisted_suite.accesslog.rendering import Form, render
from twisted_suite.accesslog.report import Output, Report, read_as
from twisted_suite.accesslog.scan import Reject
from twisted_suite.accesslog.words import WORDS
from twisted_suite.errors import ConfigError, ExitStatus
from twisted_suite.runtime.text import Language, printable


def run(  # what the click command calls
    files: Sequence[str],
    *,
    log_format: str = Format.AUTO,
    output: Output = "text",
    out: str = STANDARD_OUTPUT,
    language: Language = "en",
) -> ExitStatus:
    """`fulfil` an order of nothing but these."""
    return fulfil(Order(files, log_format, Form(output, language), out=out))


def fulfil(order: Order, warnings: TextIO | None = None) -> ExitStatus:
    """Write what is wanted. Raises `ConfigError` for what cannot be read or written.

    Invalid lines are no failure. A damaged file is: it is warned of, and its status is ``DATA``.
    """
    order.check()
    if order.explain is not None:
        with opened(order.out) as stream:
            text = explain(os.fsencode(order.explain), order.log_format, order.form.language)
            stream.write(text.encode())
        return ExitStatus.OK
    state = load_or_new(order.state) if order.state is not None else None
    make = _merged if list(order.files[:1]) == [MERGE] and not os.path.exists(MERGE) else _analysed
    places = open_places(order.geoip) if order.geoip is not None else None
    with opened(order.out) as stream:
        report, found = make(order, state)
        form = order.form
        if order.anonymize:  # who is nobody is nowhere
            report = replace(report, stats=anonymous(report.stats, token_bytes(KEY_BYTES)))
        elif places is not None:
            form = replace(form, places=places)
        stream.write(render(report, form))
    if order.state is not None and found is not None:  # the report is there: only now it counts as told
        save(order.state, found)
    _tell(report, order, warnings or sys.__stderr__)
    return ExitStatus.DATA if report.damaged else ExitStatus.OK


def _analysed(order: Order, state: State | None) -> tuple[Report, State | None]:
    paths = find(order.files)
    with _rejects(order.invalid) as reject, shown(paths) as progress:
        return analyse(paths, replace(order.plan(reject), progress=progress), state), state


def _merged(order: Order, state: State | None) -> tuple[Report, State]:
    if state is not None and state.stats.lines:
        raise ConfigError(f"{printable(order.state or '')}: the state to merge into is there already")
    found = merge(order.files[1:])
    return Report(found.stats, ()), found


def _tell(report: Report, order: Order, where: TextIO | None) -> None:
    """What a reader of the report alone would not see."""
    words = WORDS[order.form.language]
    if order.form.output != "text":
        for source in report.sources:
            print(read_as(source, words), file=where)
    for source in report.damaged:
        what = f"{source.damage}; its {source.lines} lines before are counted"
        print(f"warning: {printable(source.name)}: {what}", file=where)


@contextmanager
def _rejects(path: str | None) -> Iterator[Reject | None]:
    """Where invalid lines go: the file, the number and the reason of each, and the line itself, by tabs."""
    if path is None:
        yield None
        return
    with opened(path) as stream:

        def reject(file: str, line_number: int, reason: Reason, line: bytes) -> None:
            start = f"{printable(file)}\t{line_number}\t{reason.value}\t"
            stream.write(start.encode() + line.rstrip(b"\r\n") + b"\n")

        yield reject
