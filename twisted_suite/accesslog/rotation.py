"""What rotation does to the names of logs. Core.

::

    access.log                       is written to
    access.log.1, access.log.2.gz    numbered: the higher, the older
    access.log-20151115.gz           dated, also access-2015-11-15.log: the greater, the newer
    access.log.old, access.log.bak   one older
"""

import re
from collections.abc import Sequence
from posixpath import basename, dirname

_PACKED = r"(?:\.(?:gz|bz2|xz|zst))?"
# A number of few digits counts rotations; more digits, or several numbers, are a date.
_reads_number = re.compile(rf"(.+)\.(\d{{1,4}}){_PACKED}").fullmatch
_reads_date = re.compile(
    rf"(.+?)[.-](\d{{6,14}}|\d{{4}}(?:[-_T.]\d{{2}}){{2,5}})(\.[A-Za-z]+)??{_PACKED}"
).fullmatch
_reads_old = re.compile(rf"(.+)\.(?:old|bak|prev){_PACKED}").fullmatch
_reads_packed = re.compile(r"(.+)\.(?:gz|bz2|xz|zst)").fullmatch


def origin(name: str) -> str | None:
    """The log that was rotated to this name; None if the name is not one of a rotated log."""
    if match := _reads_number(name):
        return match[1]
    if match := _reads_date(name):
        return match[1] + (match[3] or "")
    if match := _reads_old(name) or _reads_packed(name):
        return match[1]
    return None


def in_time_order(paths: Sequence[str]) -> list[str]:
    """The logs of each name from the oldest to the one that is written to; names in their own order."""
    return sorted(paths, key=_age)


def _age(path: str) -> tuple[str, str, int, str, int]:
    """Dated ones by date, then those of a number from the highest, then what is written to."""
    folder, name = dirname(path), basename(path)
    base = origin(name)
    if base is None:
        return folder, name, 2, "", 0
    if match := _reads_number(name):
        return folder, base, 1, "", -int(match[2])
    if match := _reads_date(name):
        return folder, base, 0, re.sub(r"\D", "", match[2]).ljust(14, "0"), 0
    return folder, base, 1, "", 0
