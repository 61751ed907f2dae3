"""The ``accesslog`` plugin: options and wiring."""

from functools import partial
from os import environ
from typing import Any, ClassVar

from twisted.application.service import IService, MultiService
from twisted.python import usage

from twisted_suite.accesslog.client import STANDARD_OUTPUT, run
from twisted_suite.accesslog.formats import Format
from twisted_suite.accesslog.report import OUTPUTS
from twisted_suite.accesslog.server import BatchService, ReportService, in_thread
from twisted_suite.runtime.connections import Connections
from twisted_suite.runtime.lifecycle import program
from twisted_suite.runtime.listening import Listener
from twisted_suite.runtime.options import ConnectionOptions, Parameter, connection_parameters
from twisted_suite.runtime.text import LANGUAGES, language


class Options(ConnectionOptions):
    synopsis = "[--format NAME] [--output NAME] [--out FILE] [--lang ko|en] [--web ENDPOINT]... FILE..."
    longdesc = (
        "Statistics of web-server access logs: page views, visitors, bytes of every client. Every line is "
        "counted, as ok, recovered or invalid. FILE may be - (standard input), a glob, a folder of rotated "
        "logs, or compressed (gz, bz2, xz, zst)."
    )
    optParameters: ClassVar[list[Parameter]] = [
        ["format", None, "auto", f"the format of the lines: {', '.join(each.value for each in Format)}"],
        ["output", None, "text", f"the form of the report: {', '.join(OUTPUTS)}"],
        ["out", None, None, "write the report to this file, all at once, and not to standard output"],
        ["lang", None, None, f"the language of the report: {', '.join(LANGUAGES)}; else the environment's"],
        *connection_parameters(idle_timeout_s=60.0, first_byte_timeout_s=30.0),
    ]

    def __init__(self) -> None:
        super().__init__()
        self["web"] = []

    def opt_web(self, endpoint: str) -> None:
        """
        serve the report over HTTP at this Twisted server endpoint, such as tcp:8012, and keep it up to date;
        repeatable
        """
        self["web"].append(endpoint)

    def parseArgs(self, *names: str) -> None:
        self["files"] = names

    def postOptions(self) -> None:
        if not self["files"]:
            raise usage.UsageError("FILE is needed: a log, a folder of logs, or - for standard input")
        if self["web"] and self["out"]:
            raise usage.UsageError(
                "--out does not go with --web, which serves the report for as long as it runs"
            )
        self["lang"] = self["lang"] or language(environ)
        for option, choices in (
            ("format", [each.value for each in Format]),
            ("output", OUTPUTS),
            ("lang", LANGUAGES),
        ):
            if self[option] not in choices:
                raise usage.UsageError(f"--{option}: {self[option]!r} is not one of {', '.join(choices)}")


@program
def makeService(options: Options) -> IService:
    return _dashboard(options) if options["web"] else BatchService(partial(_report, options))


def _report(options: Options) -> Any:
    return run(
        options["files"],
        log_format=Format(options["format"]),
        output=options["output"],
        out=options["out"] or STANDARD_OUTPUT,
        language=options["lang"],
    )


def _dashboard(options: Options) -> IService:
    from twisted.internet import reactor

    from twisted_suite.accesslog.web import site  # a batch is over before this is read
    from twisted_suite.runtime.metrics import measured

    reports = ReportService(
        options["files"],
        Format(options["format"]),
        options["lang"],
        background=in_thread(reactor),
        clock=reactor,
    )
    connections = Connections(site(reports, reactor), "accesslog", options.connection_limits(), reactor)
    root = MultiService()
    reports.setServiceParent(root)
    Listener(
        options["web"], connections, drain_timeout_s=options["drain-timeout"], reactor=reactor
    ).setServiceParent(root)
    return measured(root, options["metrics"], reactor)
