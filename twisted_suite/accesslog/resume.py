"""Where logs are to be taken up again after a restart. Adapter: it looks at files, and reads what is packed.

A state says how far each log had been read that was open then. Until now any of them may have been written
to, renamed, copied and truncated, packed, or rotated more than once: each is looked for at its own name, by
device and inode in its folder, and by its first bytes among the rotated logs. Rotated logs of which the state
knows nothing, and that were written to after it, came and went in between.
"""

import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from io import FileIO

from twisted_suite.accesslog.compression import SIGNATURE_BYTES, recognise
from twisted_suite.accesslog.engine import count_file, head_of
from twisted_suite.accesslog.history import State
from twisted_suite.accesslog.marks import HEAD_BYTES, Mark, Marks
from twisted_suite.accesslog.rotation import in_time_order, origin
from twisted_suite.accesslog.scan import Plan
from twisted_suite.accesslog.tail import Identity, Tail
from twisted_suite.errors import ConfigError

# A file's time of change is that of the kernel's last tick.
CLOCK_TICK_NS = 20_000_000


class Resumption:
    """Takes up what a state left open; afterwards the state knows nothing as open."""

    def __init__(self, state: State, plan: Plan, paths: Sequence[str]) -> None:
        self._state = state
        self._plan = plan
        self._paths = paths
        self.open = [mark for mark in state.marks if mark.open]  # those not found yet
        self._known = Marks(state.marks)
        state.marks = Marks(mark for mark in state.marks if not mark.open)

    def start_of(self, path: str) -> Mark | None:
        """How far the file at this path had been read; a file known from before counts only on from there."""
        found = _look(path)
        mark = self._known.at(*found.identity, found.head) if found is not None else None
        self.open = [each for each in self.open if each != mark]
        return mark

    def rotated(self, known: Collection[Identity] = ()) -> Iterator[Tail]:
        """The files, now under other names, to be read to their end, but for those that are `known`.

        Packed ones are counted at once.
        """
        if not self._state.seen_ns:
            return  # nothing was followed before
        opened = {(mark.device, mark.inode) for mark in self.open}
        siblings = [found for folder in _folders(self._paths) for found in _files(folder)]
        siblings.sort(key=lambda found: found.identity not in opened)  # the file itself before a copy of it
        current = {found.identity for path in self._paths if (found := _look(path)) is not None}
        current |= set(known)
        for found in siblings:
            if found.identity in current:
                continue
            mark = self._claimed(found)
            if mark is not None or self._is_new(found):
                yield from self._tail(found, mark)
        for mark in self.open:  # gone: nothing can be done, but its twin may come back
            self._state.marks.add(replace(mark, open=False))

    def _claimed(self, found: "_Found") -> Mark | None:
        """The open log that this file is, or is a copy of."""
        for mark in self.open:
            same = (mark.device, mark.inode) == found.identity or self._is_rotated(found.path)
            if same and mark.is_of(found.head):
                self.open.remove(mark)
                return mark
        return None

    def _is_new(self, found: "_Found") -> bool:
        """Whether it was rotated, and even created, since the state was saved."""
        return (
            self._is_rotated(found.path)
            and found.changed_ns > self._state.seen_ns - CLOCK_TICK_NS
            and (found.head != b"" or not found.packed)
            and self._known.find(found.head) is None
        )

    def _is_rotated(self, path: str) -> bool:
        folder, name = os.path.split(path)
        base = name
        while (before := origin(base)) is not None:
            base = before
            if any(os.path.split(each) == (folder, base) for each in self._paths):
                return True
        return False

    def _tail(self, found: "_Found", mark: Mark | None) -> Iterator[Tail]:
        try:
            if not found.packed:
                yield Tail(found.path, self._plan, mark)
                return
            marks = Marks([mark] if mark is not None else [])
            counted = count_file(found.path, self._plan, marks)
        except ConfigError:  # rotated away just now: the next start finds it
            if mark is not None:
                self._state.marks.add(replace(mark, open=False))
            return
        if mark is None and counted.source.damage is not None:
            return  # it is being packed just now: what it is made of is there too
        self._state.stats.merge(counted.stats)
        self._state.stats.merge(counted.unended)
        for each in marks:
            self._state.marks.add(each)


class _Found:
    """A file, and how it starts when it is unpacked."""

    def __init__(self, path: str, status: os.stat_result, head: bytes, packed: bool) -> None:
        self.path = path
        self.identity = (status.st_dev, status.st_ino)
        self.changed_ns = status.st_mtime_ns
        self.head = head
        self.packed = packed


def _look(path: str) -> _Found | None:
    try:
        if not os.path.isfile(path):
            return None  # to open a FIFO would wait for its writer
        with FileIO(path) as file:
            status = os.fstat(file.fileno())
            packed = recognise(os.pread(file.fileno(), SIGNATURE_BYTES, 0)) is not None
            head = head_of(file) if packed else os.pread(file.fileno(), HEAD_BYTES, 0)
            return _Found(path, status, head, packed)
    except (OSError, ValueError):  # gone, not a file, not ours to read
        return None


def _folders(paths: Sequence[str]) -> list[str]:
    """Where rotated logs are: beside the log, and beside what a link to it means."""
    found = {os.path.dirname(path) for path in paths}
    found |= {os.path.dirname(os.path.realpath(path)) for path in paths}
    return sorted(found)


def _files(folder: str) -> Iterator[_Found]:
    try:
        with os.scandir(folder or ".") as entries:
            names = [entry.path for entry in entries if entry.is_file()]
    except OSError:
        return
    for path in in_time_order([os.path.normpath(name) for name in names]):
        if (found := _look(path)) is not None:
            yield found
