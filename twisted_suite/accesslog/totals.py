"""Sums over hours, of which a breakdown is made: of dictionaries, or of what the fast lane counted. Core."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import groupby

from twisted_suite.accesslog.compact import By, Compact, Kind
from twisted_suite.accesslog.panels import UNDATED, Hour, Panels
from twisted_suite.accesslog.tallies import Tally, absorb
from twisted_suite.accesslog.times import HOUR_S

NOT_FOUND = b"404"
HOURS_A_DAY = 24

Wanted = Callable[[int], bool]


@dataclass(frozen=True, slots=True)
class Totals:
    """Hits and bytes of those hours that are wanted."""

    hours: Mapping[int, int]
    clients: Tally[bytes]
    agents: Tally[bytes]
    requests: Tally[bytes]
    statuses: Tally[bytes]
    not_found: Tally[bytes]  # requests answered with 404
    referrers: Tally[bytes]
    hosts: Tally[bytes]
    users: Tally[bytes]
    tls: Tally[bytes]
    durations: Tally[int]
    daily_visitors: int  # distinct pairs of client and agent of each day
    visits: int
    with_any_of: Callable[[set[bytes]], int]  # how many clients have one of these agents


def totals(panels: Panels, wanted: Wanted, offset_s: int) -> Totals:
    """A visit belongs to the hour that it began in, on a wall `offset_s` east of UTC."""
    compact = panels.folded()
    if compact is not None:
        return _of_compact(panels, compact, wanted, offset_s)
    return _of_hours(panels, wanted, offset_s)


def _of_hours(panels: Panels, wanted: Wanted, offset_s: int) -> Totals:
    hours = {number: hour for number, hour in panels.hours.items() if wanted(number)}
    whole = Hour()
    for hour in hours.values():
        for name in ("visitors", "requests", "referrers", "hosts", "users", "tls", "durations"):
            absorb(getattr(whole, name), getattr(hour, name), lambda key: key)
    dated = sorted(number for number in hours if number != UNDATED)
    days = groupby(dated, lambda number: number // HOURS_A_DAY)
    spans = panels.visits.spans.values()
    return Totals(
        {number: sum(hour.visitors.values()) for number, hour in hours.items()},
        _part(whole.visitors, 0),
        _part(whole.visitors, 1),
        _part(whole.requests, 0),
        _part(whole.requests, 1),
        {request: value for (request, status), value in whole.requests.items() if status == NOT_FOUND},
        whole.referrers,
        whole.hosts,
        whole.users,
        whole.tls,
        whole.durations,
        sum(len({pair for number in numbers for pair in hours[number].visitors}) for _, numbers in days),
        sum(wanted((first + offset_s) // HOUR_S) for each in spans for first, _ in each),
        lambda agents: len({client for client, agent in whole.visitors if agent in agents}),
    )


def _of_compact(panels: Panels, compact: Compact, wanted: Wanted, offset_s: int) -> Totals:
    """The same; what only dictionaries hold is TLS and response times."""
    sums = {number: value for number, value in compact.hours().items() if wanted(number)}
    hours = list(sums)
    tls: Tally[bytes] = {}
    durations: Tally[int] = {}
    for number, hour in panels.rest():
        if wanted(number):
            absorb(tls, hour.tls, lambda key: key)
            absorb(durations, hour.durations, int)
    return Totals(
        sums,
        compact.tally(Kind.VISITORS, By.FIRST, hours),
        compact.tally(Kind.VISITORS, By.SECOND, hours),
        compact.tally(Kind.REQUESTS, By.FIRST, hours),
        compact.tally(Kind.REQUESTS, By.SECOND, hours),
        compact.tally(Kind.REQUESTS, By.FIRST, hours, NOT_FOUND),
        compact.tally(Kind.REFERRERS, By.FIRST, hours),
        compact.tally(Kind.HOSTS, By.FIRST, hours),
        compact.tally(Kind.USERS, By.FIRST, hours),
        tls,
        durations,
        compact.daily([number for number in hours if number != UNDATED]),
        sum(count for number, count in compact.starts(offset_s).items() if wanted(number)),
        lambda agents: compact.clients_with(agents, hours),
    )


def _part(pairs: Tally[tuple[bytes, bytes]], place: int) -> Tally[bytes]:
    found: Tally[bytes] = {}
    get = found.get
    for pair, value in pairs.items():
        found[pair[place]] = get(pair[place], 0) + value
    return found
