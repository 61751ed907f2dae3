"""Reports for spreadsheets (CSV) and for Prometheus. Core."""

import csv
import io
from collections.abc import Iterator

from twisted_suite.accesslog.breakdown import Breakdown, Panel, Row
from twisted_suite.accesslog.records import Reason, Repair
from twisted_suite.accesslog.report import Report, in_order, iso
from twisted_suite.accesslog.stats import Stats
from twisted_suite.runtime.text import printable

_METRIC = "twisted_suite_accesslog"
# What a spreadsheet would take for a formula.
_FORMULA = ("=", "+", "-", "@")


def to_csv(report: Report, found: Breakdown, top: int | None = None) -> str:
    """One table: the panel, the value, its requests and bytes; the figures first, as a panel of their own."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("panel", "value", "requests", "bytes"))
    for name, value in summary(report.stats, found):
        writer.writerow(("summary", name, value, ""))
    for panel in found.panels:
        for value, hits, size in cut(panel, top)[0]:
            writer.writerow((panel.name, _cell(value), hits, size))
    return text.getvalue()


def summary(stats: Stats, found: Breakdown) -> Iterator[tuple[str, object]]:
    """The figures that are no table, by the names that JSON gives them."""
    for name in ("lines", "ok", "recovered", "invalid", "directives", "left_out", "pageviews", "visitors"):
        yield name, getattr(stats, name)
    yield "bytes", stats.total_bytes
    yield "first", iso(stats.first) or ""
    yield "last", iso(stats.last) or ""
    for name in ("people", "daily_visitors", "visits", "robot_requests"):
        yield name, getattr(found, name)
    for quantile, duration_us in found.durations_us.items():
        yield f"response_time_{quantile:g}", round(duration_us / 1e6, 6)


def cut(panel: Panel, top: int | None) -> tuple[list[Row], Row | None]:
    """The first rows, and the sum of those that are left out."""
    if top is None or len(panel.rows) <= top or panel.name in ("days", "hours", "hours_of_day"):
        return panel.rows, None
    left = panel.rows[top:]
    return panel.rows[:top], (b"", sum(row[1] for row in left), sum(row[2] for row in left))


def _cell(value: bytes) -> str:
    text = printable(value)
    return f"'{text}" if text.startswith(_FORMULA) and text != "-" else text


def to_prometheus(report: Report) -> str:
    """The figures in Prometheus' text format, for a collector of text files."""
    stats = report.stats
    account = [
        ('{outcome="ok"}', stats.ok),
        *((f'{{outcome="recovered",kind="{kind.value}"}}', n) for kind, n in in_order(Repair, stats.repairs)),
        *((f'{{outcome="invalid",kind="{kind.value}"}}', n) for kind, n in in_order(Reason, stats.reasons)),
    ]
    statuses = [(f'{{status="{status.decode("ascii")}"}}', n) for status, n in sorted(stats.statuses.items())]
    formats = [(f'{{format="{name}"}}', n) for name, n in sorted(stats.formats.items())]
    lines: list[str] = []
    for name, kind, words, rows in (
        ("lines_total", "counter", "Lines, by what became of them.", account),
        ("formats_total", "counter", "Lines that could be read, by what they were read as.", formats),
        ("requests_total", "counter", "Requests, by status.", statuses),
        ("page_views_total", "counter", "Requests with status 200.", [("", stats.pageviews)]),
        ("bytes_total", "counter", "Bytes sent.", [("", stats.total_bytes)]),
        ("visitors", "gauge", "Distinct client addresses.", [("", stats.visitors)]),
        ("damaged_files", "gauge", "Files that could only be read in part.", [("", len(report.damaged))]),
    ):
        lines += [f"# HELP {_METRIC}_{name} {words}", f"# TYPE {_METRIC}_{name} {kind}"]
        lines += [f"{_METRIC}_{name}{labels} {value}" for labels, value in rows]
    return "".join(f"{line}\n" for line in lines)
