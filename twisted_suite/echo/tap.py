"""The ``echo`` plugin: options and wiring. Adapter."""

from typing import ClassVar

from twisted.application.service import IService, MultiService

from twisted_suite.echo.server import EchoDatagrams, EchoFactory
from twisted_suite.runtime.connections import Connections
from twisted_suite.runtime.lifecycle import program
from twisted_suite.runtime.listening import DatagramListener, Listener
from twisted_suite.runtime.observed import observed
from twisted_suite.runtime.options import ListenOptions, Parameter, connection_parameters, number


class Options(ListenOptions):
    synopsis = "[--listen ENDPOINT]... [--udp PORT]... [--raw]"
    longdesc = "Send back every byte (RFC 862). A message that is exactly /quit ends the connection."
    optParameters: ClassVar[list[Parameter]] = connection_parameters(
        idle_timeout_s=3600.0, first_byte_timeout_s=600.0
    )
    optFlags: ClassVar[list[list[str | None]]] = [
        ["raw", None, "8-bit clean: /quit is echoed like anything else"]
    ]

    def __init__(self) -> None:
        super().__init__()
        self["udp"] = []

    def opt_udp(self, port: str) -> None:
        """also answer datagrams at this UDP port; repeatable"""
        self["udp"].append(number("udp", maximum=65535)(port))


@program
def makeService(options: Options) -> IService:
    from twisted.internet import reactor

    root = MultiService()
    connections = Connections(EchoFactory(raw=options["raw"]), "echo", options.connection_limits(), reactor)
    Listener(
        options.endpoints(), connections, drain_timeout_s=options["drain-timeout"], reactor=reactor
    ).setServiceParent(root)
    for port in options["udp"]:
        DatagramListener(port, EchoDatagrams(frozenset(options["udp"])), reactor).setServiceParent(root)
    return observed(root, options, reactor)
