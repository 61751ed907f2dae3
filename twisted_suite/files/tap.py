"""The ``files`` plugin: options and wiring."""

from typing import Any, ClassVar

from twisted.application.service import IService, MultiService
from twisted.internet.threads import deferToThread
from twisted.python import usage

from twisted_suite.files.beneath import openat2
from twisted_suite.files.folder import Folder
from twisted_suite.files.server import BareNameFactory
from twisted_suite.runtime.connections import Connections
from twisted_suite.runtime.lifecycle import program
from twisted_suite.runtime.listening import Listener
from twisted_suite.runtime.metrics import measured
from twisted_suite.runtime.options import ListenOptions, Parameter, connection_parameters


class Options(ListenOptions):
    synopsis = "--root DIR [--listen ENDPOINT]... [--http ENDPOINT]..."
    longdesc = (
        "Stream the files of one folder: a client sends a bare name and gets the bytes; with --http browsers"
        " and downloaders are served too. Read-only."
    )
    optParameters: ClassVar[list[Parameter]] = [
        ["root", None, None, "the folder to serve; nothing outside it can be reached"],
        *connection_parameters(idle_timeout_s=60.0, first_byte_timeout_s=30.0),
    ]
    optFlags: ClassVar[list[list[Any]]] = [
        ["show-hidden", None, "serve names that begin with a dot too; .well-known always is"],
    ]

    def __init__(self) -> None:
        super().__init__()
        self["http"] = []

    def opt_http(self, endpoint: str) -> None:
        """
        serve the folder over HTTP/1.1 at this Twisted server endpoint, such as tcp:8010; repeatable
        """
        self["http"].append(endpoint)

    def postOptions(self) -> None:
        if not self["root"]:
            raise usage.UsageError("--root DIR is needed: the folder to serve")


@program
def makeService(options: Options) -> IService:
    from twisted.internet import reactor

    folder = Folder(options["root"], show_hidden=bool(options["show-hidden"]), kernel=openat2())
    folder.check()

    def listener(endpoints: Any, factory: Any, name: str) -> Listener:
        connections = Connections(factory, name, options.connection_limits(), reactor)
        return Listener(endpoints, connections, drain_timeout_s=options["drain-timeout"], reactor=reactor)

    bare_names = BareNameFactory(lambda name: deferToThread(folder.open, name), reactor)
    services: Any = MultiService()
    listener(options.endpoints(), bare_names, "files").setServiceParent(services)
    if options["http"]:
        from twisted_suite.files.hashing import Hasher
        from twisted_suite.files.site import Site  # without --http nobody pays for what it imports
        from twisted_suite.files.web import HTTP1Factory

        site = HTTP1Factory(Site(folder, deferToThread, Hasher(reactor)), reactor)
        listener(options["http"], site, "files-http").setServiceParent(services)
    return measured(services, options["metrics"], reactor)
