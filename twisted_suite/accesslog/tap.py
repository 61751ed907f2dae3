"""The ``accesslog`` plugin: options and wiring."""

from functools import partial
from os import environ
from typing import Any, ClassVar

from twisted.application.service import IService, MultiService
from twisted.python import usage

from twisted_suite.accesslog.client import fulfil
from twisted_suite.accesslog.folder import STANDARD_OUTPUT
from twisted_suite.accesslog.order import MERGE, Order
from twisted_suite.accesslog.reading import NAMES
from twisted_suite.accesslog.rendering import Form
from twisted_suite.accesslog.report import OUTPUTS
from twisted_suite.accesslog.selection import BOTS, Selection
from twisted_suite.accesslog.server import BatchService, ReportService, in_thread
from twisted_suite.errors import ConfigError
from twisted_suite.runtime.accounts.options import AccountOptions
from twisted_suite.runtime.connections import Connections
from twisted_suite.runtime.lifecycle import program
from twisted_suite.runtime.listening import Listener
from twisted_suite.runtime.options import ConnectionOptions, Parameter, connection_parameters
from twisted_suite.runtime.text import LANGUAGES, language

# What makes one report and ends, and so does not go with --web.
_OF_ONE_REPORT = ("out", "invalid", "explain", "state", "compare")


def _count(text: str) -> int:
    """Coerces: usage.Options shows the error's text."""
    number = int(text)
    if number < 1:
        raise ValueError("at least 1")
    return number


class Options(AccountOptions, ConnectionOptions):
    synopsis = "[--format NAME] [--output NAME] [--out FILE] [--lang ko|en] [--web ENDPOINT]... FILE..."
    longdesc = (
        "Statistics of web-server access logs: page views, visitors, bytes of every client, and panels of "
        "paths, browsers, days and the like. Every line is counted, as ok, recovered or invalid. FILE may be "
        "- (standard input), a glob, a folder of rotated logs, or compressed (gz, bz2, xz, zst). The word "
        f"{MERGE!r} in place of the first FILE makes the others states, and reports on all of them."
    )
    optParameters: ClassVar[list[Parameter]] = [
        ["format", None, "auto", f"{', '.join(NAMES)}, an Apache LogFormat or an nginx log_format"],
        ["output", None, "text", f"the form of the report: {', '.join(OUTPUTS)}"],
        ["out", None, None, "write the report to this file, all at once, and not to standard output"],
        ["lang", None, None, f"the language of the report: {', '.join(LANGUAGES)}; else the environment's"],
        ["top", None, None, "show so many rows of each panel", _count],
        ["invalid", None, None, "write every invalid line to this file, with where it stood and the reason"],
        ["explain", None, None, "say how this one line is read, and end"],
        ["state", None, None, "keep the figures in this file, and never count a line twice"],
        ["compare", None, None, "compare two periods: 2015-11-15,2015-11-16"],
        ["since", None, None, "count requests from this time on: 2015-11, 2015-11-15, 2015-11-15T03:45"],
        ["until", None, None, "count requests up to the end of this time"],
        ["bots", None, "keep", f"robots: {', '.join(BOTS)}"],
        *connection_parameters(idle_timeout_s=60.0, first_byte_timeout_s=30.0),
    ]
    optFlags: ClassVar[list[list[Any]]] = [
        ["panels", None, "show the panels in text and JSON too"],
        ["anonymize", None, "show pseudonyms for clients and users, and no query strings"],
    ]

    def __init__(self) -> None:
        super().__init__()
        for name in ("web", "host", "path", "status", "client"):
            self[name] = []

    def opt_web(self, endpoint: str) -> None:
        """
        serve the report over HTTP at this Twisted server endpoint, such as tcp:8012, and keep it up to date;
        repeatable
        """
        self["web"].append(endpoint)

    def opt_host(self, pattern: str) -> None:
        """
        count requests to virtual hosts like this, such as *.example.com; repeatable
        """
        self["host"].append(pattern)

    def opt_path(self, pattern: str) -> None:
        """
        count requests for paths like this, such as /shop/*; repeatable
        """
        self["path"].append(pattern)

    def opt_status(self, status: str) -> None:
        """
        count requests with this status, such as 404 or 5xx; repeatable
        """
        self["status"].append(status)

    def opt_client(self, network: str) -> None:
        """
        count requests from this address or network, such as 192.0.2.0/24; repeatable
        """
        self["client"].append(network)

    def parseArgs(self, *names: str) -> None:
        self["files"] = names

    def postOptions(self) -> None:
        if not self["files"] and self["explain"] is None:
            raise usage.UsageError("FILE is needed: a log, a folder of logs, or - for standard input")
        for option in _OF_ONE_REPORT:
            if self["web"] and self[option] is not None:
                raise usage.UsageError(
                    f"--{option} does not go with --web, which serves the report for as long as it runs"
                )
        if self.get("credCheckers") and not self["web"]:
            raise usage.UsageError("--auth is for --web: who may see the report")
        self["lang"] = self["lang"] or language(environ)
        for option, choices in (("output", OUTPUTS), ("lang", LANGUAGES), ("bots", BOTS)):
            if self[option] not in choices:
                raise usage.UsageError(f"--{option}: {self[option]!r} is not one of {', '.join(choices)}")
        try:
            self.order().check()
        except ConfigError as error:
            raise usage.UsageError(str(error)) from error

    def order(self) -> Order:
        """The report that is asked for."""
        return Order(
            self["files"],
            self["format"],
            Form(self["output"], self["lang"], bool(self["panels"]), self["top"], self["compare"]),
            Selection(
                self["since"],
                self["until"],
                self["host"],
                self["path"],
                self["status"],
                self["client"],
                self["bots"],
            ),
            self["out"] or STANDARD_OUTPUT,
            self["invalid"],
            self["explain"],
            self["state"],
            bool(self["anonymize"]),
        )


@program
def makeService(options: Options) -> IService:
    return _dashboard(options) if options["web"] else BatchService(partial(fulfil, options.order()))


def _dashboard(options: Options) -> IService:
    from twisted.internet import reactor

    from twisted_suite.accesslog.web import site  # a batch is over before this is read
    from twisted_suite.runtime.metrics import measured

    order = options.order()
    reports = ReportService(
        order.files,
        order.plan(),
        order.form.language,
        anonymize=order.anonymize,
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
