"""What facts about a machine and a configuration mean: what would go wrong, and its remedy. Core."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from twisted_suite.runtime.limits import BACKLOG
from twisted_suite.runtime.text import Language


class State(StrEnum):
    """How serious it is."""

    OK = "ok"
    WARNING = "warning"  # it will run, not as well as it should
    PROBLEM = "problem"  # it will not start, or will fail


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One row of the table."""

    subject: str
    state: State
    text: str
    remedy: str = ""


# What a process needs besides its connections: log files, libraries, files that are being served.
SPARE_DESCRIPTORS = 256
# A disk with less is full soon; with less than a hundredth of it, now.
LOW_BYTES, LOW_PART = 1 << 30, 0.05
FULL_BYTES = 10 << 20
EXPIRES_SOON = timedelta(days=14)
# A clock that is off by so much breaks certificates and logs.
CLOCK_TOLERANCE_S = 86_400.0

HEADINGS: Mapping[Language, Sequence[str]] = {
    "en": ("examined", "state", "what was found", "remedy"),
    "ko": ("검사 대상", "상태", "발견한 것", "해결 방법"),
}
STATES: Mapping[Language, Mapping[State, str]] = {
    "en": {State.OK: "ok", State.WARNING: "warning", State.PROBLEM: "PROBLEM"},
    "ko": {State.OK: "정상", State.WARNING: "주의", State.PROBLEM: "문제"},
}


def backlog(somaxconn: int | None) -> Diagnosis:
    """Whether the kernel lets as many connections wait as the endpoints ask for."""
    if somaxconn is None or somaxconn >= BACKLOG:
        return Diagnosis("backlog", State.OK, f"{BACKLOG} connections may wait to be accepted")
    return Diagnosis(
        "backlog",
        State.WARNING,
        f"the kernel lets {somaxconn} connections wait to be accepted, not {BACKLOG}",
        f"sysctl -w net.core.somaxconn={BACKLOG}",
    )


def descriptors(allowed: int, connections: int, unlimited: Sequence[str]) -> Diagnosis:
    """Whether as many files may be opened as the caps of all services allow connections together."""
    needed = connections + SPARE_DESCRIPTORS
    if unlimited:
        return Diagnosis(
            "open files",
            State.WARNING,
            f"{', '.join(unlimited)}: connections without limit; {allowed} files may be open",
            "set --max-connections",
        )
    found = f"{allowed} allowed, {needed} needed for {connections} connections"
    if allowed >= needed:
        return Diagnosis("open files", State.OK, found)
    return Diagnosis(
        "open files",
        State.WARNING,  # accepting pauses there, and goes on
        found,
        f"ulimit -Hn {needed}, under systemd LimitNOFILE={needed}; or a smaller --max-connections",
    )


def log_rotation(log_size: int, keep: int) -> Diagnosis:
    """Whether log files have an end."""
    if log_size:
        size = log_size * (keep + 1) >> 20
        return Diagnosis(
            "log files", State.OK, f"rotated at {log_size >> 20} MB, {keep} kept: at most {size} MB"
        )
    return Diagnosis(
        "log files", State.WARNING, "--log-size 0: they grow for ever", "leave --log-size at its 10M"
    )


def plugin_cache(missing: Sequence[str], stale: Sequence[str]) -> Diagnosis:
    """Whether Twisted finds the plugins; `stale` are caches older than a plugin that cannot be written."""
    if missing:
        return Diagnosis(
            "plugins",
            State.PROBLEM,
            f"twist does not find {', '.join(missing)}",
            "remove dropin.cache beside the plugins, or install the package again",
        )
    if stale:
        return Diagnosis(
            "plugins",
            State.WARNING,
            f"{', '.join(stale)} is older than a plugin, and not ours to write",
            "run twist --help once as the owner of the installation",
        )
    return Diagnosis("plugins", State.OK, "all are found")


def clock(now: float, newest_file: float, synchronized: bool | None) -> Diagnosis:
    """Whether the time can be right: not before this program was installed, and kept by somebody."""
    if now < newest_file - CLOCK_TOLERANCE_S:
        return Diagnosis(
            "clock",
            State.PROBLEM,
            "the time is before this program was installed: certificates and logs will be wrong",
            "set the clock; timedatectl set-ntp true",
        )
    if synchronized is False:
        return Diagnosis("clock", State.WARNING, "nothing keeps the time", "timedatectl set-ntp true")
    return Diagnosis("clock", State.OK, "the time is kept" if synchronized else "the time is plausible")


def disk(path: str, free: int, total: int, free_nodes: int | None) -> Diagnosis:
    """Whether there is room where files are written or served."""
    subject = f"disk of {path}"
    if free < FULL_BYTES or free_nodes == 0:
        what = "no more files can be made" if free_nodes == 0 else f"{free >> 20} MB free"
        return Diagnosis(subject, State.PROBLEM, what, "make room, or move it to another disk")
    if free < LOW_BYTES and free < total * LOW_PART:
        return Diagnosis(
            subject, State.WARNING, f"{free >> 20} MB free", "make room, or move it to another disk"
        )
    return Diagnosis(subject, State.OK, f"{free >> 20} MB free")


def certificate(where: str, names: Sequence[str], valid_until: datetime, now: datetime) -> Diagnosis:
    """Whether a certificate is valid, and for how long."""
    subject = f"certificate of {', '.join(names) or where}"
    if valid_until <= now:
        return Diagnosis(subject, State.PROBLEM, f"{where} has expired on {valid_until:%Y-%m-%d}", "renew it")
    if valid_until - now < EXPIRES_SOON:
        return Diagnosis(subject, State.WARNING, f"{where} expires on {valid_until:%Y-%m-%d}", "renew it")
    return Diagnosis(subject, State.OK, f"valid until {valid_until:%Y-%m-%d}")


@dataclass(frozen=True, slots=True)
class Owner:
    """Who a process will be."""

    name: str
    uid: int
    groups: frozenset[int]

    def may(self, wanted: int, mode: int, uid: int, gid: int) -> bool:
        """Whether `wanted` (4 read, 2 write, 1 enter) is among the rights of a file of this mode."""
        if self.uid == 0:
            return True
        if self.uid == uid:
            return mode >> 6 & wanted == wanted
        return (mode >> 3 if gid in self.groups else mode) & wanted == wanted


def permission(path: str, owner: Owner, denied_at: str | None, wanted: int) -> Diagnosis:
    """Whether `owner` may use `path`; `denied_at` is it or a folder above that is closed to him."""
    verb = "written" if wanted & 2 else "read"
    if denied_at is None:
        return Diagnosis(path, State.OK, f"can be {verb} by {owner.name}")
    return Diagnosis(
        path,
        State.PROBLEM,
        f"cannot be {verb} by {owner.name}: {denied_at} is closed",
        f"chgrp and chmod {denied_at}",
    )


def to_json(diagnoses: Iterable[Diagnosis]) -> str:
    """As a list of objects."""
    return json.dumps([asdict(each) for each in diagnoses], ensure_ascii=False, indent=2)
