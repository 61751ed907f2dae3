"""Charts as SVG, for a page that runs nothing. Core."""

from collections.abc import Sequence

from twisted_suite.accesslog.breakdown import Row
from twisted_suite.runtime.markup import Markup, joined, tag
from twisted_suite.runtime.text import printable

WIDTH, HEIGHT, FOOT = 960, 180, 22
# A bar narrower than a pixel is no bar: of a longer row neighbours are added up.
MAX_BARS = 480
LABELS = 6


def columns(rows: Sequence[Row], title: str) -> Markup:
    """Hits over time, a bar for each row; what it stands for shows when it is pointed at."""
    rows = _merged(rows)
    if not rows:
        return Markup("")
    most = max(row[1] for row in rows)
    step = WIDTH / len(rows)
    bars = [_bar(row, index * step, step, most) for index, row in enumerate(rows)]
    every = max(1, -(-len(rows) // LABELS))
    labels = [
        tag("text", printable(rows[index][0]), x=f"{index * step:.1f}", y=HEIGHT - 5)
        for index in range(0, len(rows), every)
    ]
    top = tag("text", f"{most:,}", x=WIDTH, y=11, text_anchor="end")
    return tag(
        "svg",
        *bars,
        *labels,
        top,
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        role="img",
        aria_label=title,
        class_="columns",
    )


def _bar(row: Row, left: float, width: float, most: int) -> Markup:
    height = (HEIGHT - FOOT - 14) * row[1] / max(most, 1)
    text = f"{printable(row[0])}: {row[1]:,} ({row[2]:,} B)"
    return tag(
        "rect",
        tag("title", text),
        x=f"{left:.2f}",
        y=f"{HEIGHT - FOOT - height:.2f}",
        width=f"{max(width - 1, width * 0.7):.2f}",
        height=f"{height:.2f}",
    )


def _merged(rows: Sequence[Row]) -> Sequence[Row]:
    each = -(-len(rows) // MAX_BARS) or 1
    if each == 1:
        return rows
    groups = [rows[start : start + each] for start in range(0, len(rows), each)]
    return [
        (
            b"%s .. %s" % (group[0][0], group[-1][0]),
            sum(row[1] for row in group),
            sum(row[2] for row in group),
        )
        for group in groups
    ]


def meter(share: float) -> Markup:
    """The bar beside a figure."""
    return joined(tag("i", class_="bar", style=f"width:{100 * min(share, 1):.1f}%"))
