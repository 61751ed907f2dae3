"""The services of the plugin: one report that ends the program, or one that is kept at hand. Adapter."""

import os
import signal
import stat
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from threading import Thread
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from twisted_suite.accesslog.anonymous import anonymous
from twisted_suite.accesslog.batch import analyse, find
from twisted_suite.accesslog.breakdown import Places
from twisted_suite.accesslog.engine import STANDARD_INPUT
from twisted_suite.accesslog.rendering import Form, render
from twisted_suite.accesslog.report import Output, Report
from twisted_suite.accesslog.scan import Plan
from twisted_suite.errors import ExitStatus, SuiteError
from twisted_suite.runtime.lifecycle import Completed
from twisted_suite.runtime.text import Language

# Somebody who asks has the files looked at again, but no sooner than this after the last reading...
LOOK_AGAIN_S = 5.0
# ...nor than this many times what that took: a large log that grows must not be read without end.
REST_PER_READING = 9

# The forms that are kept at hand.
SERVED: tuple[Output, ...] = ("text", "json", "html", "csv")
LINKS = ("report.txt", "report.json", "report.csv")

Signature = tuple[tuple[str, int, int], ...]  # of every file its name, size and time of change
Background = Callable[[Callable[[], Any]], "Deferred[Any]"]


class BatchService(Service):
    """Does all its work in ``startService``, and ends the program."""

    one_shot = True

    def __init__(self, work: Callable[[], ExitStatus]) -> None:
        self._work = work

    def startService(self) -> None:
        super().startService()
        try:
            status = self._work()
        except KeyboardInterrupt:  # there is no reactor yet that would make an orderly end of it
            raise SystemExit(128 + signal.SIGINT) from None
        raise Completed(status)


@dataclass(frozen=True, slots=True)
class Reading:
    """One report, made ready in the thread that counted it: the loop only sends it."""

    report: Report
    documents: Mapping[Output, bytes]
    signature: Signature | None  # None: standard input or a FIFO, which cannot be read twice
    panels: Mapping[str, Any] = field(default_factory=dict)  # the first rows of each, for a page that lives


@dataclass(frozen=True, slots=True)
class Look:
    """How reports that are served look."""

    language: Language = "en"
    key: bytes | None = None  # shows pseudonyms, the same ones for as long as the key is
    places: Places | None = None  # where clients are


class ReportService(Service):
    """Keeps a report on some files, and has them read again when they have changed."""

    log = Logger()

    def __init__(
        self,
        names: Sequence[str],
        plan: Plan,
        look: Look,
        *,
        background: Background,
        clock: IReactorTime,
    ) -> None:
        self.language = look.language
        self.reading: Reading | None = None
        self.error: str | None = None  # of the last attempt; an older reading stays
        self._names = names
        self._load = partial(load, names, plan, look)
        self._background = background
        self._clock = clock
        self._busy = False
        self._look_again_at_s = 0.0

    def startService(self) -> None:
        """Raises `ConfigError` for a file that is not there."""
        find(self._names)
        super().startService()
        self._start()

    def refresh(self) -> None:
        """Called for every request."""
        repeatable = self.reading is None or self.reading.signature is not None
        if repeatable and not self._busy and self._clock.seconds() >= self._look_again_at_s:
            self._start()

    def _start(self) -> None:
        self._busy = True
        started_s = self._clock.seconds()
        seen = self.reading.signature if self.reading is not None else None
        loading = self._background(partial(self._load, seen))
        loading.addCallbacks(self._loaded, self._failed)
        loading.addBoth(self._rest, started_s)

    def _loaded(self, reading: Reading | None) -> None:
        self.error = None
        if reading is None:
            return
        self.reading = reading
        stats = reading.report.stats
        self.log.info(
            "accesslog: {lines} lines: {ok} ok, {recovered} recovered, {invalid} invalid; {damaged} damaged",
            lines=stats.lines,
            ok=stats.ok,
            recovered=stats.recovered,
            invalid=stats.invalid,
            damaged=len(reading.report.damaged),
        )

    def _failed(self, failure: Failure) -> None:
        if failure.check(SuiteError):  # such as a file rotated away just now
            self.error = failure.getErrorMessage()
            self.log.warn("accesslog: {error}", error=self.error)
        else:
            self.error = "internal error"
            self.log.failure("accesslog: reading failed", failure)

    def _rest(self, _: None, started_s: float) -> None:
        now_s = self._clock.seconds()
        self._look_again_at_s = now_s + max(LOOK_AGAIN_S, REST_PER_READING * (now_s - started_s))
        self._busy = False


def load(names: Sequence[str], plan: Plan, look: Look, seen: Signature | None) -> Reading | None:
    """Read what `names` mean now; None if it is what was `seen`. Runs in a thread."""
    paths = find(names)
    found = signature(paths)
    if found is not None and found == seen:
        return None
    report = analyse(paths, replace(plan, detailed=True))
    if look.key is not None:
        report = replace(report, stats=anonymous(report.stats, look.key))
    documents = {output: render(report, form(output, look.language, look.places)) for output in SERVED}
    return Reading(report, documents, found)


def form(output: Output, language: Language, places: Places | None = None) -> Form:
    """How a report that is served looks: with all panels, and with the way to the other forms."""
    return Form(output, language, panels=True, places=places, links=LINKS)


def signature(paths: Sequence[str]) -> Signature | None:
    """What shows that a file has changed; None for what can only be read once."""
    rows = []
    for path in paths:
        status = None if path == STANDARD_INPUT else os.stat(path)
        if status is None or not stat.S_ISREG(status.st_mode):
            return None
        rows.append((path, status.st_size, status.st_mtime_ns))
    return tuple(rows)


def in_thread(reactor: Any) -> Background:
    """Runs work in a thread that the end of the program does not wait for.

    The reactor's own threads would be waited for, and reading a large log or a FIFO may take for ever.
    """

    def background(work: Callable[[], Any]) -> Deferred[Any]:
        done: Deferred[Any] = Deferred()

        def run() -> None:
            try:
                result = work()
            except Exception:
                result = Failure()
            reactor.callFromThread(done.callback, result)

        Thread(target=run, name="accesslog", daemon=True).start()
        return done

    return background
