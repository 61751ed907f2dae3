"""A folder as a page. Core.

It works without its script: the headings are links that sort, the field is a form that searches, and the
archives are links. The script (``static/folder.js``) filters while one types, moves by keys, previews and
uploads.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from urllib.parse import quote, urlencode

from twisted_suite.files.listing import Entry, Listing, Order
from twisted_suite.files.words import WORDS, Words
from twisted_suite.runtime.markup import Markup, joined, tag
from twisted_suite.runtime.text import Language, printable

# Where the page's own style and script are served. Hidden names are never listed, so no file is in the way.
ASSETS = "/.twisted-suite/"
# The page runs its own script and shows what is on this server, and nothing else (CSP level 3).
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
_UNITS = ("bytes", "KB", "MB", "GB", "TB", "PB")
_META = (
    '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    '<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">'
    f'<link rel="stylesheet" href="{ASSETS}folder.css">'
    f'<script type="module" src="{ASSETS}folder.js"></script>'
)


@dataclass(frozen=True, slots=True)
class PageOptions:
    """What a page offers besides the listing."""

    language: Language = "en"
    may_upload: bool = False
    archives: tuple[str, ...] = ("zip", "tar")


def human_size(size: int) -> str:
    """`size` in bytes, as people say it: ``5.2 MB``; a KB is 1,024 bytes, as elsewhere in the suite."""
    value, unit = float(size), 0
    while value >= 1000 and unit < len(_UNITS) - 1:  # so that no number has four digits
        value, unit = value / 1024, unit + 1
    return f"{size} {_UNITS[0]}" if unit == 0 else f"{value:.3g} {_UNITS[unit]}"


def to_html(listing: Listing, options: PageOptions) -> bytes:
    """The whole page."""
    words = WORDS[options.language]
    head = tag("head", Markup(_META), tag("title", printable(listing.path) + " – " + words.root))
    body = tag(
        "body",
        tag("header", _crumbs(listing, words), _search(listing, words)),
        tag("main", *_content(listing, words)),
        tag("footer", *_footer(listing, options, words)),
        data_words=json.dumps(asdict(words), ensure_ascii=False),
        **({"data_upload": "yes"} if options.may_upload else {}),
    )
    html = tag("html", head, body, lang=options.language)
    return f"<!DOCTYPE html>\n{html}\n".encode("utf-8", "replace")


def _crumbs(listing: Listing, words: Words) -> Markup:
    """The way from the root, each folder of it a link."""
    names = [name for name in listing.path.split("/") if name]
    links = [tag("a", words.root, href="/")]
    for at, name in enumerate(names, 1):
        href = "/" + "".join(quote(step.encode("utf-8", "surrogateescape")) + "/" for step in names[:at])
        shown = printable(name.encode("utf-8", "surrogateescape"))
        links.append(tag("a", shown, href=href, **({"aria_current": "page"} if at == len(names) else {})))
    return tag("nav", tag("h1", *links), aria_label=words.root)


def _search(listing: Listing, words: Words) -> Markup:
    field = tag(
        "input",
        type="search",
        name="q",
        value=listing.query,
        placeholder=words.search_hint,
        aria_label=words.search,
        autocomplete="off",
        maxlength=200,
    )
    return tag("form", field, tag("button", words.search), role="search")


def _content(listing: Listing, words: Words) -> Iterator[Markup]:
    if listing.query:
        yield tag("p", words.found.format(count=len(listing.entries), query=listing.query))
    if listing.is_cut:
        yield tag("p", words.cut, class_="warn")
    if not listing.entries:
        yield tag("p", words.nothing_found if listing.query else words.empty, class_="empty")
    rows = [_row(entry) for entry in listing.entries]
    if listing.path != "/" and not listing.query:
        link = tag("a", "..", href="../", aria_label=words.up)
        rows.insert(0, tag("tr", tag("td", link, class_="name up"), tag("td"), tag("td")))
    if rows:
        yield tag("table", tag("thead", tag("tr", *_headings(listing, words))), tag("tbody", *rows))


def _headings(listing: Listing, words: Words) -> Iterator[Markup]:
    titles = {Order.NAME: words.name, Order.SIZE: words.size, Order.MTIME: words.modified}
    for order, title in titles.items():
        is_current = listing.order is order
        # The largest and the newest are what one looks for; names are read from the first.
        falls = not listing.is_falling if is_current else order is not Order.NAME
        query = {"q": listing.query} if listing.query else {}
        link = urlencode({**query, "sort": order.value, "order": "falling" if falls else "rising"})
        way = "descending" if listing.is_falling else "ascending"
        yield tag(
            "th",
            tag("a", title, href=f"?{link}"),
            scope="col",
            aria_sort=way if is_current else "none",
            data_order=order.value,
        )


def _row(entry: Entry) -> Markup:
    size = "" if entry.is_folder else human_size(entry.size)
    time = f"{entry.modified:%Y-%m-%d %H:%M}"
    return tag(
        "tr",
        tag(
            "td", tag("a", entry.shown, href=entry.href), class_="name folder" if entry.is_folder else "name"
        ),
        tag("td", size, class_="size"),
        tag("td", tag("time", time, datetime=f"{entry.modified:%Y-%m-%dT%H:%M:%SZ}"), class_="time"),
        data_size=-1 if entry.is_folder else entry.size,
        data_mtime=entry.mtime_ns // 1_000_000,
    )


def _footer(listing: Listing, options: PageOptions, words: Words) -> Iterator[Markup]:
    folders = sum(entry.is_folder for entry in listing.entries)
    files = len(listing.entries) - folders
    counts = []
    if folders:
        counts.append(words.folders.format(count=folders))
    if files:
        total = human_size(sum(entry.size for entry in listing.entries))
        counts += [words.files.format(count=files), words.total.format(size=total)]
    yield tag("p", ", ".join(counts), id="counts", role="status")
    if options.archives and listing.entries and not listing.query:
        links = [joined(" ", tag("a", f".{kind}", href=f"?archive={kind}")) for kind in options.archives]
        yield tag("p", words.download_folder, *links)
    if options.may_upload:
        field = tag("input", type="file", multiple="", hidden="", id="upload")
        yield tag("p", tag("label", words.upload, field, class_="button", tabindex=0), " ", words.drop)
    yield tag("p", words.keys, class_="keys")
