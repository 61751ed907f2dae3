"""Memory in which each worker writes how many connections it has, and sees the others'. Adapter.

Who should accept by these numbers is `balance.py`'s to say.
"""

import mmap
import os
from collections.abc import MutableSequence
from typing import cast

from twisted_suite.runtime.balance import ABSENT

_BYTES = 8  # of a number, as "q" of memoryview has it


class SharedCounts:
    """The parent's side: it made the memory, and knows whose each place is."""

    def __init__(self, places: int) -> None:
        self._descriptor = os.memfd_create("twisted-suite-counts")
        os.ftruncate(self._descriptor, max(places, 1) * _BYTES)  # none cannot be mapped
        self._counts = counts_at(self._descriptor)
        self._free = list(range(places))
        for place in self._free:
            self._counts[place] = ABSENT

    def fileno(self) -> int:
        """The descriptor to hand to a worker."""
        return self._descriptor

    def take(self) -> int | None:
        """A place for a new worker; None when all are taken: then it does not look at the others."""
        return self._free.pop(0) if self._free else None

    def give_back(self, place: int | None) -> None:
        """The worker that had it has ended."""
        if place is not None:
            self._counts[place] = ABSENT
            self._free.append(place)


def counts_at(descriptor: int) -> MutableSequence[int]:
    """The numbers in the memory that `descriptor` stands for."""
    return cast(MutableSequence[int], memoryview(mmap.mmap(descriptor, 0)).cast("q"))
