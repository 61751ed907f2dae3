"""The same figures with nobody in them. Core.

Each client and user becomes a pseudonym that only the key could make again; query strings, passwords in
referrers and the text of invalid lines are gone. All totals and all counts of distinct clients stay.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from dataclasses import replace
from hashlib import blake2b
from typing import TypeVar

from twisted_suite.accesslog.panels import NOTHING, Hour, Panels
from twisted_suite.accesslog.records import joined, request_line
from twisted_suite.accesslog.stats import Stats

# 64 bits: of a million clients two are the same with a chance of one in thirty million.
_PSEUDONYM_BYTES = 8
KEY_BYTES = 32

KeyT = TypeVar("KeyT", bound=Hashable)


def anonymous(stats: Stats, key: bytes) -> Stats:
    """A copy that may be shown to anybody."""

    def mask(name: bytes) -> bytes:
        if name == NOTHING:
            return name
        return b"anonymous-" + blake2b(name, digest_size=_PSEUDONYM_BYTES, key=key).hexdigest().encode()

    return replace(
        stats,
        requests=Counter({mask(client): count for client, count in stats.requests.items()}),
        traffic=Counter({mask(client): count for client, count in stats.traffic.items()}),
        samples={
            reason: [replace(sample, text=b"") for sample in samples]
            for reason, samples in stats.samples.items()
        },
        panels=_panels(stats.panels, mask),
    )


def _panels(panels: Panels, mask: Callable[[bytes], bytes]) -> Panels:
    found = Panels({number: _hour(hour, mask) for number, hour in panels.hours.items()})
    found.visits.spans = {mask(client): list(spans) for client, spans in panels.visits.spans.items()}
    return found


def _hour(hour: Hour, mask: Callable[[bytes], bytes]) -> Hour:
    return Hour(
        {(mask(client), agent): value for (client, agent), value in hour.visitors.items()},
        _summed(
            ((_without_query(request), status), value) for (request, status), value in hour.requests.items()
        ),
        _summed((_without_secrets(referrer), value) for referrer, value in hour.referrers.items()),
        dict(hour.hosts),
        {mask(user): value for user, value in hour.users.items()},
        dict(hour.tls),
        dict(hour.durations),
    )


def _summed(rows: Iterable[tuple[KeyT, int]]) -> dict[KeyT, int]:
    """What has become the same is counted together."""
    found: dict[KeyT, int] = {}
    for key, value in rows:
        found[key] = found.get(key, 0) + value
    return found


def _without_query(request: bytes) -> bytes:
    method, path, protocol = request_line(request)
    if method is None or path is None:
        return request.partition(b"?")[0]
    return joined(method, path.partition(b"?")[0], protocol)


def _without_secrets(referrer: bytes) -> bytes:
    scheme, found, rest = referrer.partition(b"?")[0].partition(b"#")[0].partition(b"://")
    if not found:
        return scheme
    authority, slash, path = rest.partition(b"/")
    return scheme + found + authority.rpartition(b"@")[2] + slash + path
