"""The ``accesslog`` plugin: options and wiring."""

from functools import partial
from os import environ
from typing import Any, ClassVar

from twisted.application.service import IService, MultiService
from twisted.python import usage

from twisted_suite.accesslog.choices import CHOICES, Choice, order
from twisted_suite.accesslog.client import fulfil
from twisted_suite.accesslog.order import MERGE, Order
from twisted_suite.accesslog.server import BatchService, ReportService, in_thread
from twisted_suite.errors import ConfigError
from twisted_suite.runtime.accounts.options import AccountOptions
from twisted_suite.runtime.connections import Connections
from twisted_suite.runtime.lifecycle import program
from twisted_suite.runtime.listening import Listener
from twisted_suite.runtime.options import ConnectionOptions, Parameter, connection_parameters, number
from twisted_suite.runtime.text import LANGUAGES, language

# What makes one report and ends, and so does not go with --web.
_OF_ONE_REPORT = ("out", "invalid", "explain", "state", "compare")
_DEFAULTS = {choice.name: choice.default for choice in CHOICES}
_MANY = tuple(choice.name for choice in CHOICES if choice.kind == "many")


def _parameter(choice: Choice) -> Parameter:
    values = f": {', '.join(choice.values)}" if choice.values else ""
    converter = [number(choice.name, minimum=1)] if choice.kind == "count" else []
    return [choice.name, None, choice.default, f"{choice.help}{values}", *converter]


class Options(AccountOptions, ConnectionOptions):
    synopsis = "[--format NAME] [--output NAME] [--out FILE] [--lang ko|en] [--web ENDPOINT]... FILE..."
    longdesc = (
        "Statistics of web-server access logs: page views, visitors, bytes of every client, and panels of "
        "paths, browsers, days and the like. Every line is counted, as ok, recovered or invalid. FILE may be "
        "- (standard input), a glob, a folder of rotated logs, or compressed (gz, bz2, xz, zst). The word "
        f"{MERGE!r} in place of the first FILE makes the others states, and reports on all of them."
    )
    optParameters: ClassVar[list[Parameter]] = [
        *(_parameter(choice) for choice in CHOICES if choice.kind in ("text", "count")),
        ["lang", None, None, f"the language of the report: {', '.join(LANGUAGES)}; else the environment's"],
        *connection_parameters(idle_timeout_s=60.0, first_byte_timeout_s=30.0),
    ]
    optFlags: ClassVar[list[list[Any]]] = [
        [choice.name, None, choice.help] for choice in CHOICES if choice.kind == "flag"
    ]

    def __init__(self) -> None:
        super().__init__()
        for name in ("web", *_MANY):
            self[name] = []

    def opt_web(self, endpoint: str) -> None:
        """
        serve the report over HTTP at this Twisted server endpoint, such as tcp:8012, and keep it up to date;
        repeatable
        """
        self["web"].append(endpoint)

    def parseArgs(self, *names: str) -> None:
        self["files"] = names

    def postOptions(self) -> None:
        if not self["files"] and self["explain"] is None:
            raise usage.UsageError("FILE is needed: a log, a folder of logs, or - for standard input")
        for option in _OF_ONE_REPORT:
            if self["web"] and self[option] != _DEFAULTS[option]:
                raise usage.UsageError(
                    f"--{option} does not go with --web, which serves the report for as long as it runs"
                )
        if self.get("credCheckers") and not self["web"]:
            raise usage.UsageError("--auth is for --web: who may see the report")
        self["lang"] = self["lang"] or language(environ)
        for option, values in (("lang", LANGUAGES), *((each.name, each.values) for each in CHOICES)):
            if values and self[option] not in values:
                raise usage.UsageError(f"--{option}: {self[option]!r} is not one of {', '.join(values)}")
        try:
            self.order().check()
        except ConfigError as error:
            raise usage.UsageError(str(error)) from error

    def order(self) -> Order:
        """The report that is asked for."""
        return order(self, self["files"], self["lang"])


def _appending(choice: Choice) -> Any:
    """What `usage.Options` calls for an option that may be repeated."""

    def append(self: Options, value: str) -> None:
        self[choice.name].append(value)

    append.__doc__ = choice.help
    return append


for _choice in CHOICES:
    if _choice.kind == "many":
        setattr(Options, f"opt_{_choice.key}", _appending(_choice))


@program
def makeService(options: Options) -> IService:
    return _dashboard(options) if options["web"] else BatchService(partial(fulfil, options.order()))


def _dashboard(options: Options) -> IService:
    from twisted.internet import reactor

    from twisted_suite.accesslog.web import site  # a batch is over before this is read
    from twisted_suite.runtime.metrics import measured

    wanted = options.order()
    reports = ReportService(
        wanted.files,
        wanted.plan(),
        wanted.form.language,
        anonymize=wanted.anonymize,
        background=in_thread(reactor),
        clock=reactor,
    )
    pages = site(reports, options.accounts("accesslog", reactor), reactor)
    connections = Connections(pages, "accesslog", options.connection_limits(), reactor)
    root = MultiService()
    reports.setServiceParent(root)
    Listener(
        options["web"], connections, drain_timeout_s=options["drain-timeout"], reactor=reactor
    ).setServiceParent(root)
    return measured(root, options["metrics"], reactor)
