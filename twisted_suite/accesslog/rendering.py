"""A report in the form that was asked for. Core.

The panels are made only for a form that shows them: html and csv always, text and JSON when asked.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from twisted_suite.accesslog.breakdown import Breakdown, Panel, Places, breakdown
from twisted_suite.accesslog.comparison import Comparison, Difference, compare
from twisted_suite.accesslog.page import ROWS_ON_PAGE, PageOptions, difference_name, to_html
from twisted_suite.accesslog.report import Output, Report, aligned, percent, to_json, to_text
from twisted_suite.accesslog.tables import cut, to_csv, to_prometheus
from twisted_suite.accesslog.words import WORDS, Words
from twisted_suite.runtime.text import Language, printable

ROWS_IN_TEXT = 10
MAX_VALUE_COLUMN = 60
_ALWAYS_DETAILED: tuple[Output, ...] = ("html", "csv")


@dataclass(frozen=True, slots=True)
class Form:
    """How a report is to look."""

    output: Output = "text"
    language: Language = "en"
    panels: bool = False  # in text and JSON too
    top: int | None = None  # rows of each panel; None: as many as suit the form
    compare: str | None = None  # two periods
    places: Places | None = None  # where clients are
    links: tuple[str, ...] = ()  # where the other forms are, for a page

    @property
    def detailed(self) -> bool:
        """Whether it shows what only the panels know."""
        return self.panels or self.compare is not None or self.output in _ALWAYS_DETAILED


def render(report: Report, form: Form) -> bytes:
    """The report as it is written: UTF-8, whatever the terminal, so that it can be piped anywhere."""
    return _text(report, form).encode("utf-8")


def _text(report: Report, form: Form) -> str:
    if form.output == "prometheus":
        return to_prometheus(report)
    stats = report.stats
    found = (
        breakdown(stats.panels, offset_s=stats.first.offset_s if stats.first else 0, places=form.places)
        if form.detailed
        else None
    )
    comparison = compare(stats, form.compare) if form.compare is not None else None
    if form.output == "html" and found is not None:
        options = PageOptions(form.language, comparison, form.top or ROWS_ON_PAGE, form.links)
        return to_html(report, found, options)
    if form.output == "csv" and found is not None:
        return to_csv(report, found, form.top)
    panels = found if form.panels else None
    if form.output == "json":
        return to_json(report, _json(panels, comparison, form.top))
    words = WORDS[form.language]
    return to_text(report, form.language, _lines(panels, comparison, form.top or ROWS_IN_TEXT, words))


def _json(
    found: Breakdown | None, comparison: Comparison | None, top: int | None
) -> Iterator[tuple[str, Any]]:
    if found is not None:
        for name in ("people", "daily_visitors", "visits", "robot_requests"):
            yield name, getattr(found, name)
        yield "response_time_s", {f"{q:g}": round(us / 1e6, 6) for q, us in found.durations_us.items()}
        words = WORDS["en"]
        yield (
            "definitions",
            {
                "visitors": words.visitors_are,
                "people": words.people_are,
                "daily_visitors": words.daily_visitors_are,
                "visits": words.visits_are,
                "response_time_s": "by quantile, each right to 1 %",
            },
        )
        yield "panels", {panel.name: _panel(panel, top) for panel in found.panels}
    if comparison is not None:
        yield "comparison", [_difference(row) for row in (*comparison.figures, *comparison.changes)]


def _panel(panel: Panel, top: int | None) -> dict[str, Any]:
    rows, others = cut(panel, top)
    return {
        "distinct": len(panel.rows),
        "rows": [
            {"value": value.decode("latin-1"), "requests": hits, "bytes": size} for value, hits, size in rows
        ],
        "others": None if others is None else {"requests": others[1], "bytes": others[2]},
    }


def _difference(row: Difference) -> dict[str, Any]:
    value = row.value.decode("latin-1") if isinstance(row.value, bytes) else row.value
    return {"panel": row.panel or "summary", "value": value, "before": row.before, "after": row.after}


def _lines(found: Breakdown | None, comparison: Comparison | None, top: int, words: Words) -> Iterator[str]:
    if found is not None:
        yield ""
        yield f"{words.people}: {found.people:,} ({words.people_are})"
        yield f"{words.daily_visitors}: {found.daily_visitors:,} ({words.daily_visitors_are})"
        yield f"{words.visits}: {found.visits:,} ({words.visits_are})"
        yield f"{words.robots}: {found.robot_requests:,}"
        for quantile, duration_us in found.durations_us.items():
            yield f"{words.response_time} p{100 * quantile:g}: {duration_us / 1e6:.3g} s (±1 %)"
        for panel in found.panels:
            if panel.rows and panel.name != "clients":  # all of those stand above
                yield from _table(panel, top, words)
    if comparison is not None:
        yield ""
        rows = [
            (difference_name(row, words), f"{row.before:,}", f"{row.after:,}", row.change)
            for row in (*comparison.figures, *comparison.changes)
        ]
        yield from aligned([("", *comparison.names, words.change), *rows], MAX_VALUE_COLUMN)


def _table(panel: Panel, top: int, words: Words) -> Iterator[str]:
    shown, others = cut(panel, top)
    rows = [(printable(value), hits, size) for value, hits, size in shown]
    if others is not None:
        rows.append((f"({words.others})", others[1], others[2]))
    cells = [(value, f"{hits:,}", percent(hits, panel.hits), f"{size:,}") for value, hits, size in rows]
    title = f"{words.panels[panel.name]} ({len(panel.rows):,} {words.distinct})"
    yield ""
    yield from aligned([(title, words.requests, words.share, words.bytes), *cells], MAX_VALUE_COLUMN)
