"""The work of a service that follows, in one thread at a time: count, write, report. Adapter."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from secrets import token_bytes

from twisted_suite.accesslog.anonymous import KEY_BYTES, anonymous
from twisted_suite.accesslog.folder import STANDARD_OUTPUT, opened
from twisted_suite.accesslog.follower import Follower
from twisted_suite.accesslog.geo import open_places
from twisted_suite.accesslog.history import State, load_or_new, save
from twisted_suite.accesslog.livepage import live_panels
from twisted_suite.accesslog.order import Order
from twisted_suite.accesslog.pulse import Pulse
from twisted_suite.accesslog.rendering import render
from twisted_suite.accesslog.report import Report
from twisted_suite.accesslog.server import SERVED, Reading, form
from twisted_suite.runtime.text import printable

RECENT_BYTES = 300

Pushed = tuple[str, bytes]  # where lines came from by network, and the lines


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be done at one go."""

    pushed: tuple[Pushed, ...] = ()
    report: bool = False
    write: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """What came of it."""

    more: bool
    pulse: Pulse
    reading: Reading | None


class Counting:
    """A follower with the state and the reports that are made of it."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._key = token_bytes(KEY_BYTES)
        self._places = None if order.geoip is None or order.anonymize else open_places(order.geoip)
        state = load_or_new(order.state) if order.state is not None else State()
        self.follower = Follower(order.files, replace(order.plan(), detailed=True), state)

    def do(self, task: Task) -> Done:
        """Count what is new; then write and report, if that is asked for."""
        self._push(task.pushed)
        more = self.follower.poll()
        if task.write:
            self._write(report=self._order.out != STANDARD_OUTPUT)
        return Done(more, self._pulse(), self._read() if task.report else None)

    def end(self, pushed: Iterable[Pushed], *, report: bool) -> None:
        """Count all that is there still, and write for the last time."""
        self._push(pushed)
        while self.follower.poll():
            pass
        self.follower.finish()
        self._write(report=report or self._order.out != STANDARD_OUTPUT)
        self.follower.close()

    def _push(self, pushed: Iterable[Pushed]) -> None:
        for source, lines in pushed:
            self.follower.push(source, lines)

    def _write(self, *, report: bool) -> None:
        if report:
            with opened(self._order.out) as stream:
                stream.write(render(self._report(), replace(self._order.form, places=self._places)))
        if self._order.state is not None:
            save(self._order.state, self.follower.snapshot())

    def _report(self) -> Report:
        total = self.follower.total()
        return Report(anonymous(total, self._key) if self._order.anonymize else total, ())

    def _read(self) -> Reading:
        report = self._report()
        forms = {output: form(output, self._order.form.language, self._places) for output in SERVED}
        documents = {output: render(report, each) for output, each in forms.items()}
        return Reading(report, documents, None, live_panels(report, self._order.form.language))

    def _pulse(self) -> Pulse:
        stats = self.follower.total()
        recent = () if self._order.anonymize else self.follower.recent
        return Pulse(
            stats.lines,
            stats.ok,
            stats.recovered,
            stats.invalid,
            stats.pageviews,
            stats.visitors,
            stats.total_bytes,
            self.follower.behind(),
            self.follower.files(),
            tuple((status.decode("ascii"), n) for status, n in sorted(stats.statuses.items())),
            tuple(printable(line[:RECENT_BYTES].rstrip(b"\r")) for line in recent),
        )
