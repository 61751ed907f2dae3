"""From hours of whole fields to what people ask of a log: paths, browsers, days and the like. Core."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import TypeVar

from twisted_suite.accesslog.agents import Agent, agent
from twisted_suite.accesslog.panels import NOTHING, UNDATED, Hour, Panels, duration_of
from twisted_suite.accesslog.records import request_line
from twisted_suite.accesslog.tallies import Tally, absorb, hits, ranked, size
from twisted_suite.accesslog.times import HOUR_S, hour_name

QUANTILES = (0.5, 0.9, 0.95, 0.99)
NOT_FOUND = b"404"
HOURS_A_DAY = 24

KeyT = TypeVar("KeyT")
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
    panels: Panels, wanted: Callable[[int], bool] = lambda hour: True, offset_s: int = 0
) -> Breakdown:
    """The tables of those hours that are wanted.

    A visit belongs to the hour that it began in, on a wall `offset_s` east of UTC.
    """
    hours = {number: hour for number, hour in panels.hours.items() if wanted(number)}
    whole = Hour()
    for hour in hours.values():
        for name in ("visitors", "requests", "referrers", "hosts", "users", "tls", "durations"):
            absorb(getattr(whole, name), getattr(hour, name), lambda key: key)
    agents = {name: agent(name) for _, name in whole.visitors}
    total = sum(whole.visitors.values())
    return Breakdown(
        tuple(_panels(hours, whole, agents)),
        hits(total),
        size(total),
        len({client for client, _ in whole.visitors}),
        len({client for client, name in whole.visitors if not agents[name].robot}),
        _daily_visitors(hours),
        _visits(panels, wanted, offset_s),
        hits(sum(value for (_, name), value in whole.visitors.items() if agents[name].robot)),
        quantiles(whole.durations),
    )


def _panels(hours: Mapping[int, Hour], whole: Hour, agents: Mapping[bytes, Agent]) -> Iterator[Panel]:
    yield from _over_time(hours)
    requests = whole.requests
    lines = {request: request_line(request) for request, _ in requests}
    yield _panel("statuses", ((status, value) for (_, status), value in requests.items()))
    for name, part in (("methods", 0), ("protocols", 2)):
        yield _panel(
            name, ((lines[request][part] or NOTHING, value) for (request, _), value in requests.items())
        )
    paths = [(lines[request][1] or request, status, value) for (request, status), value in requests.items()]
    yield _panel("paths", ((path, value) for path, _, value in paths))
    yield _panel("plain_paths", ((path.partition(b"?")[0], value) for path, _, value in paths))
    yield _panel("not_found", ((path, value) for path, status, value in paths if status == NOT_FOUND))
    yield _panel("referrers", whole.referrers.items())
    yield _panel("sites", ((site(referrer), value) for referrer, value in whole.referrers.items()))
    visitors = [(agents[name], value) for (_, name), value in whole.visitors.items()]
    yield _panel("browsers", ((each.name.encode(), value) for each, value in visitors if not each.robot))
    yield _panel("systems", ((each.system.encode(), value) for each, value in visitors if not each.robot))
    yield _panel("bots", ((each.name.encode(), value) for each, value in visitors if each.robot))
    yield _panel("clients", ((client, value) for (client, _), value in whole.visitors.items()))
    for name in ("hosts", "users", "tls"):
        yield _panel(name, getattr(whole, name).items())


def _over_time(hours: Mapping[int, Hour]) -> Iterator[Panel]:
    """Days and hours as they came, and the hours of the day; those without a request are not there."""
    totals = {number: sum(hour.visitors.values()) for number, hour in hours.items() if number != UNDATED}
    for name, label in (
        ("days", lambda number: hour_name(number)[:10]),
        ("hours", hour_name),
        ("hours_of_day", lambda number: f"{number % HOURS_A_DAY:02d}"),
    ):
        panel = _panel(name, ((label(number).encode(), value) for number, value in totals.items()))
        yield Panel(name, sorted(panel.rows))


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


def _daily_visitors(hours: Mapping[int, Hour]) -> int:
    dated = sorted(number for number in hours if number != UNDATED)
    days = groupby(dated, lambda number: number // HOURS_A_DAY)
    return sum(len({pair for number in numbers for pair in hours[number].visitors}) for _, numbers in days)


def _visits(panels: Panels, wanted: Callable[[int], bool], offset_s: int) -> int:
    spans = panels.visits.spans.values()
    return sum(wanted((first + offset_s) // HOUR_S) for each in spans for first, _ in each)


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
