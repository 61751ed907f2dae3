"""The ``accesslog`` plugin: options and wiring. Adapter."""

from functools import partial
from os import environ
from secrets import token_bytes
from typing import Any, ClassVar

from twisted.application.service import IService, MultiService
from twisted.python import usage

from twisted_suite.accesslog.anonymous import KEY_BYTES
from twisted_suite.accesslog.choices import CHOICES, Choice, order
from twisted_suite.accesslog.client import fulfil
from twisted_suite.accesslog.geo import open_places
from twisted_suite.accesslog.order import MERGE, Order
from twisted_suite.accesslog.server import BatchService, Look, ReportService, in_thread
from twisted_suite.errors import ConfigError, ExitStatus
from twisted_suite.runtime.accounts.options import AccountOptions
from twisted_suite.runtime.connections import Connections
from twisted_suite.runtime.lifecycle import program
from twisted_suite.runtime.listening import DatagramListener, Listener
from twisted_suite.runtime.options import ConnectionOptions, Parameter, connection_parameters, number
from twisted_suite.runtime.text import LANGUAGES, language

# Asked of a service before it is spread over several processes.
ONE_PROCESS = "a log is followed once, and each process would count it: leave it at 1"
# What makes one report and ends, and so does not go with what stays.
_OF_ONE_RUN = ("invalid", "explain")
_OF_ONE_REPORT = ("out", "state", "compare")  # which following writes again and again
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
        *([choice.name, None, choice.help] for choice in CHOICES if choice.kind == "flag"),
        ["follow", None, "stay, and count what is added to the logs, through rotation"],
    ]

    def __init__(self) -> None:
        super().__init__()
        for name in ("web", "syslog", *_MANY):
            self[name] = []

    def opt_web(self, endpoint: str) -> None:
        """
        serve the report over HTTP at this Twisted server endpoint, such as tcp:8012, and keep it up to date;
        repeatable
        """
        self["web"].append(endpoint)

    def opt_syslog(self, endpoint: str) -> None:
        """
        follow what is sent by syslog to udp:PORT or to a Twisted server endpoint such as tcp:5514; repeatable
        """
        self["syslog"].append(endpoint)

    def parseArgs(self, *names: str) -> None:
        self["files"] = names

    def postOptions(self) -> None:
        if self["syslog"]:
            self["follow"] = 1
        elif not self["files"] and self["explain"] is None:
            raise usage.UsageError("FILE is needed: a log, a folder of logs, or - for standard input")
        self._check_staying()
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

    def _check_staying(self) -> None:
        """What makes one report and ends does not go with what stays."""
        stays = "--follow" if self["follow"] else "--web"
        others = _OF_ONE_RUN if self["follow"] else (*_OF_ONE_RUN, *_OF_ONE_REPORT)
        for other in others:
            if (self["follow"] or self["web"]) and self[other] != _DEFAULTS[other]:
                raise usage.UsageError(
                    f"--{other} does not go with {stays}, which stays for as long as it runs"
                )

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
    if options["follow"]:
        return _following(options)
    return _dashboard(options) if options["web"] else BatchService(partial(fulfil, options.order()))


def _dashboard(options: Options) -> IService:
    from twisted.internet import reactor

    from twisted_suite.accesslog.web import site  # a batch is over before this is read
    from twisted_suite.runtime.observed import observed

    wanted = options.order()
    key = token_bytes(KEY_BYTES) if wanted.anonymize else None  # who is nobody is nowhere
    places = open_places(wanted.geoip) if wanted.geoip is not None and key is None else None
    reports = ReportService(
        wanted.files,
        wanted.plan(),
        Look(wanted.form.language, key, places),
        background=in_thread(reactor),
        clock=reactor,
    )
    root = MultiService()
    reports.setServiceParent(root)
    pages = site(reports, options.accounts("accesslog", reactor), reactor)
    _listen(options, options["web"], pages, root, reactor)
    return observed(root, options, reactor)


def _following(options: Options) -> IService:
    from twisted.internet import reactor

    from twisted_suite.accesslog.counting import Counting
    from twisted_suite.accesslog.live import FollowService, inotify
    from twisted_suite.accesslog.web import live_site
    from twisted_suite.runtime.observed import observed

    wanted = options.order()
    follow = FollowService(
        Counting(wanted),
        wanted.form.language,
        background=in_thread(reactor),
        reactor=reactor,
        watch=inotify(reactor),
        report_at_end=not (options["web"] or options["metrics"] or options["syslog"]),
    )
    follow.on_end = reactor.stop
    root: Any = MultiService()
    root.one_process = ONE_PROCESS
    follow.setServiceParent(root)
    if options["web"]:
        pages = live_site(follow, options.accounts("accesslog", reactor), reactor)
        _listen(options, options["web"], pages, root, reactor)
    _collect(options, follow, root, reactor)
    return observed(root, options, reactor)


def _collect(options: Options, follow: Any, root: MultiService, reactor: Any) -> None:
    """Listen for syslog."""
    from twisted_suite.accesslog.collector import DatagramCollector, StreamCollectorFactory

    streams = []
    for endpoint in options["syslog"]:
        kind, _, port = endpoint.partition(":")
        if kind != "udp":
            streams.append(endpoint)
        elif port.isdigit():
            DatagramListener(int(port), DatagramCollector(follow), reactor).setServiceParent(root)
        else:
            raise ConfigError(f"--syslog: {endpoint!r} is not udp:PORT", ExitStatus.USAGE)
    if streams:
        _listen(options, streams, StreamCollectorFactory(follow, reactor), root, reactor)


def _listen(options: Options, endpoints: list[str], factory: Any, root: MultiService, reactor: Any) -> None:
    connections = Connections(factory, "accesslog", options.connection_limits(), reactor)
    drain_timeout_s = options["drain-timeout"]
    Listener(endpoints, connections, drain_timeout_s=drain_timeout_s, reactor=reactor).setServiceParent(root)
