"""Several plugins in one process: made from tables, started, shown, changed by a reload. Adapter."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from inspect import unwrap
from typing import Any

from rich.console import Console
from rich.table import Table
from twisted.application.service import IService, IServiceMaker, MultiService
from twisted.internet.defer import Deferred, DeferredList, maybeDeferred
from twisted.internet.error import CannotListenError
from twisted.logger import Logger
from twisted.plugin import getPlugins
from twisted.python import usage
from twisted.python.failure import Failure

from twisted_suite.errors import ConfigError, ExitStatus
from twisted_suite.runtime.admin.admin import AdminService
from twisted_suite.runtime.config import ServiceTable, check_keys
from twisted_suite.runtime.foreign import LIMIT_NAMES, Limited, LimitOptions, split
from twisted_suite.runtime.lifecycle import ProgramOptions
from twisted_suite.runtime.parts import one_process
from twisted_suite.runtime.text import language

_HEADINGS = {"en": ("service", "listens on", "try it"), "ko": ("서비스", "주소", "써 보기")}


@contextmanager
def _naming(table: ServiceTable) -> Iterator[None]:
    """The border where a plugin's words for an operator's mistake get the name of the table before them."""
    try:
        yield
    except ConfigError as error:
        raise ConfigError(f"{table.where}: {error}", error.status) from error
    except CannotListenError as error:
        raise ConfigError(f"{table.where}: {error}", ExitStatus.UNAVAILABLE) from error
    except (usage.UsageError, OSError, ValueError) as error:
        raise ConfigError(f"{table.where}: {error}") from error


class Member(MultiService):
    """One service of the suite; what keeps it from being made or started is said with its table's name."""

    def __init__(self, table: ServiceTable, reactor: Any) -> None:
        super().__init__()
        self.table = table
        with _naming(table):
            _make(table, reactor).setServiceParent(self)

    def privilegedStartService(self) -> None:
        with _naming(self.table):
            super().privilegedStartService()

    def startService(self) -> None:
        with _naming(self.table):
            super().startService()

    def addresses(self) -> list[str]:
        """Where it listens, as far as the services of its plugin can tell."""
        return list(_addresses(self)) or [" ".join(self.table.argv)]


def _make(table: ServiceTable, reactor: Any) -> IService:
    """The service of one table, made by its plugin as `twist` would; with our limits where it has none."""
    makers: dict[str, Any] = {maker.tapname: maker for maker in getPlugins(IServiceMaker)}
    del makers["suite"]
    maker = makers.get(table.plugin)
    if maker is None:
        raise ConfigError(f"there is no such plugin; there are {', '.join(sorted(makers))}")
    options = maker.options()
    known = {name.rstrip("=") for name in options.longOpt} - {"help", "version"}
    if not isinstance(options, ProgramOptions):
        return _make_limited(table, maker, options, known, reactor)
    check_keys(table, known)
    # These end the process on an error; `parse` and the undecorated function raise it instead.
    options.parse(list(table.argv))
    service: IService = unwrap(maker.makeService)(options)
    if getattr(service, "one_shot", False):
        raise ConfigError("it would do its work and end; in a suite give it a place to listen")
    return service


def _make_limited(
    table: ServiceTable, maker: Any, options: usage.Options, known: set[str], reactor: Any
) -> IService:
    """The service of a plugin that is not ours."""
    check_keys(table, known | LIMIT_NAMES)
    mine, theirs = split(table.argv, known)
    limits = LimitOptions()
    limits.parse(mine)
    options.parseOptions(theirs)
    limited: Any = Limited(table.plugin, maker.makeService(options), limits, reactor)
    service: IService = limited
    return service


def _addresses(parent: MultiService) -> Iterator[str]:
    for service in parent:
        if hasattr(service, "addresses"):
            yield from service.addresses()
        elif isinstance(service, MultiService):
            yield from _addresses(service)


class Suite(MultiService):
    """All services of one file. `read_tables` reads the file, at the start and at every reload.

    With `shown`, a table says where they listen when they do.
    """

    log = Logger()

    def __init__(
        self, read_tables: Callable[[], Sequence[ServiceTable]], reactor: Any, *, shown: bool = True
    ) -> None:
        super().__init__()
        self._shown = shown
        self._read_tables = read_tables
        self._reactor = reactor
        self._leaving: set[Deferred[Any]] = set()  # ends of services that a reload has taken out
        for table in read_tables():
            Member(table, reactor).setServiceParent(self)

    def startService(self) -> None:
        super().startService()
        if self._shown:
            self.show()

    def part(self, *, alone: bool) -> list[Member]:
        """See `parts.Divisible`."""
        return [member for member in self if bool(one_process(member)) == alone]

    def told(self, *, alone: bool) -> list[dict[str, Any]]:
        """See `parts.Divisible`."""
        return [member.table.to_json() for member in self.part(alone=alone)]

    def reload(self) -> None:
        """Read the file again: what is new starts, what is gone drains, what is as it was is not touched.

        Raises `ConfigError` where the file does not hold; then nothing has changed.
        """
        tables = list(self._read_tables())
        leaving = []
        for member in self:
            if any(_same(table, member.table) for table in tables):
                tables.remove(next(table for table in tables if _same(table, member.table)))
            else:
                leaving.append(member)
        coming = [Member(table, self._reactor) for table in tables]
        for member in leaving:
            self._leave(member)
        # A newcomer may want the port of one that leaves, which is free in the next turn of the loop.
        self._reactor.callLater(0, self._welcome, coming)

    def _leave(self, member: Member) -> None:
        """Stop listening, and end when the connections have; stopping the suite waits for that too."""
        left: Deferred[Any] = maybeDeferred(member.disownServiceParent)
        self._leaving.add(left)

        def gone(result: Any) -> None:
            self._leaving.discard(left)
            if isinstance(result, Failure):
                self.log.failure("stopping {plugin}", result, plugin=member.table.plugin)

        left.addBoth(gone)

    def stopService(self) -> Deferred[Any]:
        return DeferredList([maybeDeferred(super().stopService), *self._leaving])

    def _welcome(self, coming: Sequence[Member]) -> None:
        for member in coming:
            try:
                member.setServiceParent(self)  # which starts it
            except ConfigError as error:
                member.disownServiceParent()
                self.log.error("not started: {error}", error=str(error))
        self.show()

    def show(self) -> None:
        """Say where everything listens, in one table."""
        table = Table(*_HEADINGS[language(os.environ)])
        for member in self:
            table.add_row(member.table.plugin, "\n".join(member.addresses()), _typed_here(member.table.hint))
        for sibling in self.parent or ():
            if isinstance(sibling, AdminService):
                table.add_row("admin", "\n".join(sibling.addresses()), sibling.url())
        # Wide enough for a hint where there is no terminal to ask; what started us decides what stdout is.
        Console(file=sys.stdout, width=None if sys.stdout.isatty() else 120).print(table)


def _typed_here(hint: str) -> str:
    """`hint` as it works in this shell: a command that is not on PATH, but beside ours, with its path."""
    command, space, arguments = hint.partition(" ")
    beside = os.path.join(os.path.dirname(sys.argv[0]), command)
    if space and shutil.which(command) is None and os.access(beside, os.X_OK):
        return f"{beside}{space}{arguments}"
    return hint


def _same(one: ServiceTable, other: ServiceTable) -> bool:
    """Whether two tables, perhaps at different places of the file, ask for the same service."""
    return (one.plugin, one.argv) == (other.plugin, other.argv)
