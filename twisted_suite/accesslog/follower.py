"""Many logs that are read as they grow, as one `Stats`. Adapter: called in one thread at a time.

A log is followed by name. When the name comes to mean another file (renamed and made anew, a link that was
switched) that one is read from its start, and the old one goes on being read until it has been quiet for
`LATE_S`: servers write to it until they are told. A file that was truncated is read from its start again;
what had not been read of it by then is looked for in a copy beside it.
"""

import os
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from twisted_suite.accesslog.engine import READ_BYTES, STANDARD_INPUT, count_file
from twisted_suite.accesslog.history import State
from twisted_suite.accesslog.logs import Logs, copies_of, is_packed
from twisted_suite.accesslog.marks import Mark, Marks
from twisted_suite.accesslog.resume import Resumption
from twisted_suite.accesslog.scan import RECENT_LINES, Plan, Scan
from twisted_suite.accesslog.stats import Stats
from twisted_suite.accesslog.tail import Identity, PipeTail, Rest, Tail, open_tail
from twisted_suite.errors import ConfigError
from twisted_suite.runtime.text import printable

# How long a file that has lost its name may be quiet before nobody is expected to write to it.
LATE_S = 60.0
# More files than any rotation leaves open; of more, the oldest is given up.
MAX_LATE = 64
# Of each file at one go, so that no log has to wait for another's backlog.
BLOCKS_AT_ONCE = 8


@dataclass(slots=True)
class _Late:
    """A file that its name means no more."""

    tail: Tail | PipeTail
    quiet_since_s: float


class Follower:
    """Reads what is new in all of its logs, each time that it is asked."""

    def __init__(
        self,
        names: Sequence[str],
        plan: Plan,
        state: State,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        wall_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self.stats = state.stats
        self.recent: deque[bytes] = deque(maxlen=RECENT_LINES)
        self.problems: dict[str, str] = {}  # by path, what keeps it from being read
        self._logs = Logs(names, monotonic)
        self._plan = plan
        self._state = state
        self._tails: dict[str, Tail | PipeTail] = {}
        self._late: deque[_Late] = deque()
        self._rests: list[tuple[Rest, Mark | None]] = []  # of truncated logs, yet to be found
        self._pushed: dict[str, Scan] = {}
        self._monotonic = monotonic
        self._wall_ns = wall_ns
        self._seen_ns = 0
        self._unended = Stats()  # of packed logs: lines without a newline, which no state has

    def begin(self) -> None:
        """Open the logs where the state left them. Raises `ConfigError` for a name that nobody can follow."""
        self._seen_ns = self._wall_ns()
        paths = self._logs.find(strict=True)
        resumption = Resumption(self._state, self._plan, paths)
        for path in paths:
            if os.path.exists(path) or path == STANDARD_INPUT:
                if is_packed(path):
                    self._count_whole(path)
                else:
                    mark = resumption.start_of(path)
                    self._tails[path] = open_tail(path, self._plan, mark)
        for path in () if self._state.seen_ns else self._logs.rotated():
            if is_packed(path):
                self._count_whole(path)
            else:
                self._late.append(_Late(open_tail(path, self._plan, resumption.start_of(path)), 0.0))
        self._late.extend(_Late(tail, 0.0) for tail in resumption.rotated())
        for late in self._late:
            late.quiet_since_s = self._monotonic()

    def poll(self) -> bool:
        """Read what is new; whether there is more."""
        seen_ns, self._seen_ns = self._seen_ns, self._wall_ns()
        rotated = self._notice()
        for tail in self._open_tails():
            rotated |= self._is_cut(tail)
        more = False
        for tail in self._open_tails():
            more |= self._read(tail)  # at least its head: a copy of it is known by that
        if rotated:
            more |= self._catch_up(seen_ns)
        self._give_up_late()
        return more

    def push(self, source: str, lines: bytes) -> None:
        """Count what has come from somewhere else than a file."""
        scan = self._pushed.setdefault(source, Scan(source, self._plan))
        scan.feed(lines)
        self.stats.merge(scan.stats)
        self.recent.extend(scan.recent)
        scan.stats, scan.recent = Stats(), ()

    def snapshot(self) -> State:
        """What is to be saved now: the figures, and how far each file is in them."""
        marks = Marks(self._state.marks)
        for tail in self._open_tails():
            if (mark := tail.mark()) is not None:
                marks.add(replace(mark, open=True))
        return State(self.stats, marks, self._seen_ns)

    def total(self) -> Stats:
        """All figures, to be read only."""
        if not self._unended.lines:
            return self.stats
        total = Stats()
        total.merge(self.stats)
        total.merge(self._unended)
        return total

    def finish(self) -> None:
        """The end: standard input may have left a line without a newline."""
        for tail in self._open_tails():
            if isinstance(tail, PipeTail):
                self.stats.merge(tail.finish())

    def close(self) -> None:
        """Let go of all files."""
        for tail in self._open_tails():
            tail.close()

    @property
    def ended(self) -> bool:
        """Whether nothing more can come."""
        return bool(self._tails) and all(tail.ended for tail in self._tails.values())

    def pipes(self) -> list[PipeTail]:
        """Those that tell when they have more."""
        return [tail for tail in self._tails.values() if isinstance(tail, PipeTail) and not tail.ended]

    def folders(self) -> set[str]:
        """Where something may happen to the names of the logs, or to what they mean."""
        found = set()
        for path in (*self._logs.find(), *(late.tail.path for late in self._late)):
            if path != STANDARD_INPUT:
                found |= {os.path.dirname(path) or ".", os.path.dirname(os.path.realpath(path))}
        return found

    def behind(self) -> int:
        """Bytes that are written and not counted."""
        return sum(tail.behind() for tail in self._open_tails())

    def files(self) -> int:
        """How many are open."""
        return len(self._open_tails())

    def _open_tails(self) -> list[Tail | PipeTail]:
        return [*(late.tail for late in self._late), *self._tails.values()]

    def _catch_up(self, seen_ns: int) -> bool:
        """Where one log was rotated more may have been: files that came and went since the last look."""
        state = self.snapshot()
        state.marks = Marks(replace(mark, open=False) for mark in state.marks)
        state.seen_ns = seen_ns
        known_marks = set(state.marks)
        for _, mark in self._rests:
            if mark is not None:
                state.marks.add(replace(mark, open=True))
        known = {tail.identity for tail in self._open_tails() if tail.identity is not None}
        now_s = self._monotonic()
        resumption = Resumption(state, self._plan, self._logs.find())
        found = [*resumption.rotated(known)]
        self._late.extend(_Late(tail, now_s) for tail in found)
        for rest, mark in self._rests:
            if mark is not None and replace(mark, open=True) in resumption.open:
                self.stats.merge(rest.finish())  # there is no copy: its last line ended where it was cut
        self._rests.clear()
        for mark in state.marks:  # of packed logs, which were counted at once
            if mark not in known_marks:
                self._state.marks.add(mark)
        more = False
        for tail in found:  # at once: a state that is saved now has to know all of them
            more |= self._read(tail)
        return more

    def _notice(self) -> bool:
        """See what the names mean now; whether one means another file than before, or none."""
        changed = False
        for path in self._logs.find():
            if path == STANDARD_INPUT:
                continue
            try:
                status = os.stat(path)
            except OSError:
                changed = True  # rotated away, and nothing is in its place yet
                continue
            identity = status.st_dev, status.st_ino
            tail = self._tails.get(path)
            if tail is None or (isinstance(tail, Tail) and tail.identity != identity):
                changed |= self._change(path, identity)
        return changed

    def _change(self, path: str, identity: Identity) -> bool:
        tail = self._tails.get(path)
        new: Tail | PipeTail | None = next(
            (late.tail for late in self._late if late.tail.identity == identity), None
        )
        if new is None and any(other.identity == identity for other in self._tails.values()):
            return False  # under two names it is one log
        try:
            if new is None:
                new = open_tail(path, self._plan)
        except ConfigError as error:  # not ours to read, yet: tried again
            self.problems[path] = str(error)
            return False
        self.problems.pop(path, None)
        self._late = deque(late for late in self._late if late.tail is not new)
        if tail is not None:
            self._late.append(_Late(tail, self._monotonic()))
        self._tails[path] = new
        return True

    def _is_cut(self, tail: Tail | PipeTail) -> bool:
        """Whether a file was truncated; the rest of it is taken up where it is."""
        cut = tail.was_cut()
        if tail.rest is not None:
            self._find_rest(tail)
        return cut

    def _read(self, tail: Tail | PipeTail) -> bool:
        size = 0
        for _ in range(BLOCKS_AT_ONCE):
            size = tail.read()
            if size < READ_BYTES:
                break
        self.stats.take(tail.take())
        self.recent.extend(tail.recent())
        if size:
            for late in self._late:
                if late.tail is tail:
                    late.quiet_since_s = self._monotonic()
        return size == READ_BYTES

    def _find_rest(self, tail: Tail | PipeTail) -> None:
        """Of a truncated log, go on with the copy that was made of it before."""
        rest, tail.rest = tail.rest, None
        assert isinstance(tail, Tail) and rest is not None
        self.stats.merge(rest.scan.stats)
        rest.scan.stats = Stats()
        for path in copies_of(tail.path):
            if rest.head and rest.is_in(path):
                copy = Tail(path, self._plan)
                copy.carry_on(rest)
                self._late.append(_Late(copy, self._monotonic()))
                return
        self._rests.append((rest, rest.mark(tail.identity)))  # it may be packed by now

    def _give_up_late(self) -> None:
        now_s = self._monotonic()
        for late in tuple(self._late):
            quiet = now_s - late.quiet_since_s >= LATE_S and not late.tail.behind()
            if quiet or len(self._late) > MAX_LATE:
                self._late.remove(late)
                self.stats.merge(late.tail.finish())
                if (mark := late.tail.mark()) is not None:
                    self._state.marks.add(mark)
                late.tail.close()

    def _count_whole(self, path: str) -> None:
        """A packed log does not grow."""
        counted = count_file(path, self._plan, self._state.marks)
        self.stats.merge(counted.stats)
        self._unended.merge(counted.unended)
        if counted.source.damage is not None:
            self.problems[path] = f"{printable(path)}: {counted.source.damage}"
