"""`Stats` as bytes and back. Core.

::

    TSAL  version (1 byte)  zlib( JSON )

Every name is written once, in one list, and meant by its place there. Equal figures are equal bytes. What is
damaged, or of a version that is not known, is refused whole.
"""

import json
import zlib
from collections import Counter
from collections.abc import Mapping
from typing import Any

from twisted_suite.accesslog.panels import PAIRS, SINGLES, Hour, Panels
from twisted_suite.accesslog.records import Reason, Repair
from twisted_suite.accesslog.stats import Sample, Stats
from twisted_suite.accesslog.times import Moment
from twisted_suite.errors import SuiteError

MAGIC = b"TSAL"
VERSION = 1


class StateError(SuiteError):
    """Bytes that are no figures of ours; the text says why."""


def to_bytes(stats: Stats) -> bytes:
    """All of the figures."""
    return sealed(to_object(stats))


def from_bytes(data: bytes) -> Stats:
    """Figures that `to_bytes` wrote. Raises `StateError`."""
    found = unsealed(data)
    try:
        return from_object(found)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise StateError(f"the state is damaged: {type(error).__name__}: {error}") from error


def sealed(found: Any) -> bytes:
    """An object of JSON with the head that says what it is."""
    text = json.dumps(found, separators=(",", ":"), sort_keys=True)
    return MAGIC + bytes([VERSION]) + zlib.compress(text.encode("ascii"), 6)


def unsealed(data: bytes) -> Any:
    """The object in what `sealed` wrote. Raises `StateError`."""
    head = len(MAGIC) + 1
    if not data.startswith(MAGIC) or len(data) <= head:
        raise StateError("this is no state of accesslog")
    if data[head - 1] != VERSION:
        raise StateError(f"the state is of version {data[head - 1]}; this program knows version {VERSION}")
    try:
        return json.loads(zlib.decompress(data[head:]))
    except (zlib.error, ValueError) as error:
        raise StateError(f"the state is damaged: {error}") from error


def to_object(stats: Stats) -> dict[str, Any]:
    """The figures as JSON has them."""
    names = _names(stats)
    place = {name: index for index, name in enumerate(names)}

    def tally(found: Mapping[bytes, int]) -> list[Any]:
        return sorted([place[key], value] for key, value in found.items())

    def pairs(found: Mapping[tuple[bytes, bytes], int]) -> list[Any]:
        return sorted([place[one], place[two], value] for (one, two), value in found.items())

    return {
        "names": [name.decode("latin-1") for name in names],
        "counts": [stats.ok, stats.directives, stats.left_out, stats.undated],
        "formats": {name: count for name, count in stats.formats.items() if count},
        "repairs": {repair.name: count for repair, count in stats.repairs.items() if count},
        "reasons": {reason.name: count for reason, count in stats.reasons.items() if count},
        "samples": {reason.name: [_sample(each) for each in kept] for reason, kept in stats.samples.items()},
        "clients": sorted([place[key], count, stats.traffic[key]] for key, count in stats.requests.items()),
        "statuses": tally(stats.statuses),
        "times": [stats.first, stats.last],
        "hours": {
            str(number): {
                **{name: pairs(getattr(hour, name)) for name in PAIRS},
                **{name: tally(getattr(hour, name)) for name in SINGLES},
                "durations": sorted(hour.durations.items()),
            }
            for number, hour in stats.panels.hours.items()
        },
        "visits": sorted([place[client], *spans] for client, spans in stats.panels.visits.spans.items()),
    }


def from_object(found: Mapping[str, Any]) -> Stats:
    """The figures that `to_object` made this of."""
    names = [name.encode("latin-1") for name in found["names"]]
    ok, directives, left_out, undated = map(int, found["counts"])
    first, last = (None if time is None else Moment(*time) for time in found["times"])
    traffic = {names[place]: size for place, _, size in found["clients"] if size}
    return Stats(
        ok,
        directives,
        left_out,
        Counter(found["formats"]),
        Counter({Repair[name]: count for name, count in found["repairs"].items()}),
        Counter({Reason[name]: count for name, count in found["reasons"].items()}),
        {
            Reason[name]: [Sample(file, number, text.encode("latin-1")) for file, number, text in kept]
            for name, kept in found["samples"].items()
        },
        Counter({names[place]: count for place, count, _ in found["clients"]}),
        Counter(traffic),
        Counter({names[place]: count for place, count in found["statuses"]}),
        undated,
        first,
        last,
        _panels(found, names),
    )


def _panels(found: Mapping[str, Any], names: list[bytes]) -> Panels:
    panels = Panels()
    for number, hour in found["hours"].items():
        tallies: dict[str, Any] = {"durations": dict(hour["durations"])}
        for name in PAIRS:
            tallies[name] = {(names[one], names[two]): value for one, two, value in hour[name]}
        for name in SINGLES:
            tallies[name] = {names[place]: value for place, value in hour[name]}
        panels.hours[int(number)] = Hour(**tallies)
    for place, *spans in found["visits"]:
        panels.visits.spans[names[place]] = [(first, last) for first, last in spans]
    return panels


def _names(stats: Stats) -> list[bytes]:
    names = {*stats.requests, *stats.statuses, *stats.panels.visits.spans}
    for hour in stats.panels.hours.values():
        for pairs in PAIRS:
            names.update(name for pair in getattr(hour, pairs) for name in pair)
        for singles in SINGLES:
            names.update(getattr(hour, singles))
    return sorted(names)


def _sample(sample: Sample) -> list[Any]:
    return [sample.file, sample.line_number, sample.text.decode("latin-1")]
