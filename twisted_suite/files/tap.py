"""The ``files`` plugin: options and wiring."""

from typing import ClassVar

from twisted.application.service import IService
from twisted.internet.threads import deferToThread
from twisted.python import usage

from twisted_suite.files.folder import Folder
from twisted_suite.files.server import BareNameFactory
from twisted_suite.runtime.connections import Connections
from twisted_suite.runtime.lifecycle import program
from twisted_suite.runtime.listening import Listener
from twisted_suite.runtime.metrics import measured
from twisted_suite.runtime.options import ListenOptions, Parameter, connection_parameters


class Options(ListenOptions):
    synopsis = "--root DIR [--listen ENDPOINT]..."
    longdesc = "Stream the files of one folder: a client sends a bare name and gets the bytes. Read-only."
    optParameters: ClassVar[list[Parameter]] = [
        ["root", None, None, "the folder to serve; nothing outside it can be reached"],
        *connection_parameters(idle_timeout_s=60.0, first_byte_timeout_s=30.0),
    ]

    def postOptions(self) -> None:
        if not self["root"]:
            raise usage.UsageError("--root DIR is needed: the folder to serve")


@program
def makeService(options: Options) -> IService:
    from twisted.internet import reactor

    folder = Folder(options["root"])
    folder.check()
    factory = BareNameFactory(lambda name: deferToThread(folder.open, name), reactor)
    connections = Connections(factory, "files", options.connection_limits(), reactor)
    listener = Listener(
        options.endpoints(), connections, drain_timeout_s=options["drain-timeout"], reactor=reactor
    )
    return measured(listener, options["metrics"], reactor)
