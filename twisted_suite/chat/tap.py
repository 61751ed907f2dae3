"""The ``chat`` plugin: options and wiring."""

from typing import Any, ClassVar

from twisted.application.service import IService, MultiService
from twisted.python import usage

from twisted_suite.chat.codecs.words import LANGUAGES
from twisted_suite.chat.exchange import Exchange
from twisted_suite.chat.flood import FloodLimits
from twisted_suite.chat.house import HubLimits
from twisted_suite.chat.hub import Hub
from twisted_suite.chat.server import ChatFactory
from twisted_suite.runtime.connections import Connections
from twisted_suite.runtime.lifecycle import program
from twisted_suite.runtime.listening import Listener
from twisted_suite.runtime.metrics import measured
from twisted_suite.runtime.options import ListenOptions, Parameter, connection_parameters, seconds

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
# Asked of a service before it is spread over several processes.
ONE_PROCESS = "chat is one conversation, and each process would have its own: leave it at 1"


def language(code: str) -> str:
    """A converter for ``optParameters``: a language that the server speaks."""
    if code not in LANGUAGES:
        raise usage.UsageError(f"--lang: {code!r} is not one of {', '.join(LANGUAGES)}")
    return code


class Options(ListenOptions):
    synopsis = "[--listen ENDPOINT]... [--lang ko|en]"
    longdesc = (
        "One chat for the lecture's clients, nc and telnet: a message ends with its line, or, "
        "from those who never send a line end, with a quiet time. /quit leaves."
    )
    optParameters: ClassVar[list[Parameter]] = [
        ["lang", None, "ko", "language of the server's own lines: ko or en", language],
        ["slow-after", None, 60.0, "cut off who has not read for so many seconds", seconds("slow-after")],
        *connection_parameters(
            idle_timeout_s=IDLE_TIMEOUT_S,
            first_byte_timeout_s=FIRST_BYTE_TIMEOUT_S,
            max_byte_rate=MAX_BYTE_RATE,
            max_message_rate=MAX_MESSAGE_RATE,
        ),
    ]


@program
def makeService(options: Options) -> IService:
    from twisted.internet import reactor

    root: Any = MultiService()
    limits = HubLimits(
        slow_after_s=options["slow-after"],
        flood=FloodLimits(MESSAGE_BURST_S * options["max-message-rate"], options["max-message-rate"]),
    )
    exchange = Exchange(Hub(limits, reactor.seconds()), reactor)
    connections = Connections(
        ChatFactory(exchange, lang=options["lang"]), "chat", options.connection_limits(), reactor
    )
    Listener(
        options.endpoints(), connections, drain_timeout_s=options["drain-timeout"], reactor=reactor
    ).setServiceParent(root)
    root.one_process = ONE_PROCESS
    return measured(root, options["metrics"], reactor)
