"""How far a log has been counted, so that no byte of it is counted twice. Core.

A log is known by its first bytes, unpacked: under another name, after rotation or packed it is the same log.
Its device and inode are kept to tell which file it was. A mark moves only over whole lines.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from hashlib import blake2b
from typing import Any

# Some twenty lines with their times: two logs that start with the same ones are one log.
HEAD_BYTES = 4096
_DIGEST_BYTES = 16
# Years of daily rotation of many logs; each is some 200 bytes of the state.
MAX_MARKS = 10_000


@dataclass(frozen=True, slots=True)
class Mark:
    """One log."""

    device: int
    inode: int
    head_bytes: int
    head_digest: str
    end: int  # of the last line that is counted, in bytes of the unpacked log
    line_number: int
    context: str  # what these lines have said about those to come (`LineReader.context`)
    open: bool = False  # somebody may have written more to it after this

    def is_of(self, head: bytes) -> bool:
        """Whether a log that starts so is this one."""
        return len(head) >= self.head_bytes and digest(head[: self.head_bytes]) == self.head_digest


class Marks:
    """Of the logs that were counted last, no more than `MAX_MARKS`."""

    def __init__(self, marks: Iterable[Mark] = ()) -> None:
        self._marks = list(marks)

    def __iter__(self) -> Iterator[Mark]:
        return iter(tuple(self._marks))

    def at(self, device: int, inode: int, head: bytes) -> Mark | None:
        """How far this very file has been counted, if it still starts as it did."""
        return next(
            (
                mark
                for mark in reversed(self._marks)
                if (mark.device, mark.inode) == (device, inode) and mark.is_of(head)
            ),
            None,
        )

    def add(self, mark: Mark) -> None:
        """Remember one more."""
        self._marks.append(mark)
        del self._marks[:-MAX_MARKS]

    def find(self, head: bytes) -> Mark | None:
        """How far the log that starts so has been counted; of several, the furthest."""
        return max(
            (mark for mark in self._marks if mark.is_of(head)), key=lambda mark: mark.end, default=None
        )

    def move(self, head: bytes, mark: Mark) -> None:
        """Remember how far this log has been counted now."""
        head = head[:HEAD_BYTES]
        if not mark.end:
            return  # no whole line of it: nothing is counted, and nothing to know it by
        head = head[: mark.end]
        self._marks = [old for old in self._marks if not old.is_of(head)]
        self.add(replace(mark, head_bytes=len(head), head_digest=digest(head)))

    def overlap(self, other: "Marks") -> bool:
        """Whether both have counted lines of one log."""
        return any(
            mine.head_digest == theirs.head_digest and mine.head_bytes == theirs.head_bytes
            for mine in self._marks
            for theirs in other._marks
        )

    def join(self, other: "Marks") -> None:
        """Those of both."""
        self._marks += other._marks

    def to_object(self) -> list[dict[str, Any]]:
        """As JSON has them, in order."""
        return [asdict(mark) for mark in self._marks]

    @classmethod
    def from_object(cls, found: Iterable[dict[str, Any]]) -> "Marks":
        """Those that `to_object` made this of."""
        return cls(Mark(**each) for each in found)


def digest(head: bytes) -> str:
    """What a log is known by."""
    return blake2b(head, digest_size=_DIGEST_BYTES).hexdigest()
