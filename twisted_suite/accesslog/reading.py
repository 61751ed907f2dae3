"""From a line to what it says, in the format that was asked for or in whichever it is. Core.

With ``auto`` each line decides for itself, whatever stands before it, so mixed files are read and a log may
be cut anywhere; only W3C lines need the ``#Fields`` before them. The formats are told apart by their first
fields, and tried in one fixed order.
"""

from collections.abc import Callable

from twisted_suite.accesslog.formats import CommonLog, Format
from twisted_suite.accesslog.objects import read_object
from twisted_suite.accesslog.presets import PRESETS
from twisted_suite.accesslog.records import (
    MAX_LINE_BYTES,
    Directive,
    Reading,
    Reason,
    Record,
    Recovered,
    Repair,
)
from twisted_suite.accesslog.templates import Template, TemplateError
from twisted_suite.accesslog.w3c import ExtendedLog

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_COMMON_LOGS = (Format.AUTO, Format.COMMON, Format.COMBINED, "vhost-combined", "lighttpd")
_PRESETS = {preset.name: preset for preset in PRESETS}
NAMES: tuple[str, ...] = (*_COMMON_LOGS, "json", "w3c", *_PRESETS)


class LineReader:
    """Reads the lines of one file, in order, in one format: a name, or a format string of Apache or nginx."""

    def __init__(self, name: str = Format.AUTO) -> None:
        self._auto = name == Format.AUTO
        self._common = CommonLog(name if name in _COMMON_LOGS else Format.AUTO)
        self._extended = ExtendedLog()
        self._one: Callable[[bytes], Record | Directive | Reason | None] | None = None
        # Whether the quick searches of `formats` take the same from an ordinary line.
        self.by_figures = name in (Format.AUTO, Format.COMMON, Format.COMBINED)
        self.by_columns = name in (Format.AUTO, Format.COMBINED)
        if name not in _COMMON_LOGS:
            self._one = self._only(name)

    @property
    def context(self) -> bytes:
        """What the lines so far have said about those to come."""
        return b" ".join(self._extended.fields)

    def resume(self, context: bytes) -> None:
        """Go on after lines that have left this context."""
        self._extended.use(context)

    def read(self, line: bytes) -> Reading:
        """Read one line, with or without its end."""
        if len(line) > MAX_LINE_BYTES:
            return Reason.TOO_LONG
        found = self._plain(line)
        return self._repaired(line.rstrip(b"\r\n"), found) if isinstance(found, Reason) else found

    def _plain(self, line: bytes) -> Record | Directive | Reason:
        if self._one is not None:
            return self._one(line) or Reason.PATTERN
        found = self._otherwise(line) if self._auto else None
        if found is None or isinstance(found, Reason):
            return self._common.read(line) or self._row(line) or found or Reason.START
        return found

    def _row(self, line: bytes) -> Record | None:
        """A W3C line: what it is depends on lines before it, and so it is tried after all others."""
        row = self._extended.read(line) if self._auto and self._extended.fields else None
        return row if isinstance(row, Record) else None

    def _otherwise(self, line: bytes) -> Record | Directive | Reason | None:
        """What a line is that is not of the common family; a reason if it should be and is not."""
        if line.startswith(b"{"):
            return read_object(line)
        if line.startswith(b"#") and (found := self._extended.directive(line)):
            return found
        for preset in PRESETS:
            if record := preset.read(line):
                return record
        return None

    def _repaired(self, line: bytes, reason: Reason) -> Reading:
        outermost: Repair | None = None
        for repair, undo in _OUTER_REPAIRS:
            if (bare := undo(line)) is not None:
                line, outermost = bare, outermost or repair
                found = self._plain(line)
                if isinstance(found, Record):
                    return Recovered(found, outermost)
                if isinstance(found, Directive):
                    return found
                reason = found
        if not line.strip():
            return Reason.EMPTY
        if self._one is not None or reason in (Reason.OBJECT, Reason.KEYS):
            return reason
        record = self._common.with_unescaped_quotes(line)
        return (
            self._common.reason(line)
            if record is None
            else Recovered(record, outermost or Repair.UNESCAPED_QUOTE)
        )

    def _only(self, name: str) -> Callable[[bytes], Record | Directive | Reason | None]:
        if name == "json":
            return read_object
        if name == "w3c":
            return self._extended_line
        if name in _PRESETS:
            return _PRESETS[name].read
        if "%" in name or "$" in name:
            return Template(name).read
        raise TemplateError(
            f"{name!r} is none of {', '.join(NAMES)}, and no format string of Apache or nginx"
        )

    def _extended_line(self, line: bytes) -> Record | Directive | Reason:
        return (line.startswith(b"#") and self._extended.directive(line)) or self._extended.read(line)


def _without_mark(line: bytes) -> bytes | None:
    return line[len(BYTE_ORDER_MARK) :] if line.startswith(BYTE_ORDER_MARK) else None


def _unwrapped(line: bytes) -> bytes | None:
    return line[1:-1] if len(line) > 1 and line[:1] == line[-1:] == b'"' else None


# In the order in which they are undone.
_OUTER_REPAIRS = ((Repair.BYTE_ORDER_MARK, _without_mark), (Repair.WRAPPING_QUOTES, _unwrapped))
