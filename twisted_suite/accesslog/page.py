"""The report as one HTML file that needs nothing else. Core.

It runs no script: it opens from a disk or an e-mail, on a phone, in the dark, and prints.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from twisted_suite.accesslog.breakdown import Breakdown, Panel
from twisted_suite.accesslog.charts import columns, meter
from twisted_suite.accesslog.comparison import Comparison, Difference
from twisted_suite.accesslog.records import Reason, Repair
from twisted_suite.accesslog.report import KB, Report, in_order, iso, percent, read_as
from twisted_suite.accesslog.tables import cut
from twisted_suite.accesslog.words import WORDS, Words
from twisted_suite.runtime.markup import Markup, joined, tag
from twisted_suite.runtime.text import Language, printable

ROWS_ON_PAGE = 50
STYLE = """
:root{color-scheme:light dark;--ink:#1c2024;--soft:#60646c;--line:#e0e1e6;--page:#fcfcfd;--card:#fff;
--bar:#3e63dd;--warn:#ad5700}
@media(prefers-color-scheme:dark){:root{--ink:#edeef0;--soft:#b0b4ba;--line:#363a3f;--page:#111113;
--card:#18191b;--bar:#8da4ef;--warn:#ffb273}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1.25rem 1rem 3rem;max-width:64rem;background:var(--page);color:var(--ink);
font:1rem/1.5 system-ui,sans-serif}
h1{font-size:1.4rem;margin:0}h2{font-size:1.05rem;margin:2rem 0 .5rem}p{margin:.25rem 0;color:var(--soft)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(10rem,1fr));gap:.75rem;margin:1rem 0}
.tiles div{background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:.7rem .9rem}
.tiles b{display:block;font-size:1.35rem;white-space:nowrap;font-variant-numeric:tabular-nums}
small{color:var(--soft)}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%}
th,td{padding:.3rem .6rem;border-bottom:1px solid var(--line);text-align:right;
font-variant-numeric:tabular-nums;white-space:nowrap}
th:first-child,td:first-child{text-align:left;white-space:normal;overflow-wrap:anywhere;min-width:8.5rem}
th{color:var(--soft);font-weight:600}
td.bars{width:22%;min-width:5rem;text-align:left}.bar{display:block;height:.6rem;background:var(--bar);
border-radius:.2rem;min-width:1px}
svg{width:100%;min-width:38rem;height:auto;
background:var(--card);border:1px solid var(--line);border-radius:.6rem}
rect{fill:var(--bar)}text{fill:var(--soft);font:11px system-ui,sans-serif}
code{font-size:.85rem;overflow-wrap:anywhere;white-space:pre-wrap}.warn{color:var(--warn)}
summary{cursor:pointer}
@media print{body{max-width:none}section{break-inside:avoid}.tiles div,svg{border-color:#999}
rect,.bar{print-color-adjust:exact}}
"""


@dataclass(frozen=True, slots=True)
class PageOptions:
    """What a page shows besides the report."""

    language: Language = "en"
    comparison: Comparison | None = None
    top: int = ROWS_ON_PAGE
    links: tuple[str, ...] = ()


def to_html(report: Report, found: Breakdown, options: PageOptions) -> str:
    """The whole file."""
    words = WORDS[options.language]
    parts = [*_head(report, found, words)]
    if options.comparison is not None:
        parts.append(_compared(options.comparison, words))
    parts += [_section(panel, words, options.top) for panel in found.panels if panel.rows]
    parts += _account(report, words)
    links = [joined(tag("a", link, href=link), " ") for link in options.links]
    parts += [tag("p", words.more_clients, " ", *links)] if links else []
    head = tag(
        "head",
        Markup(
            '<meta charset="utf-8"/><meta name="viewport" content="width=device-width, initial-scale=1"/>'
        ),
        tag("title", words.title),
        Markup('<link rel="icon" href="data:,"/>'),
        Markup(f"<style>{STYLE}</style>"),
    )
    return f"<!DOCTYPE html>\n{tag('html', head, tag('body', *parts), lang=options.language)}\n"


def _head(report: Report, found: Breakdown, words: Words) -> Iterator[Markup]:
    stats = report.stats
    yield tag("h1", words.title)
    if stats.first is not None:
        yield tag("p", f"{iso(stats.first)} – {iso(stats.last)}")
    for source in report.damaged:
        text = f"{printable(source.name)}: {words.damaged} ({source.damage})"
        yield tag("p", text, class_="warn")
    account = (
        f"{words.ok} {stats.ok:,}, {words.recovered} {stats.recovered:,}, {words.invalid} {stats.invalid:,}"
    )
    tiles = [
        (words.page_views, f"{stats.pageviews:,}", words.page_views_are),
        (words.visitors, f"{stats.visitors:,}", words.visitors_are),
        (words.sent, f"{stats.total_bytes // KB:,} KB", f"{stats.total_bytes:,}"),
        (words.lines, f"{stats.lines:,}", account),
        (words.people, f"{found.people:,}", words.people_are),
        (words.daily_visitors, f"{found.daily_visitors:,}", words.daily_visitors_are),
        (words.visits, f"{found.visits:,}", words.visits_are),
        (words.robots, f"{found.robot_requests:,}", percent(found.robot_requests, found.requests)),
    ]
    if found.durations_us:
        times = ", ".join(f"p{100 * q:g} {us / 1e6:.3g} s" for q, us in found.durations_us.items())
        tiles.append((words.response_time, f"{found.durations_us[0.5] / 1e6:.3g} s", f"{times} (±1 %)"))
    yield tag("div", *(_tile(*tile) for tile in tiles), class_="tiles")


def _tile(label: str, figure: str, note: str) -> Markup:
    return tag("div", tag("small", label), tag("b", figure), tag("small", note))


def _section(panel: Panel, words: Words, top: int) -> Markup:
    title = words.panels[panel.name]
    heading = tag("h2", title, " ", tag("small", f"{len(panel.rows):,} {words.distinct}"))
    if panel.name in ("days", "hours", "hours_of_day"):
        table = tag("details", tag("summary", words.table), _table(panel, words, top))
        chart = tag("div", columns(panel.rows, title), class_="scroll")
        return tag("section", heading, chart, table, id=panel.name)
    return tag("section", heading, _table(panel, words, top), id=panel.name)


def _table(panel: Panel, words: Words, top: int) -> Markup:
    rows, others = cut(panel, top)
    most, whole = max(row[1] for row in rows), panel.hits
    body = [_row(printable(value), hits, size, hits / most, whole) for value, hits, size in rows]
    if others is not None:
        body.append(_row(f"({words.others})", others[1], others[2], 0, whole))
    titles = (words.panels[panel.name], words.requests, words.share, words.bytes, "")
    return tag(
        "div", tag("table", tag("tr", *(tag("th", title) for title in titles)), *body), class_="scroll"
    )


def _row(value: str, hits: int, size: int, share: float, whole: int) -> Markup:
    return tag(
        "tr",
        tag("td", value),
        tag("td", f"{hits:,}"),
        tag("td", percent(hits, whole)),
        tag("td", f"{size:,}"),
        tag("td", meter(share), class_="bars"),
    )


def _compared(comparison: Comparison, words: Words) -> Markup:
    titles = (words.value, *comparison.names, words.change)
    rows = [_difference(row, words) for row in (*comparison.figures, *comparison.changes)]
    table = tag("table", tag("tr", *(tag("th", title) for title in titles)), *rows)
    heading = tag("h2", " / ".join(comparison.names))
    return tag("section", heading, tag("div", table, class_="scroll"), id="comparison")


def _difference(row: Difference, words: Words) -> Markup:
    name = difference_name(row, words)
    cells = (name, f"{row.before:,}", f"{row.after:,}", row.change)
    return tag("tr", *(tag("td", cell) for cell in cells))


def difference_name(row: Difference, words: Words) -> str:
    """What differs, in words."""
    figures = {
        "requests": words.requests,
        "bytes": words.bytes,
        "addresses": words.visitors,
        "people": words.people,
        "daily_visitors": words.daily_visitors,
        "visits": words.visits,
        "robot_requests": words.robots,
    }
    value = printable(row.value)
    return f"{words.panels[row.panel]}: {value}" if row.panel else figures[value]


def _account(report: Report, words: Words) -> Iterator[Markup]:
    stats = report.stats
    yield tag(
        "section", tag("h2", words.file), *(tag("p", read_as(source, words)) for source in report.sources)
    )
    for repair, count in in_order(Repair, stats.repairs):
        yield tag("p", f"{words.recovered_lines}, {words.repairs[repair]}: {count:,}")
    for reason, count in in_order(Reason, stats.reasons):
        samples = [
            tag("p", tag("code", f"{printable(each.file)}:{each.line_number}: {printable(each.text)}"))
            for each in stats.samples.get(reason, [])
        ]
        yield joined(tag("p", f"{words.invalid_lines}, {words.reasons[reason]}: {count:,}"), *samples)
