"""From figures to what people and programs read: text in English and Korean, and JSON. Core."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import chain
from typing import Any, Literal, TypeVar

from twisted_suite.accesslog.formats import Reason, Repair
from twisted_suite.accesslog.stats import Moment, Stats
from twisted_suite.accesslog.words import KOREAN, WORDS, Words
from twisted_suite.runtime.text import Language, printable

KB = 1024
# A client's name wider than the longest IPv6 address may push its own row out of line, but no other.
MAX_CLIENT_COLUMN = 39

KindT = TypeVar("KindT", bound=Enum)
Output = Literal["text", "json"]
OUTPUTS: tuple[Output, ...] = ("text", "json")


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


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of all files, and what each of them gave."""

    stats: Stats
    sources: tuple[Source, ...]

    @property
    def damaged(self) -> tuple[Source, ...]:
        """Those that could only be read in part."""
        return tuple(source for source in self.sources if source.damage is not None)


def render(report: Report, output: Output, language: Language) -> bytes:
    """The report as it is written: UTF-8, whatever the terminal, so that it can be piped anywhere."""
    text = to_json(report) if output == "json" else to_text(report, language)
    return text.encode("utf-8")


def in_order(kinds: type[KindT], counts: Counter[KindT]) -> list[tuple[KindT, int]]:
    """In the order of the Enum, not of the lines: equal figures make equal reports."""
    return [(kind, counts[kind]) for kind in kinds if counts[kind]]


def iso(time: Moment | None) -> str | None:
    """A time of a log, in the log's own time zone."""
    return None if time is None else time.datetime().isoformat()


def to_json(report: Report) -> str:
    """One object, a key to the line. Bytes of names become the characters of the same number (Latin-1)."""
    fields = ",\n".join(f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in _fields(report))
    return f"{{\n{fields}\n}}\n"


def _fields(report: Report) -> Iterator[tuple[str, Any]]:
    stats = report.stats
    for name in ("lines", "ok", "recovered", "invalid", "pageviews", "visitors"):
        yield name, getattr(stats, name)
    yield "bytes", stats.total_bytes
    yield "statuses", {status.decode("ascii"): count for status, count in sorted(stats.statuses.items())}
    yield "first", iso(stats.first)
    yield "last", iso(stats.last)
    yield "undated", stats.undated
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
    yield (
        "clients",
        [
            {"client": client.decode("latin-1"), "requests": requests, "bytes": size}
            for client, requests, size in stats.ranking()
        ],
    )


def _file(source: Source) -> dict[str, Any]:
    return {
        "file": printable(source.name),
        "compression": source.compression,
        "lines": source.lines,
        "ok": source.ok,
        "recovered": source.recovered,
        "invalid": source.invalid,
        "damage": source.damage,
    }


def to_text(report: Report, language: Language) -> str:
    """For a terminal: nothing in a log can move its cursor."""
    words, stats = WORDS[language], report.stats
    if words is KOREAN:
        lines = chain(lecture_lines(stats), [""], _accounting(report, words))
    else:
        lines = chain(_totals(stats, words), _accounting(report, words), [""], _clients(stats, words))
    return "".join(f"{line}\n" for line in lines)


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
    if stats.undated:
        yield f"{words.undated}: {stats.undated:,}"
    for status, count in sorted(stats.statuses.items()):
        yield f"{words.status} {status.decode('ascii')}: {count:,}"
    yield from _odd_lines(stats, words)
    for source in report.damaged:
        yield f"{printable(source.name)}: {words.damaged} ({source.damage})"


def _odd_lines(stats: Stats, words: Words) -> Iterator[str]:
    for repair, count in in_order(Repair, stats.repairs):
        yield f"{words.recovered_lines}, {words.repairs[repair]}: {count:,}"
    for reason, count in in_order(Reason, stats.reasons):
        yield f"{words.invalid_lines}, {words.reasons[reason]}: {count:,}"
        for sample in stats.samples[reason]:
            yield f"  {printable(sample.file)}:{sample.line_number}: {printable(sample.text)}"


def _clients(stats: Stats, words: Words) -> Iterator[str]:
    rows = [(printable(client), f"{count:,}", f"{size:,}") for client, count, size in stats.ranking()]
    rows.insert(0, (words.client, words.requests, words.bytes))
    name, count, size = (max(map(len, column)) for column in zip(*rows, strict=True))
    name = min(name, MAX_CLIENT_COLUMN)
    for row in rows:
        yield f"{row[0]:<{name}}  {row[1]:>{count}}  {row[2]:>{size}}"
