"""The service that follows: wakes the counting, and keeps its figures. Adapter.

inotify says when something happens in the logs' folders; behind it everything is looked at once a second, for
file systems that tell nothing. All reading and counting is done in one thread at a time; the loop only waits.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.task import LoopingCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from twisted_suite.accesslog.counting import Counting, Done, Pushed, Task
from twisted_suite.accesslog.gauges import families
from twisted_suite.accesslog.pulse import Pulse
from twisted_suite.accesslog.server import Background, Reading
from twisted_suite.errors import SuiteError
from twisted_suite.runtime.text import Language

# How often everything is looked at, and everybody who watches is told.
TICK_S = 1.0
# How often state and report are written, but no sooner than this many times what writing them took.
CHECKPOINT_S = 5.0
REST_PER_WRITING = 9
# What has come by network and is not counted yet; more is refused, or left with its sender.
MAX_PENDING_BYTES = 1 << 24

Watch = Callable[
    [str, Callable[[], None]], Callable[[], None]
]  # a folder and whom to tell; ends the watching


class FollowService(Service):
    """Follows logs for as long as it runs."""

    log = Logger()

    def __init__(
        self,
        counting: Counting,
        language: Language,
        *,
        background: Background,
        reactor: Any,
        watch: Watch | None = None,
        report_at_end: bool = False,
    ) -> None:
        self.language = language
        self.reading: Reading | None = None  # made when somebody asks
        self.error: str | None = None
        self.pulse = Pulse()
        self.listeners: set[Callable[[Pulse | None], None]] = set()  # None: there will be no more
        self.dropped = 0  # messages that came faster than they could be counted
        self.on_end: Callable[[], Any] = lambda: None
        self._counting = counting
        self._background = background
        self._reactor = reactor
        self._watch = watch
        self._watching: dict[str, Callable[[], None]] = {}
        self._readable: list[_Readable] = []
        self._report_at_end = report_at_end
        self._busy: Deferred[Any] | None = None
        self._wanted = self._report_wanted = False
        self._report_again_s = self._write_again_s = 0.0
        self._pushed: list[Pushed] = []
        self._pushed_bytes = 0
        self._before = (0.0, 0)
        self._ticking = LoopingCall(self._tick)
        self._ticking.clock = reactor

    def startService(self) -> None:
        """Raises `ConfigError` for a log that cannot be followed."""
        self._counting.follower.begin()
        super().startService()
        self._write_again_s = 0.0  # at once: from the first look on nothing may be lost
        self._ticking.start(TICK_S)

    def stopService(self) -> "Deferred[Any]":
        """Count what is there still, and write state and report. Fires when that is done."""
        super().stopService()
        if self._ticking.running:
            self._ticking.stop()
        self._look_at(set())
        for listener in tuple(self.listeners):
            listener(None)
        ended: Deferred[Any] = Deferred()
        ended.addCallback(lambda _: self._background(self._end))
        ended.addErrback(self._failed)
        if self._busy is None:
            ended.callback(None)
        else:
            self._busy.addBoth(lambda _: ended.callback(None))
        return ended

    def wake(self) -> None:
        """Something may be new."""
        self._wanted = True
        if self._busy is None and self.running:
            self._go()

    def refresh(self) -> None:
        """Somebody wants a report of now."""
        if self._reactor.seconds() >= self._report_again_s:
            self._report_wanted = True
            self.wake()

    def push(self, source: str, lines: bytes, *, droppable: bool) -> None:
        """Count lines that came by network; those that may be dropped are, when too much waits."""
        if droppable and self.full:
            self.dropped += 1
            return
        self._pushed.append((source, lines))
        self._pushed_bytes += len(lines)
        self.wake()

    @property
    def full(self) -> bool:
        """Whether no more should come by network for now."""
        return self._pushed_bytes >= MAX_PENDING_BYTES

    def collect(self) -> Iterator[Any]:
        """The figures as Prometheus has them."""
        return families(self.pulse, self.dropped)

    def _go(self) -> None:
        now_s = self._reactor.seconds()
        task = Task(self._take(), self._report_wanted, now_s >= self._write_again_s)
        self._wanted = self._report_wanted = False
        self._busy = self._background(lambda: self._counting.do(task))
        self._busy.addCallbacks(self._done, self._failed, callbackArgs=(task, now_s))
        self._busy.addBoth(self._again)

    def _take(self) -> tuple[Pushed, ...]:
        pushed, self._pushed, self._pushed_bytes = tuple(self._pushed), [], 0
        return pushed

    def _done(self, done: Done, task: Task, started_s: float) -> bool:
        self.error = None
        now_s = self._reactor.seconds()
        rest_s = REST_PER_WRITING * (now_s - started_s)
        self.pulse = replace(done.pulse, lines_per_s=self.pulse.lines_per_s)
        if done.reading is not None:
            self.reading = done.reading
            self._report_again_s = now_s + max(TICK_S, rest_s)
        if task.write:
            self._write_again_s = now_s + max(CHECKPOINT_S, rest_s)
        return done.more

    def _failed(self, failure: Failure) -> None:
        if failure.check(SuiteError):
            self.error = failure.getErrorMessage()
            self.log.warn("accesslog: {error}", error=self.error)
        else:
            self.error = "internal error"
            self.log.failure("accesslog: following failed", failure)

    def _again(self, more: Any) -> None:
        self._busy = None
        follower = self._counting.follower
        if not self.running:
            return
        self._look_at(follower.folders())
        if more or self._wanted:
            self._go()
        elif follower.ended:
            self.on_end()
        else:
            for pipe in follower.pipes():
                self._readable.append(_Readable(pipe.fileno(), self._wake_from))
                self._reactor.addReader(self._readable[-1])

    def _wake_from(self) -> None:
        """A pipe has something: until that is read, nothing more needs to be said."""
        for readable in self._readable:
            self._reactor.removeReader(readable)
        self._readable.clear()
        self.wake()

    def _look_at(self, folders: set[str]) -> None:
        """Have these folders watched, and no others."""
        for folder in set(self._watching) - folders:
            self._watching.pop(folder)()
        for folder in folders - set(self._watching):
            if self._watch is not None:
                self._watching[folder] = self._watch(folder, self.wake)

    def _tick(self) -> None:
        now_s, lines = self._reactor.seconds(), self.pulse.lines
        before_s, before = self._before
        self._before = now_s, lines
        if before_s and now_s > before_s:
            self.pulse = replace(self.pulse, lines_per_s=round((lines - before) / (now_s - before_s), 1))
        for listener in tuple(self.listeners):
            listener(self.pulse)
        self.wake()

    def _end(self) -> None:
        self._counting.end(self._take(), report=self._report_at_end)


class _Readable:
    """Tells when a pipe has something to read."""

    def __init__(self, descriptor: int, wake: Callable[[], None]) -> None:
        self._descriptor = descriptor
        self._wake = wake

    def fileno(self) -> int:
        return self._descriptor

    def doRead(self) -> None:
        self._wake()

    def connectionLost(self, reason: Failure) -> None:
        """Nothing to be done: what is left is read all the same."""

    def logPrefix(self) -> str:
        return "accesslog"


def inotify(reactor: Any) -> Watch | None:
    """The kernel's word on what happens in a folder; None where there is no such thing."""
    try:
        from twisted.internet.inotify import IN_ATTRIB, IN_CREATE, IN_MODIFY, IN_MOVED_TO, INotify
        from twisted.python.filepath import FilePath
    except ImportError:  # not Linux: the look once a second remains
        return None

    def watch(folder: str, wake: Callable[[], None]) -> Callable[[], None]:
        notifier = INotify(reactor)
        try:
            notifier.startReading()
            notifier.watch(
                FilePath(folder),
                mask=IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_ATTRIB,
                callbacks=[lambda *_: wake()],
            )
        except Exception:  # INotifyError and OSError: a limit of the system, or the folder is gone
            notifier.loseConnection()
            return lambda: None
        return notifier.loseConnection

    return watch
