"""What may be asked of a report, in one table for both command lines (`tap`, `command`). Core."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from twisted_suite.accesslog.order import Order
from twisted_suite.accesslog.reading import NAMES
from twisted_suite.accesslog.rendering import Form
from twisted_suite.accesslog.report import OUTPUTS
from twisted_suite.accesslog.selection import BOTS, Selection
from twisted_suite.runtime.text import Language

Kind = Literal["text", "count", "flag", "many"]


@dataclass(frozen=True, slots=True)
class Choice:
    """One option."""

    name: str
    help: str
    kind: Kind = "text"
    default: str | None = None
    values: Sequence[str] = ()  # if not just any
    metavar: str = "TEXT"

    @property
    def key(self) -> str:
        """What click calls it."""
        return self.name.replace("-", "_")


CHOICES: tuple[Choice, ...] = (
    Choice(
        "format",
        f"what the lines are: {', '.join(NAMES)}, an Apache LogFormat or an nginx log_format",
        default="auto",
        metavar="NAME",
    ),
    Choice("output", "the form of the report", default="text", values=OUTPUTS),
    Choice("out", "write the report to this file, all at once", default="-", metavar="FILE"),
    Choice("panels", "show the panels in text and JSON too", "flag"),
    Choice("top", "show so many rows of each panel", "count", metavar="N"),
    Choice("compare", "compare two periods: 2015-11-15,2015-11-16", metavar="A,B"),
    Choice("since", "count requests from a time on: 2015-11, 2015-11-15, 2015-11-15T03:45", metavar="TIME"),
    Choice("until", "count requests up to the end of this time", metavar="TIME"),
    Choice("host", "count requests to virtual hosts like *.example.com; repeatable", "many", metavar="GLOB"),
    Choice("path", "count requests for paths like /shop/*; repeatable", "many", metavar="GLOB"),
    Choice("status", "count requests with a status such as 404 or 5xx; repeatable", "many", metavar="STATUS"),
    Choice("client", "count requests from a network such as 192.0.2.0/24; repeatable", "many", metavar="NET"),
    Choice("bots", "what to do with robots", default="keep", values=BOTS),
    Choice("where", "count requests like: status >= 500 and like(path, '/api/*')", metavar="CONDITION"),
    Choice("anonymize", "show pseudonyms for clients and users, and no query strings", "flag"),
    Choice("geoip", "show where clients are, by this MaxMind database", metavar="FILE"),
    Choice("state", "keep the figures in this file, and never count a line twice", metavar="FILE"),
    Choice("invalid", "write every invalid line to this file, with where it stood and why", metavar="FILE"),
    Choice("explain", "say how this one line is read, and end", metavar="LINE"),
)  # fmt: skip


def order(found: Mapping[str, Any], files: Sequence[str], language: Language) -> Order:
    """The report that the options with these values, by their names, ask for."""
    return Order(
        files,
        found["format"],
        Form(found["output"], language, bool(found["panels"]), found["top"], found["compare"]),
        Selection(
            found["since"],
            found["until"],
            tuple(found["host"]),
            tuple(found["path"]),
            tuple(found["status"]),
            tuple(found["client"]),
            found["bots"],
            found["where"],
        ),
        found["out"],
        found["invalid"],
        found["explain"],
        found["state"],
        bool(found["anonymize"]),
        found["geoip"],
    )
