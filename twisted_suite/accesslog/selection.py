"""Which requests are to be counted. Core.

Every test that is given has to hold; of the values of one test any. A request left out is still an accounted
line. Times are read on the wall beside the server's clock, as they stand in the log.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import translate
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Literal

from twisted_suite.accesslog.agents import agent
from twisted_suite.accesslog.records import Record
from twisted_suite.accesslog.times import moment
from twisted_suite.errors import SuiteError

Bots = Literal["keep", "drop", "only"]
BOTS: tuple[Bots, ...] = ("keep", "drop", "only")
Test = Callable[[Record], bool]
_START = datetime(1, 1, 1)  # noqa: DTZ001  # a wall's, zoneless
_reads_period = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ](\d\d)(?::(\d\d)(?::(\d\d))?)?)?)?)?"
).fullmatch


class SelectionError(SuiteError):
    """A test that means nothing; the text says which."""


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time on the wall, in seconds since the start of the year 1; the end is not in it."""

    start_s: int
    end_s: int


def period(text: str) -> Period:
    """``2015``, ``2015-11``, ``2015-11-15``, ``2015-11-15T03`` and finer, or two of them as ``FROM..TO``."""
    first, dots, last = text.partition("..")
    whole = Period(_unit(first).start_s, _unit(last if dots else first).end_s)
    if whole.end_s <= whole.start_s:
        raise SelectionError(f"{text!r} ends before it starts")
    return whole


def _unit(text: str) -> Period:
    match = _reads_period(text.strip())
    if match is None:
        raise SelectionError(f"{text!r} is no time such as 2015-11-15 or 2015-11-15T03:45")
    parts = [int(part) for part in match.groups() if part is not None]
    try:
        start = datetime(*(parts + [1, 1][len(parts) - 1 :] if len(parts) < 3 else parts))  # type: ignore[arg-type]  # noqa: DTZ001
        end = start + _length(parts)
    except (ValueError, OverflowError) as error:
        raise SelectionError(f"{text!r} is no time: {error}") from error
    return Period(_seconds(start), _seconds(end))


def _length(parts: list[int]) -> timedelta:
    """How long the last part that was named lasts."""
    year, month = parts[0], parts[1] if len(parts) > 1 else 1
    if len(parts) == 1:
        return datetime(year + 1, 1, 1) - datetime(year, 1, 1)  # noqa: DTZ001
    if len(parts) == 2:
        return datetime(year + month // 12, month % 12 + 1, 1) - datetime(year, month, 1)  # noqa: DTZ001
    return timedelta(seconds=(86_400, 3_600, 60, 1)[len(parts) - 3])


def _seconds(time: datetime) -> int:
    return int((time - _START).total_seconds())


@dataclass(frozen=True, slots=True)
class Selection:
    """The tests as they were asked for; none at all selects everything."""

    since: str | None = None
    until: str | None = None
    hosts: Sequence[str] = ()
    paths: Sequence[str] = ()
    statuses: Sequence[str] = ()
    clients: Sequence[str] = ()
    bots: Bots = "keep"
    where: str | None = None  # a condition, see `conditions`

    def test(self) -> Test | None:
        """What decides for one request; None if all are wanted. Raises `SelectionError`."""
        tests: list[Test] = []
        if self.since or self.until:
            tests.append(_within(self.since, self.until))
        if self.clients:
            tests.append(_from(self.clients))
        if self.statuses:
            tests.append(_answered(self.statuses))
        if self.hosts:
            wanted = _globs(self.hosts)
            tests.append(lambda record: record.host is not None and wanted(record.host))
        if self.paths:
            of_paths = _globs(self.paths)
            tests.append(lambda record: of_paths(record.path or record.request))
        if self.bots != "keep":
            robots = self.bots == "only"
            tests.append(lambda record: agent(record.agent or b"-").robot is robots)
        if self.where is not None:
            tests.append(_where(self.where))
        return (lambda record: all(test(record) for test in tests)) if tests else None


def _where(text: str) -> Test:
    from twisted_suite.accesslog.conditions import ConditionError, condition  # few runs have one

    try:
        return condition(text)
    except ConditionError as error:
        raise SelectionError(f"--where: {error}") from error


def _within(since: str | None, until: str | None) -> Test:
    start_s = period(since).start_s if since else 0
    end_s = period(until).end_s if until else 1 << 60

    def within(record: Record) -> bool:
        time = moment(record.time)
        return time is not None and start_s <= time.seconds + time.offset_s < end_s

    return within


def _from(texts: Sequence[str]) -> Test:
    networks: list[IPv4Network | IPv6Network] = []
    for text in texts:
        try:
            networks.append(ip_network(text, strict=False))
        except ValueError as error:
            raise SelectionError(f"{text!r} is no address and no network such as 192.0.2.0/24") from error
    known: dict[bytes, bool] = {}

    def comes_from(record: Record) -> bool:
        if record.client not in known:
            known[record.client] = _is_in(record.client, networks)
        return known[record.client]

    return comes_from


def _is_in(client: bytes, networks: Sequence[IPv4Network | IPv6Network]) -> bool:
    try:
        address = ip_address(client.decode("ascii"))
    except ValueError:  # a host's name, or nothing
        return False
    return any(address in network for network in networks)


def _answered(texts: Sequence[str]) -> Test:
    for text in texts:
        if not re.fullmatch(r"[1-9][\dx]{2}", text):
            raise SelectionError(f"{text!r} is no status such as 404 or 4xx")
    pattern = "|".join(text.replace("x", r"\d") for text in texts).encode()
    match = re.compile(pattern).fullmatch
    return lambda record: match(record.status) is not None


def _globs(texts: Sequence[str]) -> Callable[[bytes], bool]:
    match = re.compile("|".join(translate(text) for text in texts).encode(), re.DOTALL).match
    return lambda value: match(value) is not None
