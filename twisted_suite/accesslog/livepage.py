"""The page that shows logs as they are written. Core: what stands on it comes with the events.

Its script fills in text, never markup, and asks nobody but the server that it came from.
"""

from typing import Any

from twisted_suite.accesslog.breakdown import breakdown
from twisted_suite.accesslog.page import STYLE
from twisted_suite.accesslog.report import Report
from twisted_suite.accesslog.tables import cut
from twisted_suite.accesslog.words import WORDS
from twisted_suite.runtime.markup import Markup, tag
from twisted_suite.runtime.text import Language, printable

ROWS = 10
PANELS = (
    "statuses", "plain_paths", "not_found", "clients", "sites", "browsers", "systems", "bots", "hosts",
    "hours",
)  # fmt: skip
HOURS = 48
LINKS = ("report.html", "report.txt", "report.json", "report.csv")
_STYLE = """
.live{font-size:.85rem;color:var(--soft)}.live::before{content:"";display:inline-block;width:.6rem;height:.6rem;
border-radius:50%;margin-right:.4rem;background:var(--warn)}.on.live::before{background:#30a46c}
pre{background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:.7rem .9rem;
overflow-x:auto;min-height:14rem;font-size:.8rem;line-height:1.4;margin:0}
#panels{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(22rem,100%),1fr));gap:0 1.5rem}
#panels section{min-width:0}
"""


def live_page(language: Language) -> str:
    """The page."""
    words = WORDS[language]
    tiles = (
        ("lines_per_s", words.rate, ""),
        ("pageviews", words.page_views, words.page_views_are),
        ("visitors", words.visitors, words.visitors_are),
        ("bytes", words.sent, ""),
        ("lines", words.lines, ""),
        ("ok", words.ok, ""),
        ("recovered", words.recovered, ""),
        ("invalid", words.invalid, ""),
    )
    head = tag(
        "head",
        Markup(
            '<meta charset="utf-8"/><meta name="viewport" content="width=device-width, initial-scale=1"/>'
        ),
        tag("title", words.title),
        Markup('<link rel="icon" href="data:,"/>'),
        Markup(f"<style>{STYLE}{_STYLE}</style>"),
        tag("script", src="live.js", defer="defer"),
    )
    body = tag(
        "body",
        tag("h1", words.title, " ", tag("span", words.live, class_="live", id="live")),
        tag("p", *(part for link in LINKS for part in (tag("a", link, href=link), " "))),
        tag(
            "div",
            *(
                tag("div", tag("small", label), tag("b", "–", id=name), tag("small", note))
                for name, label, note in tiles
            ),
            class_="tiles",
        ),
        tag("section", tag("h2", words.last_lines), tag("pre", "", id="recent")),
        tag("div", id="panels", data_requests=words.requests, data_bytes=words.bytes),
    )
    return f"<!DOCTYPE html>\n{tag('html', head, body, lang=language)}\n"


def live_panels(report: Report, language: Language) -> dict[str, Any]:
    """The first rows of the panels, as the page's script takes them."""
    stats, words = report.stats, WORDS[language]
    found = breakdown(stats.panels, offset_s=stats.first.offset_s if stats.first else 0)
    return {
        name: {
            "title": words.panels[name],
            "rows": [
                [printable(value), hits, size]
                for value, hits, size in (
                    found.panel(name).rows[-HOURS:] if name == "hours" else cut(found.panel(name), ROWS)[0]
                )
            ],
        }
        for name in PANELS
        if found.panel(name).rows
    }
