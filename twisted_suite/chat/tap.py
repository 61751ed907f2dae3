"""The ``chat`` plugin: options and wiring. Adapter."""

import re
from pathlib import Path
from typing import Any, ClassVar

from twisted.application.service import IService
from twisted.internet.protocol import Factory
from twisted.python import usage

from twisted_suite import __version__
from twisted_suite.chat.codecs.words import LANGUAGES
from twisted_suite.chat.exchange import Exchange
from twisted_suite.chat.flood import FloodLimits
from twisted_suite.chat.history import History, Kept
from twisted_suite.chat.house import HubLimits
from twisted_suite.chat.hub import Hub
from twisted_suite.chat.irc.caps import Cap
from twisted_suite.chat.irc.conversation import ServerFacts
from twisted_suite.chat.irc.server import IrcFactory
from twisted_suite.chat.server import ChatFactory
from twisted_suite.errors import ConfigError, ExitStatus
from twisted_suite.runtime.accounts.options import AccountOptions
from twisted_suite.runtime.connections import Connections
from twisted_suite.runtime.lifecycle import program
from twisted_suite.runtime.listening import Listener
from twisted_suite.runtime.observed import observed
from twisted_suite.runtime.options import ListenOptions, Parameter, connection_parameters, number, seconds

# A quiet room must not throw people out; a peer that vanished without a word is still noticed the same day.
IDLE_TIMEOUT_S = 12 * 3600.0
# Whoever connects is asked for a name; people may take their time, scanners may not take a place for ever.
FIRST_BYTE_TIMEOUT_S = 600.0
# What one member may say: a paste of a thousand lines passes at once, a flood is slowed to what people can
# scroll past. Slowed, not dropped.
MAX_BYTE_RATE = 256 << 10
MAX_MESSAGE_RATE = 200
# What may come at once, in seconds at that rate.
MESSAGE_BURST_S = 10
# What an IRC client calls the server: with a dot, as the grammar wants it. The host's own is nobody's affair.
SERVER_NAME = "chat.twisted-suite"
# Who comes and goes is announced one by one, or, in rooms of more members than this, as one line a second.
ANNOUNCEMENTS = {"each": None, "collapse": 100}
ANNOUNCE_HELP = (
    "each: everybody who comes or goes is told of; collapse: in rooms above 100 as one line a second"
)
# Asked of a service before it is spread over several processes.
ONE_PROCESS = "chat is one conversation, and each process would have its own: leave it at 1"


def language(code: str) -> str:
    """A converter for ``optParameters``: a language that the server speaks."""
    if code not in LANGUAGES:
        raise usage.UsageError(f"--lang: {code!r} is not one of {', '.join(LANGUAGES)}")
    return code


def announcement(manner: str) -> str:
    """A converter for ``optParameters``: how arrivals and departures are told."""
    if manner not in ANNOUNCEMENTS:
        raise usage.UsageError(f"--announce: {manner!r} is not one of {', '.join(ANNOUNCEMENTS)}")
    return manner


def server_name(name: str) -> str:
    """A converter for ``optParameters``: a name that IRC can tell from a nick."""
    if not re.fullmatch(r"(?=.{3,63}$)[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", name):
        raise usage.UsageError(f"--irc-name: {name!r} is not a name such as chat.example.org")
    return name


class Options(AccountOptions, ListenOptions):
    synopsis = (
        "[--listen ENDPOINT]... [--irc ENDPOINT]... [--web ENDPOINT]... [--auth KIND]... [--lang ko|en]"
    )
    longdesc = (
        "One chat for the lecture's clients, nc and telnet: a message ends with its line, or, "
        "from those who never send a line end, with a quiet time; /quit leaves. With --irc, IRC clients too,"
        " with --web browsers."
    )
    optParameters: ClassVar[list[Parameter]] = [
        ["lang", None, "ko", "language of the server's own lines: ko or en", language],
        ["irc-name", None, SERVER_NAME, "what IRC clients call this server", server_name],
        ["motd", None, None, "a file whose lines IRC clients are shown as the message of the day"],
        ["announce", None, "each", ANNOUNCE_HELP, announcement],
        [
            "history",
            None,
            None,
            "keep what is said in this file of SQLite, and go on from it after a restart",
        ],
        ["history-days", None, 0, "forget what is older; 0 for never", number("history-days")],
        [
            "history-events",
            None,
            0,
            "forget what is more, of each room; 0 for never",
            number("history-events"),
        ],
        ["slow-after", None, 60.0, "cut off who has not read for so many seconds", seconds("slow-after")],
        *connection_parameters(
            idle_timeout_s=IDLE_TIMEOUT_S,
            first_byte_timeout_s=FIRST_BYTE_TIMEOUT_S,
            max_byte_rate=MAX_BYTE_RATE,
            max_message_rate=MAX_MESSAGE_RATE,
        ),
    ]

    def __init__(self) -> None:
        super().__init__()
        self["irc"] = []
        self["web"] = []
        self["web-origin"] = []

    def opt_irc(self, endpoint: str) -> None:
        """
        listen for IRC clients at this Twisted server endpoint, such as tcp:6667; repeatable
        """
        self["irc"].append(endpoint)

    def opt_web(self, endpoint: str) -> None:
        """
        serve a page for browsers, and its WebSocket, at this Twisted server endpoint, such as tcp:8011;
        repeatable
        """
        self["web"].append(endpoint)

    def opt_web_origin(self, origin: str) -> None:
        """
        let pages of this origin, such as https://example.org, use the WebSocket too; repeatable
        """
        self["web-origin"].append(origin)

    def hub_limits(self) -> HubLimits:
        rate = self["max-message-rate"]
        return HubLimits(
            slow_after_s=self["slow-after"],
            flood=FloodLimits(MESSAGE_BURST_S * rate, rate),
            crowd_above=ANNOUNCEMENTS[self["announce"]],
        )

    def motd(self) -> tuple[str, ...]:
        """The lines of ``--motd``; raises `ConfigError` when it cannot be read."""
        path = self["motd"]
        if path is None:
            return ()
        try:
            return tuple(Path(path).read_text(encoding="utf-8").splitlines())
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8"
            raise ConfigError(f"--motd {path}: {reason}", ExitStatus.NO_INPUT) from error


@program
def makeService(options: Options) -> IService:
    from twisted.internet import reactor

    exchange = Exchange(Hub(options.hub_limits(), reactor.seconds()), reactor)
    history = _history(options, exchange, reactor)
    root: Any = Kept(history)

    def listen(endpoints: Any, factory: Factory, name: str) -> None:
        connections = Connections(factory, name, options.connection_limits(), reactor)
        drain_timeout_s = options["drain-timeout"]
        Listener(endpoints, connections, drain_timeout_s=drain_timeout_s, reactor=reactor).setServiceParent(
            root
        )

    listen(options.endpoints(), ChatFactory(exchange, lang=options["lang"]), "chat")
    accounts = options.accounts("chat", reactor)
    if options["irc"]:
        offered = ~Cap.NONE if accounts is not None else ~Cap.SASL
        facts = ServerFacts(
            options["irc-name"],
            f"twisted-suite-{__version__}",
            reactor.seconds(),
            options.motd(),
            caps=offered,
        )
        listen(options["irc"], IrcFactory(exchange, facts, accounts), "chat-irc")
    if options["web"]:
        from twisted_suite.chat.web import ChatSite, PageSockets  # who serves no page need not wait for it

        sockets = PageSockets(exchange, lang=options["lang"], origins=options["web-origin"])
        sockets.search = history.search if history is not None else None
        site: Any = ChatSite(sockets, reactor)
        listen(options["web"], site, "chat-web")
    root.one_process = ONE_PROCESS
    return observed(root, options, reactor)


def _history(options: Options, exchange: Exchange, reactor: Any) -> History | None:
    if options["history"] is None:
        return None
    keep_days, keep_events = options["history-days"], options["history-events"]
    return History(
        options["history"], exchange, keep_days=keep_days, keep_events=keep_events, reactor=reactor
    )
