"""Hits and bytes in one number. Core.

The panels hold millions of both, so each pair is one integer: the bytes above, the hits in the lowest 40
bits. Adding two such numbers adds both, which makes any counter of them mergeable.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from operator import itemgetter
from typing import TypeVar

HITS_BITS = 40  # a log of more lines would be 250 TB
_HITS = (1 << HITS_BITS) - 1

KeyT = TypeVar("KeyT", bound=Hashable)
Tally = dict[KeyT, int]


def packed(hits: int, size: int) -> int:
    """The two as one."""
    return (size << HITS_BITS) + hits


def hits(value: int) -> int:
    """The lower of the two."""
    return value & _HITS


def size(value: int) -> int:
    """The upper of the two."""
    return value >> HITS_BITS


def add_all(tally: Tally[KeyT], keys: Iterable[KeyT], values: Iterable[int]) -> None:
    """Count many rows."""
    get = tally.get
    for key, value in zip(keys, values, strict=True):
        tally[key] = get(key, 0) + value


def absorb(tally: Tally[KeyT], other: Mapping[KeyT, int], keep: Callable[[KeyT], KeyT]) -> None:
    """Count what another has counted; `keep` says which of equal keys is held in memory."""
    for key, value in other.items():
        if key in tally:
            tally[key] += value
        else:
            tally[keep(key)] = value


def ranked(tally: Mapping[bytes, int]) -> list[tuple[bytes, int, int]]:
    """Every key with its hits and bytes, by hits falling, ties by key rising."""
    rows = [(key, value & _HITS, value >> HITS_BITS) for key, value in tally.items()]
    rows.sort(key=itemgetter(0))
    rows.sort(key=itemgetter(1), reverse=True)  # which leaves ties as they were
    return rows
