"""When a line says it was written. Core: bytes in, a `Moment` out, and nothing ever raised.

Three spellings are read, whatever the format of the line: Apache's ``15/Nov/2015:03:45:45 +0000`` (also with
a fraction, as HAProxy has it, and without a zone), ISO 8601, and seconds since 1970, of which a number too
large to be seconds is milli-, micro- or nanoseconds. Where no zone is said, it is UTC.
"""

import re
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from typing import NamedTuple

_MONTHS = {
    name: month
    for month, name in enumerate(b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), start=1)
}
_reads_minute = re.compile(
    rb"(\d\d)/([A-Z][a-z]{2})/((?!9999)\d{4}):([01]\d|2[0-3]):([0-5]\d) ([+-])([01]\d|2[0-3])([0-5]\d)"
).fullmatch
_reads_without_zone = re.compile(
    rb"(\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d)(?:\.\d+)?( [+-]\d{4})?"
).fullmatch
_reads_iso = re.compile(
    rb"((?!9999)\d{4})-(\d\d)-(\d\d)[T \t]([01]\d|2[0-3]):([0-5]\d):(\d\d)(?:[.,]\d+)?"
    rb" ?(?:Z|([+-])([01]\d|2[0-3]):?([0-5]\d))?"
).fullmatch
_reads_number = re.compile(rb"(\d{1,19})(?:\.\d+)?").fullmatch
_SECONDS = {b":%02d" % second: second for second in range(61)}  # with the leap second
_DAY_S = 86400
HOUR_S = 3600
_UNIX_EPOCH_S = (date(1970, 1, 1).toordinal() - 1) * _DAY_S
# The first number that is no time of this kind before the year 5138, but one of the next finer kind.
_MILLI, _MICRO, _NANO = 10**11, 10**14, 10**17
_LAST_S = (date(9999, 1, 1).toordinal() - 1) * _DAY_S


class Moment(NamedTuple):
    """A time in a log; of one instant, the lesser offset is less. A tuple: every line compares two."""

    seconds: int  # UTC, since the start of the year 1
    offset_s: int  # of the clock that wrote it, east of UTC

    @property
    def hour(self) -> int:
        """The hour on the wall beside that clock, counted since the start of the year 1."""
        return (self.seconds + self.offset_s) // HOUR_S

    def datetime(self) -> datetime:
        """The same as an aware datetime, in the log's own time zone."""
        local = datetime(1, 1, 1, tzinfo=timezone(timedelta(seconds=self.offset_s)))
        return local + timedelta(seconds=self.seconds + self.offset_s)


def hour_name(hour: int) -> str:
    """``2015-11-15T03`` for the number of an hour."""
    return (datetime(1, 1, 1) + timedelta(hours=hour)).isoformat()[:13]  # noqa: DTZ001  # a wall's, zoneless


def moment(text: bytes) -> Moment | None:
    """Read a time in any of the spellings; None if it is no such time."""
    minute = _minute(text[:17] + text[20:])
    second = _SECONDS.get(text[17:20])
    if minute is None or second is None:
        return _other(text)
    return Moment(minute.seconds + second, minute.offset_s)


@lru_cache(maxsize=1024)  # a log is nearly in order: most of its lines share their minute with the one before
def _minute(text: bytes) -> Moment | None:
    match = _reads_minute(text)
    if match is None:
        return None
    day, month, year, hour, minute, sign, offset_h, offset_min = match.groups()
    return _moment(
        (int(year), _MONTHS.get(month, 0), int(day)),
        int(hour) * 3600 + int(minute) * 60,
        _offset_s(sign, offset_h, offset_min),
    )


def _other(text: bytes) -> Moment | None:
    if match := _reads_iso(text):
        year, month, day, hour, minute, second, *offset = match.groups()
        if int(second) > 60:
            return None
        of_day_s = int(hour) * 3600 + int(minute) * 60 + int(second)
        return _moment((int(year), int(month), int(day)), of_day_s, _offset_s(*offset))
    if match := _reads_number(text):
        return _since_1970(int(match[1]))
    if (match := _reads_without_zone(text)) and (len(text) != 26 or match[2] is None):
        return moment(match[1] + (match[2] or b" +0000"))
    return None


def _since_1970(number: int) -> Moment | None:
    unit = next(
        (unit for limit, unit in ((_NANO, 10**9), (_MICRO, 10**6), (_MILLI, 1000)) if number >= limit), 1
    )
    seconds = _UNIX_EPOCH_S + number // unit
    return Moment(seconds, 0) if seconds < _LAST_S else None


def _offset_s(sign: bytes | None, hours: bytes | None, minutes: bytes | None) -> int:
    if hours is None or minutes is None:
        return 0
    return (int(hours) * 3600 + int(minutes) * 60) * (-1 if sign == b"-" else 1)


def _moment(day: tuple[int, int, int], of_day_s: int, offset_s: int) -> Moment | None:
    try:
        days = date(*day).toordinal() - 1
    except ValueError:  # no such month, or no such day in it
        return None
    return Moment(days * _DAY_S + of_day_s - offset_s, offset_s)
