"""Finds the facts that `diagnosis` judges: makes every service of a suite, starts none. Adapter."""

import ctypes
import os
import pwd
import resource
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from twisted.application.service import IServiceMaker, MultiService
from twisted.internet.defer import maybeDeferred
from twisted.internet.error import CannotListenError
from twisted.plugin import getPlugins

import twisted.plugins
import twisted_suite
from twisted_suite.doctor import diagnosis
from twisted_suite.doctor.diagnosis import Diagnosis, Owner, State
from twisted_suite.errors import ConfigError
from twisted_suite.runtime.config import ServiceTable
from twisted_suite.runtime.inherit import hold, listening_below
from twisted_suite.runtime.lifecycle import MAX_DESCRIPTORS
from twisted_suite.runtime.metrics import owners_below
from twisted_suite.runtime.observed import observed
from twisted_suite.runtime.suite import Member
from twisted_suite.runtime.tls import read_folder

PLUGINS = ("echo", "files", "chat", "accesslog", "suite")
_SOMAXCONN = Path("/proc/sys/net/core/somaxconn")
_TIME_ERROR = 5  # adjtimex(2): the clock is not synchronized
_TIMEX_BYTES = 1024  # more than its structure has on any machine
# Options that name a folder or file, and what is wanted of it: 4 read, 2 write.
_READ, _WRITE = 4, 2
_PATHS = {"root": _READ, "auth": _READ}
_MADE = {"history": _WRITE, "state": _WRITE, "out": _WRITE, "invalid": _WRITE}


async def examine(
    tables: Sequence[ServiceTable], options: Any, owner: Owner | None, reactor: Any
) -> AsyncIterator[Diagnosis]:
    """Each diagnosis as it is made, of services and of the `options` of the suite itself."""
    members: list[Member] = []
    for table in tables:
        for problem in _make(table, members, reactor):
            yield problem
    for member in members:
        async for found in _ports(member.table.plugin, member, reactor):
            yield found
    async for found in _ports("metrics, admin", observed(MultiService(), options, reactor), reactor):
        yield found
    yield diagnosis.backlog(_number(_SOMAXCONN))
    yield _descriptors(members)
    for found in (*_all_paths(tables, owner), *_certificates(tables)):
        yield found
    yield diagnosis.log_rotation(options["log-size"], options["log-keep"])
    yield diagnosis.plugin_cache(*_plugins())
    yield diagnosis.clock(time.time(), _newest_file(), _synchronized())


def _make(table: ServiceTable, members: list[Member], reactor: Any) -> Iterator[Diagnosis]:
    """Make the service of `table`, which checks its options and files, and put it to `members`."""
    if any(word.partition("=")[2].startswith("systemd:") for word in table.argv):
        yield Diagnosis(table.plugin, State.OK, "systemd hands it its sockets: not examined")
        return
    try:
        members.append(Member(table, reactor))
    except ConfigError as error:
        remedy = f"correct the configuration; see twist {table.plugin} --help"
        yield Diagnosis(table.plugin, State.PROBLEM, str(error), remedy)


def user(name: str) -> Owner:
    """The account of the system by that name. Raises `ConfigError`."""
    try:
        entry = pwd.getpwnam(name)
    except KeyError as error:
        raise ConfigError(f"--user {name}: there is no such user on this machine") from error
    return Owner(name, entry.pw_uid, frozenset(os.getgrouplist(name, entry.pw_gid)))


async def _ports(subject: str, service: Any, reactor: Any) -> AsyncIterator[Diagnosis]:
    """Bind what the service would listen at, and let it go."""
    for listening in listening_below([service]):
        where = getattr(listening.parent, "description", None) or f"udp port {listening.args[0]}"
        try:
            port = hold(listening, reactor)
        except (CannotListenError, OSError, OverflowError, ConfigError) as error:
            cause = getattr(error, "socketError", error)
            reason = getattr(cause, "strerror", None) or str(cause)
            yield Diagnosis(
                subject, State.PROBLEM, f"cannot listen on {where}: {reason}", _port_remedy(cause)
            )
            continue
        await maybeDeferred(port.stopListening)
        yield Diagnosis(subject, State.OK, f"{where} is free")


def _port_remedy(cause: BaseException) -> str:
    if isinstance(cause, PermissionError):
        return "use a port from 1024 on, a socket of systemd's, or AmbientCapabilities=CAP_NET_BIND_SERVICE"
    if isinstance(cause, FileNotFoundError):
        return "make the folder of the socket"
    return "find who has it with ss -ltnup, and stop it; or take another port"


def _descriptors(members: Iterable[Member]) -> Diagnosis:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)  # the program raises the soft one itself
    allowed = MAX_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, MAX_DESCRIPTORS)
    limits = {owner.service_name: owner.limits.max_connections for owner in owners_below(members)}
    unlimited = [name for name, most in limits.items() if not most]
    return diagnosis.descriptors(allowed, sum(limits.values()), unlimited)


def _paths(table: ServiceTable) -> Iterator[tuple[str, int]]:
    for word in table.argv:
        name, equals, value = word.removeprefix("--").partition("=")
        if not equals or value in ("", "-"):
            continue
        if name == "auth":
            kind, _, value = value.partition(":")
            if kind != "passwd":
                continue
        if name in _PATHS:
            yield os.path.abspath(value), _PATHS[name]
        elif name in _MADE:
            yield os.path.dirname(os.path.abspath(value)), _MADE[name]


def _all_paths(tables: Iterable[ServiceTable], owner: Owner | None) -> Iterator[Diagnosis]:
    for path, wanted in {path: wanted for table in tables for path, wanted in _paths(table)}.items():
        yield from _path(path, wanted, owner)


def _path(path: str, wanted: int, owner: Owner | None) -> Iterator[Diagnosis]:
    if not os.path.exists(path):
        yield Diagnosis(path, State.PROBLEM, "does not exist", f"make it: mkdir -p {path}")
        return
    if owner is not None:
        yield diagnosis.permission(path, owner, _denied_at(path, wanted, owner), wanted)
    space = os.statvfs(path)
    nodes = space.f_favail if space.f_files else None
    yield diagnosis.disk(path, space.f_bavail * space.f_frsize, space.f_blocks * space.f_frsize, nodes)


def _denied_at(path: str, wanted: int, owner: Owner) -> str | None:
    """The first part of the way to `path` that is closed to `owner`."""
    real = os.path.realpath(path)
    parts = [*reversed([str(parent) for parent in Path(real).parents]), real]
    for part in parts:
        status = os.stat(part)
        needed = (wanted | 1 if os.path.isdir(part) else wanted) if part == real else 1
        if not owner.may(needed, status.st_mode, status.st_uid, status.st_gid):
            return part
    return None


def _certificates(tables: Iterable[ServiceTable]) -> Iterator[Diagnosis]:
    folders = {
        word.partition("=")[2].split(":")[1]
        for table in tables
        for word in table.argv
        if word.partition("=")[2].startswith("tls:")
    }
    for folder in sorted(folders):
        try:
            found = read_folder(folder)
        except (ConfigError, OSError):
            continue  # which making the service has told
        for each in found:
            yield diagnosis.certificate(each.source, each.names, each.valid_until, datetime.now(UTC))


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text("ascii"))
    except (OSError, ValueError):  # not Linux
        return None


def _plugins() -> tuple[list[str], list[str]]:
    """Plugins of ours that are not found, and caches that are older than a plugin beside them."""
    found = {maker.tapname for maker in getPlugins(IServiceMaker)}
    stale = []
    for folder in map(Path, twisted.plugins.__path__):
        cache = folder / "dropin.cache"
        newest = max((each.stat().st_mtime for each in folder.glob("*.py")), default=0.0)
        if cache.exists() and cache.stat().st_mtime < newest and not os.access(folder, os.W_OK):
            stale.append(str(cache))
    return [name for name in PLUGINS if name not in found], stale


def _newest_file() -> float:
    """When the newest file of this package was made."""
    return max(path.stat().st_mtime for path in Path(twisted_suite.__file__).parent.glob("*.py"))


def _synchronized() -> bool | None:
    """Whether something keeps the system's clock; None where nobody can tell."""
    try:
        adjtimex = ctypes.CDLL(None).adjtimex
    except (OSError, AttributeError):  # not Linux
        return None
    state: int = adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))  # all zero: only asks
    return None if state < 0 else state != _TIME_ERROR
