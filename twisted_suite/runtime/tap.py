"""The ``suite`` plugin: several services in one process, from one TOML file or from embedded defaults."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from inspect import unwrap
from os import environ
from typing import Any, ClassVar

from rich.console import Console
from rich.table import Table
from twisted.application.service import IService, IServiceMaker, MultiService
from twisted.internet.error import CannotListenError
from twisted.plugin import getPlugins
from twisted.python import usage

from twisted_suite.errors import ConfigError, ExitStatus
from twisted_suite.runtime.config import (
    DEFAULT_BASE_PORT,
    MAX_BASE_PORT,
    MIN_BASE_PORT,
    ServiceTable,
    check_keys,
    defaults,
    parse,
)
from twisted_suite.runtime.lifecycle import ProgramOptions, program
from twisted_suite.runtime.options import Parameter, number
from twisted_suite.runtime.text import language

_HEADINGS = {"en": ("service", "listens on", "try it"), "ko": ("서비스", "주소", "써 보기")}


class Options(ProgramOptions):
    synopsis = "[--config FILE] [--base-port N]"
    longdesc = "Run several services in one process: those of a TOML file, or all four on embedded defaults."
    optParameters: ClassVar[list[Parameter]] = [
        ["config", None, None, "a TOML file of [[service]] tables (see docs/operations.md)"],
        [
            "base-port",
            None,
            DEFAULT_BASE_PORT,
            "move all ports of the embedded defaults with echo's",
            number("base-port", minimum=MIN_BASE_PORT, maximum=MAX_BASE_PORT),
        ],
    ]

    def postOptions(self) -> None:
        if self["config"] and self["base-port"] != DEFAULT_BASE_PORT:
            raise usage.UsageError("--base-port moves the embedded defaults: it does not go with --config")


@program
def makeService(options: Options) -> IService:
    if options["config"]:
        tables = parse(_read(options["config"]), options["config"])
    else:
        tables = defaults(options["base-port"], str(files("twisted_suite.runtime") / "sample"))
    makers = {maker.tapname: maker for maker in getPlugins(IServiceMaker)}
    suite = Suite()
    for table in tables:
        _Member(table, _make(table, makers)).setServiceParent(suite)
    return suite


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(f"--config {path}: {reason}", ExitStatus.NO_INPUT) from error


@contextmanager
def _naming(table: ServiceTable) -> Iterator[None]:
    """The border where a plugin's words for an operator's mistake get the name of the table before them."""
    try:
        yield
    except ConfigError as error:
        raise ConfigError(f"{table.where}: {error}", error.status) from error
    except (usage.UsageError, CannotListenError, OSError, ValueError) as error:
        raise ConfigError(f"{table.where}: {error}") from error


def _make(table: ServiceTable, makers: dict[str, Any]) -> IService:
    """The service of one table, made by its plugin as `twist` would."""
    maker = makers.get(table.plugin)
    if maker is None or table.plugin == "suite":
        known = ", ".join(sorted(set(makers) - {"suite"}))
        raise ConfigError(f"{table.where}: there is no such plugin; there are {known}")
    with _naming(table):
        options = maker.options()
        check_keys(table, {name.rstrip("=") for name in options.longOpt} - {"help", "version"})
        # Ours end the process on an error; `parse` and the undecorated function raise it instead.
        parse_argv = options.parse if isinstance(options, ProgramOptions) else options.parseOptions
        parse_argv(list(table.argv))
        service: IService = unwrap(maker.makeService)(options)
    if getattr(service, "one_shot", False):
        raise ConfigError(
            f"{table.where}: it would do its work and end; in a suite give it a place to listen"
        )
    return service


class _Member(MultiService):
    """One service of the suite; what keeps it from starting is said with the name of its table."""

    def __init__(self, table: ServiceTable, service: IService) -> None:
        super().__init__()
        self.table = table
        service.setServiceParent(self)

    def privilegedStartService(self) -> None:
        with _naming(self.table):
            super().privilegedStartService()

    def startService(self) -> None:
        with _naming(self.table):
            super().startService()

    def addresses(self) -> list[str]:
        """Where it listens, as far as the services of its plugin can tell."""
        return list(_addresses(self)) or [" ".join(self.table.argv)]


def _addresses(parent: MultiService) -> Iterator[str]:
    for service in parent:
        if hasattr(service, "addresses"):
            yield from service.addresses()
        elif isinstance(service, MultiService):
            yield from _addresses(service)


class Suite(MultiService):
    """All services of one file; once they are up it says where, in one table."""

    def startService(self) -> None:
        super().startService()
        table = Table(*_HEADINGS[language(environ)])
        for member in self:
            table.add_row(member.table.plugin, "\n".join(member.addresses()), member.table.hint)
        # Wide enough for a hint where there is no terminal to ask; what started us decides what stdout is.
        Console(file=sys.stdout, width=None if sys.stdout.isatty() else 120).print(table)
