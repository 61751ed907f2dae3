"""The figures as text in English and Korean, and as JSON. Core."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import chain
from json.encoder import encode_basestring_ascii as quoted
from typing import Any, Literal, TypeVar

from twisted_suite.accesslog.records import Reason, Repair
from twisted_suite.accesslog.stats import Stats
from twisted_suite.accesslog.times import Moment
from twisted_suite.accesslog.words import KOREAN, WORDS, Words
from twisted_suite.runtime.text import Language, printable

KB = 1024
# A client's name wider than the longest IPv6 address may push its own row out of line, but no other.
MAX_CLIENT_COLUMN = 39

KindT = TypeVar("KindT", bound=Enum)
Output = Literal["text", "json", "html", "csv", "prometheus"]
OUTPUTS: tuple[Output, ...] = ("text", "json", "html", "csv", "prometheus")


@dataclass(frozen=True, slots=True)
class Source:
    """What one file gave."""

    name: str
    compression: str
    lines: int
    ok: int
    recovered: int
    invalid: int
    damage: str | None = None  # why it could not be read to its end
    formats: Mapping[str, int] = field(default_factory=dict)  # what its lines were read as

    @property
    def taken_for(self) -> tuple[str | None, float]:
        """The format of most of its lines, and the share of all its lines that it reads."""
        if not self.formats:
            return None, 0.0
        name, count = max(self.formats.items(), key=lambda row: (row[1], row[0]))
        return name, count / self.lines


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of all files, and what each of them gave."""

    stats: Stats
    sources: tuple[Source, ...]

    @property
    def damaged(self) -> tuple[Source, ...]:
        """Those that could only be read in part."""
        return tuple(source for source in self.sources if source.damage is not None)


def in_order(kinds: type[KindT], counts: Counter[KindT]) -> list[tuple[KindT, int]]:
    """In the order of the Enum, not of the lines: equal figures make equal reports."""
    return [(kind, counts[kind]) for kind in kinds if counts[kind]]


def iso(time: Moment | None) -> str | None:
    """A time of a log, in the log's own time zone."""
    return None if time is None else time.datetime().isoformat()


def to_json(report: Report, more: Iterable[tuple[str, Any]] = ()) -> str:
    """One object, a key to the line. Bytes of names become the characters of the same number (Latin-1)."""
    fields = [f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in _fields(report)]
    fields.append(f'  "clients": {_clients_json(report.stats)}')
    fields += [f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in more]
    return "{\n" + ",\n".join(fields) + "\n}\n"


def _clients_json(stats: Stats) -> str:
    """There may be millions of them: each written by hand takes half the time."""
    rows = [
        f'{{"client": {quoted(client.decode("latin-1"))}, "requests": {requests}, "bytes": {size}}}'
        for client, requests, size in stats.ranking()
    ]
    return f"[{', '.join(rows)}]"


def _fields(report: Report) -> Iterator[tuple[str, Any]]:
    stats = report.stats
    for name in ("lines", "ok", "recovered", "invalid", "pageviews", "visitors"):
        yield name, getattr(stats, name)
    yield "bytes", stats.total_bytes
    yield "statuses", {status.decode("ascii"): count for status, count in sorted(stats.statuses.items())}
    yield "first", iso(stats.first)
    yield "last", iso(stats.last)
    yield "undated", stats.undated
    yield "directives", stats.directives
    yield "left_out", stats.left_out
    yield "formats", dict(sorted(stats.formats.items()))
    yield "repairs", {repair.value: count for repair, count in in_order(Repair, stats.repairs)}
    yield "invalid_reasons", {reason.value: count for reason, count in in_order(Reason, stats.reasons)}
    yield (
        "samples",
        [
            {
                "file": printable(sample.file),
                "line": sample.line_number,
                "reason": reason.value,
                "text": sample.text.decode("latin-1"),
            }
            for reason, _ in in_order(Reason, stats.reasons)
            for sample in stats.samples[reason]
        ],
    )
    yield "files", [_file(source) for source in report.sources]


def _file(source: Source) -> dict[str, Any]:
    return {
        "file": printable(source.name),
        "compression": source.compression,
        "lines": source.lines,
        "ok": source.ok,
        "recovered": source.recovered,
        "invalid": source.invalid,
        "damage": source.damage,
        "format": source.taken_for[0],
        "sure": round(source.taken_for[1], 6),
        "formats": dict(sorted(source.formats.items())),
    }


def to_text(report: Report, language: Language, more: Iterable[str] = ()) -> str:
    """For a terminal: nothing in a log can move its cursor."""
    words, stats = WORDS[language], report.stats
    if words is KOREAN:
        lines = chain(lecture_lines(stats), [""], _accounting(report, words))
    else:
        lines = chain(_totals(stats, words), _accounting(report, words), [""], _clients(stats, words))
    return "".join(f"{line}\n" for line in chain(lines, more))


def lecture_lines(stats: Stats) -> Iterator[str]:
    """What the lecture's four programs print, letter for letter."""
    yield f"총 페이지뷰: [{stats.pageviews}]"
    yield f"고유 방문자수: [{stats.visitors}]"
    yield f"총 서비스 용량: {stats.total_bytes // KB}KB"
    yield "사용자IP – 서비스용량"
    for client, _, size in stats.ranking():
        yield f"[{printable(client)}] – [{size}]"


def _totals(stats: Stats, words: Words) -> Iterator[str]:
    yield f"{words.page_views}: {stats.pageviews:,} ({words.page_views_are})"
    yield f"{words.visitors}: {stats.visitors:,} ({words.visitors_are})"
    yield f"{words.sent}: {stats.total_bytes:,} ({stats.total_bytes // KB:,} KB)"


def _accounting(report: Report, words: Words) -> Iterator[str]:
    """What became of every line."""
    stats = report.stats
    yield (
        f"{words.lines}: {stats.lines:,} ({words.ok} {stats.ok:,}, "
        f"{words.recovered} {stats.recovered:,}, {words.invalid} {stats.invalid:,})"
    )
    if stats.first is not None and stats.last is not None:
        yield f"{words.first}: {iso(stats.first)}"
        yield f"{words.last}: {iso(stats.last)}"
    for label, count in (
        (words.undated, stats.undated),
        (words.directives, stats.directives),
        (words.left_out, stats.left_out),
    ):
        if count:
            yield f"{label}: {count:,}"
    for status, count in sorted(stats.statuses.items()):
        yield f"{words.status} {status.decode('ascii')}: {count:,}"
    yield from _odd_lines(stats, words)
    for source in report.sources:
        yield read_as(source, words)
    for source in report.damaged:
        yield f"{printable(source.name)}: {words.damaged} ({source.damage})"


def read_as(source: Source, words: Words) -> str:
    """What a file was taken for, and how sure that is: the share of its lines that read so."""
    shares = sorted(source.formats.items(), key=lambda row: (-row[1], row[0]))
    kinds = ", ".join(f"{name} {percent(count, source.lines)}" for name, count in shares) or "-"
    return f"{printable(source.name)}: {words.read_as} {kinds} ({source.lines:,} {words.lines_unit})"


def percent(count: int, whole: int) -> str:
    """A share that is 100 % only if it is all, and 0 % only if it is nothing."""
    share = 100 * count / max(whole, 1)
    if count not in (0, whole):
        share = min(max(share, 0.01), 99.99)
    return f"{share:.2f}".rstrip("0").rstrip(".") + " %"


def _odd_lines(stats: Stats, words: Words) -> Iterator[str]:
    for repair, count in in_order(Repair, stats.repairs):
        yield f"{words.recovered_lines}, {words.repairs[repair]}: {count:,}"
    for reason, count in in_order(Reason, stats.reasons):
        yield f"{words.invalid_lines}, {words.reasons[reason]}: {count:,}"
        for sample in stats.samples[reason]:
            yield f"  {printable(sample.file)}:{sample.line_number}: {printable(sample.text)}"


def _clients(stats: Stats, words: Words) -> Iterator[str]:
    rows = [(printable(client), f"{count:,}", f"{size:,}") for client, count, size in stats.ranking()]
    return aligned([(words.client, words.requests, words.bytes), *rows], MAX_CLIENT_COLUMN)


def aligned(rows: Sequence[tuple[str, ...]], max_first: int) -> Iterator[str]:
    """Columns: the first to the left, and no wider than this, the others to the right."""
    first, *others = (max(map(len, column)) for column in zip(*rows, strict=True))
    first = min(first, max_first)
    for row in rows:
        cells = (f"{cell:>{width}}" for cell, width in zip(row[1:], others, strict=True))
        yield "  ".join((f"{row[0]:<{first}}", *cells))
