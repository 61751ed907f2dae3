"""The fast lane: takes lines that it can prove to be ok, and leaves all others to the strict reader. Core.

What it proves: Common, Combined and vhost-combined lines with ``-`` for the ident, a user of one word,
Apache's time, and a request whose quotes are all escaped. Of those it gives the value that `Stats.add` and
`Stats.count` would give. It is compiled (``native/``), and runs beside other threads.
"""

from collections import Counter

from twisted_suite.accesslog.compact import COMPILED, Compact, Field, new_tables
from twisted_suite.accesslog.formats import Format
from twisted_suite.accesslog.panels import Panels
from twisted_suite.accesslog.records import MAX_LINE_BYTES
from twisted_suite.accesslog.stats import Stats
from twisted_suite.accesslog.times import Moment

PADDING_BYTES = 64  # behind a block, where the lane may read ahead
_NO_HOST, _MAYBE_HOST, _NEEDS_HOST = range(3)
# Whether referrer and agent are read, and the virtual host.
_FORMATS = {
    Format.AUTO.value: (True, _MAYBE_HOST),
    Format.COMMON.value: (False, _NO_HOST),
    Format.COMBINED.value: (True, _NO_HOST),
    "vhost-combined": (True, _NEEDS_HOST),
}
_NAMES = (Format.COMMON.value, Format.COMBINED.value, "vhost-combined")


Odd = tuple[int, bytes]  # a line that is not proven: its place in the block, and itself without its newline


class Lane:
    """Counts the proven lines of blocks, in whatever order they come."""

    def __init__(self, log_format: str, detailed: bool) -> None:
        quoted, hosts = _FORMATS[log_format]
        self._name = None if log_format == Format.AUTO else log_format
        self._detailed = detailed
        self._tables = new_tables(detailed=detailed, quoted=quoted and detailed, hosts=hosts)

    @staticmethod
    def takes(log_format: str) -> bool:
        """Whether there is a fast lane for this format, on this machine."""
        return COMPILED and log_format in _FORMATS

    def scan(self, block: bytes | bytearray, stop: int) -> tuple[int, list[Odd]]:
        """Count the lines of ``block[:stop]``, which ends with a newline, with `PADDING_BYTES` behind it."""
        lines, odd = self._tables.scan(block, 0, stop)
        # Of a line that is too long no more than shows that it is.
        return lines, [
            (place, bytes(block[start : min(end, start + MAX_LINE_BYTES + 1)])) for place, start, end in odd
        ]

    def take(self, other: "Lane") -> None:
        """Count what another has counted, which is not to be used after this."""
        self._tables.merge(other._tables, True)

    def stats(self) -> Stats:
        """All that was counted. The lane is not to be used after this."""
        tables = self._tables
        *counts, first, last = tables.counts()
        total = sum(counts)
        if not total:
            return Stats()
        formats = {self._name: total} if self._name else dict(zip(_NAMES, counts, strict=True))
        names = tables.names(Field.CLIENT)
        requests, traffic = (memoryview(column).cast("Q") for column in tables.clients())
        return Stats(
            ok=total,
            formats=Counter({name: count for name, count in formats.items() if count}),
            requests=Counter({name: count for name, count in zip(names, requests, strict=True) if count}),
            traffic=Counter({name: size for name, size in zip(names, traffic, strict=True) if size}),
            statuses=Counter({b"%03d" % status: count for status, count in tables.statuses().items()}),
            first=Moment(*first),
            last=Moment(*last),
            panels=Panels(compact=Compact(tables, names)) if self._detailed else Panels(),
        )
