"""From blocks of bytes, cut anywhere, to counted lines. Core.

A line ends with a newline, or with the file. Blocks cut differently give the same lines: what is remembered
between two of them is the line that is not yet ended, and of that no more than shows that it is too long.
"""

from twisted_suite.accesslog.formats import MAX_LINE_BYTES, Format, figures, reader
from twisted_suite.accesslog.stats import Stats


class LineSplitter:
    """Cuts blocks into lines without their newlines.

    Of a line longer than `max_bytes` it gives the first ``max_bytes + 1``, and forgets the rest as it comes.
    """

    def __init__(self, max_bytes: int = MAX_LINE_BYTES) -> None:
        self._max_bytes = max_bytes
        self._unended = bytearray()

    def feed(self, block: bytes) -> list[bytes]:
        """The lines that end in `block`."""
        head, newline, rest = block.partition(b"\n")
        self._extend(head)
        if not newline:
            return []
        lines = rest.split(b"\n")
        last = lines.pop()
        if len(rest) > self._max_bytes:  # only then can one of them be too long
            lines = [line[: self._max_bytes + 1] for line in lines]
        lines.insert(0, bytes(self._unended))
        self._unended.clear()
        self._extend(last)
        return lines

    def finish(self) -> list[bytes]:
        """The last line, if it has no newline."""
        lines = [bytes(self._unended)] if self._unended else []
        self._unended.clear()
        return lines

    def _extend(self, part: bytes) -> None:
        room = self._max_bytes + 1 - len(self._unended)
        self._unended += part[:room]


class Scan:
    """Counts the lines of one file as its blocks come."""

    def __init__(self, file: str, log_format: Format = Format.AUTO) -> None:
        self.stats = Stats()
        self._file = file
        self._read = reader(log_format)
        self._splitter = LineSplitter()
        self._line_number = 0

    def feed(self, block: bytes) -> None:
        """Count the lines that end in `block`."""
        self._count(self._splitter.feed(block))

    def finish(self) -> None:
        """The file ends here: its last line may have no newline."""
        self._count(self._splitter.finish())

    def _count(self, lines: list[bytes]) -> None:
        """Nearly all lines are ok, and counted together; the others one by one."""
        rows = [figures(line) for line in lines]
        self.stats.add_ok([row for row in rows if row is not None])
        for index, row in enumerate(rows):
            if row is None:
                line = lines[index]
                self.stats.add(self._read(line), line, self._file, self._line_number + index + 1)
        self._line_number += len(lines)
