"""The ``suite`` plugin: several services in one process, from one TOML file or embedded defaults. Adapter."""

import sys
from functools import partial
from importlib.resources import files
from typing import Any, ClassVar

from twisted.application.service import IService
from twisted.python import usage

from twisted_suite.errors import ConfigError, ExitStatus
from twisted_suite.runtime.config import (
    DEFAULT_BASE_PORT,
    MAX_BASE_PORT,
    MIN_BASE_PORT,
    ServiceTable,
    default_admin,
    defaults,
    parse,
    program_argv,
)
from twisted_suite.runtime.lifecycle import ProgramOptions, program
from twisted_suite.runtime.observed import observed
from twisted_suite.runtime.options import (
    ADMIN_PARAMETER,
    LOG_PARAMETERS,
    METRICS_PARAMETER,
    WORKERS_PARAMETERS,
    Parameter,
    number,
)
from twisted_suite.runtime.suite import Suite


class Options(ProgramOptions):
    synopsis = "[--config FILE] [--base-port N] [--workers N] [--metrics ENDPOINT] [--admin ENDPOINT]"
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
        *LOG_PARAMETERS,
        METRICS_PARAMETER,
        [*ADMIN_PARAMETER[:3], f"{ADMIN_PARAMETER[3]} (embedded defaults have one; '' for none)"],
        *WORKERS_PARAMETERS,
    ]

    def parse(self, options: Any = None) -> None:
        """What stands above the tables of --config holds too; the command line has the last word."""
        words = list(sys.argv[1:] if options is None else options)
        super().parse(words)
        if self["config"]:
            super().parse([*program_argv(_text(self["config"]), self["config"]), *words])

    def postOptions(self) -> None:
        if self["config"] and self["base-port"] != DEFAULT_BASE_PORT:
            raise usage.UsageError("--base-port moves the embedded defaults: it does not go with --config")
        if self["admin"] is None and not self["config"]:
            self["admin"] = default_admin(self["base-port"])


@program
def makeService(options: Options) -> IService:
    from twisted.internet import reactor

    tables = options.get("tables")  # of a worker: what its parent has read
    if tables is not None:
        suite = Suite(lambda: [ServiceTable.from_json(table) for table in tables], reactor, shown=False)
    else:
        suite = Suite(partial(tables_of, options), reactor)
    return observed(suite, options, reactor)


def tables_of(options: Options) -> list[ServiceTable]:
    """The services that are asked for. Raises `ConfigError`."""
    path = options["config"]
    if path:
        return parse(_text(path), path)
    return defaults(options["base-port"], str(files("twisted_suite.runtime") / "sample"))


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(f"--config {path}: {reason}", ExitStatus.NO_INPUT) from error
