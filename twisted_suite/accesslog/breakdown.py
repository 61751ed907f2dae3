"""From hours of whole fields to what people ask of a log: paths, browsers, days and the like. Core."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from twisted_suite.accesslog.agents import Agent, agent
from twisted_suite.accesslog.panels import NOTHING, UNDATED, Panels, duration_of
from twisted_suite.accesslog.records import request_line
from twisted_suite.accesslog.tallies import Tally, hits, ranked, size
from twisted_suite.accesslog.times import hour_name
from twisted_suite.accesslog.totals import HOURS_A_DAY, Totals, Wanted, totals

QUANTILES = (0.5, 0.9, 0.95, 0.99)

KeyT = TypeVar("KeyT")
Places = Callable[[bytes], bytes]  # a client's country, or whatever else is known
Row = tuple[bytes, int, int]  # what, hits, bytes


@dataclass(frozen=True, slots=True)
class Panel:
    """One table: every value with its hits and bytes."""

    name: str
    rows: list[Row]  # by hits falling, or by time

    @property
    def hits(self) -> int:
        """Of all rows."""
        return sum(row[1] for row in self.rows)


@dataclass(frozen=True, slots=True)
class Breakdown:
    """All tables of some hours, and the figures that are no table."""

    panels: tuple[Panel, ...]
    requests: int
    bytes: int
    addresses: int  # distinct clients
    people: int  # distinct clients with at least one agent that is no robot's
    daily_visitors: int  # distinct pairs of client and agent of each day, as GoAccess counts them
    visits: int
    robot_requests: int
    durations_us: Mapping[float, float]  # by quantile; empty if no line had one

    def panel(self, name: str) -> Panel:
        """One table by its name."""
        return next(panel for panel in self.panels if panel.name == name)


def breakdown(
    panels: Panels, wanted: Wanted = lambda hour: True, offset_s: int = 0, places: Places | None = None
) -> Breakdown:
    """The tables of those hours that are wanted; `places` says where clients are.

    A visit belongs to the hour that it began in, on a wall `offset_s` east of UTC.
    """
    found = totals(panels, wanted, offset_s)
    agents = {name: agent(name) for name in found.agents}
    total = sum(found.agents.values())
    return Breakdown(
        tuple(_panels(found, agents, places)),
        hits(total),
        size(total),
        len(found.clients),
        found.with_any_of({name for name, each in agents.items() if not each.robot}),
        found.daily_visitors,
        found.visits,
        hits(sum(value for name, value in found.agents.items() if agents[name].robot)),
        quantiles(found.durations),
    )


def _panels(found: Totals, agents: Mapping[bytes, Agent], places: Places | None) -> Iterator[Panel]:
    yield from _over_time(found.hours)
    yield _panel("statuses", found.statuses.items())
    lines = {request: request_line(request) for request in found.requests}
    for name, part in (("methods", 0), ("protocols", 2)):
        yield _panel(
            name, ((lines[request][part] or NOTHING, value) for request, value in found.requests.items())
        )
    paths = [(lines[request][1] or request, value) for request, value in found.requests.items()]
    yield _panel("paths", paths)
    yield _panel("plain_paths", ((path.partition(b"?")[0], value) for path, value in paths))
    yield _panel(
        "not_found", ((lines[request][1] or request, value) for request, value in found.not_found.items())
    )
    yield _panel("referrers", found.referrers.items())
    yield _panel("sites", ((site(referrer), value) for referrer, value in found.referrers.items()))
    named = [(agents[name], value) for name, value in found.agents.items()]
    yield _panel("browsers", ((each.name.encode(), value) for each, value in named if not each.robot))
    yield _panel("systems", ((each.system.encode(), value) for each, value in named if not each.robot))
    yield _panel("bots", ((each.name.encode(), value) for each, value in named if each.robot))
    yield _panel("clients", found.clients.items())
    if places is not None:
        yield _panel("places", ((places(client), value) for client, value in found.clients.items()))
    for name in ("hosts", "users", "tls"):
        yield _panel(name, getattr(found, name).items())


def _over_time(hours: Mapping[int, int]) -> Iterator[Panel]:
    """Days and hours as they came, and the hours of the day; those without a request are not there."""
    for name, label in (
        ("days", lambda number: hour_name(number)[:10]),
        ("hours", hour_name),
        ("hours_of_day", lambda number: f"{number % HOURS_A_DAY:02d}"),
    ):
        values = ((label(number).encode(), value) for number, value in hours.items() if number != UNDATED)
        yield Panel(name, sorted(_panel(name, values).rows))


def _panel(name: str, values: Iterable[tuple[bytes, int]]) -> Panel:
    tally: Tally[bytes] = {}
    get = tally.get
    for key, value in values:
        tally[key] = get(key, 0) + value
    return Panel(name, ranked(tally))


def site(referrer: bytes) -> bytes:
    """The host of a referrer; itself if it is no address."""
    _, found, rest = referrer.partition(b"://")
    if not found:
        return referrer
    host = rest.partition(b"/")[0].partition(b"?")[0].rpartition(b"@")[2].lower()
    return host.removeprefix(b"www.") or NOTHING


def quantiles(durations: Tally[int]) -> dict[float, float]:
    """Response times in microseconds, each right to 1 %."""
    total = sum(map(hits, durations.values()))
    found: dict[float, float] = {}
    seen = 0
    for number, value in sorted(durations.items()):
        seen += hits(value)
        for quantile in QUANTILES:
            if quantile not in found and seen >= quantile * total:
                found[quantile] = duration_of(number)
    return found
