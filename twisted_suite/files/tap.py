"""The ``files`` plugin: options and wiring. Adapter."""

from typing import Any, ClassVar

from twisted.application.service import IService, MultiService
from twisted.internet.threads import deferToThread
from twisted.python import usage

from twisted_suite.files.beneath import openat2
from twisted_suite.files.folder import Folder
from twisted_suite.files.server import BareNameFactory
from twisted_suite.runtime.accounts.options import AccountOptions
from twisted_suite.runtime.connections import Connections
from twisted_suite.runtime.lifecycle import program
from twisted_suite.runtime.listening import Listener
from twisted_suite.runtime.observed import observed
from twisted_suite.runtime.options import ListenOptions, Parameter, connection_parameters, size
from twisted_suite.runtime.respawn import workers_wanted
from twisted_suite.runtime.throttle import Throttles


class Options(AccountOptions, ListenOptions):
    synopsis = "--root DIR [--listen ENDPOINT]... [--http ENDPOINT]..."
    longdesc = (
        "Stream the files of one folder: a client sends a bare name and gets the bytes; with --http browsers"
        " and downloaders are served too. Read-only, but for --upload."
    )
    optParameters: ClassVar[list[Parameter]] = [
        ["root", None, None, "the folder to serve; nothing outside it can be reached"],
        [
            "send-rate",
            None,
            0,
            "bytes a second that one client is sent, over all its connections; 0 for no limit",
            size("send-rate"),
        ],
        ["send-rate-total", None, 0, "the same for all clients together", size("send-rate-total")],
        [
            "max-upload",
            None,
            16 << 30,
            "bytes that one uploaded file may have",
            size("max-upload"),
        ],
        *connection_parameters(idle_timeout_s=60.0, first_byte_timeout_s=30.0),
    ]
    optFlags: ClassVar[list[list[Any]]] = [
        ["show-hidden", None, "serve names that begin with a dot too; .well-known always is"],
        [
            "upload",
            None,
            "take files by HTTP from those with an account (--auth); nothing is overwritten unasked",
        ],
        ["qr", None, "show the address of --http in the terminal, as a QR code for a phone too"],
        ["private", None, "let only those with an account read by HTTP; bare names are then off"],
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
        if self["qr"] and not self["http"]:
            raise usage.UsageError("--qr needs --http ENDPOINT: a phone's browser knows no bare names")
        for flag in ("upload", "private"):
            if self[flag] and not self.get("credCheckers"):
                raise usage.UsageError(
                    f"--{flag} needs accounts: --auth passwd:FILE (see twisted-suite passwd)"
                )
            if self[flag] and not self["http"]:
                raise usage.UsageError(f"--{flag} needs --http ENDPOINT: bare names know no accounts")
        if self.is_private and self["listen"]:
            raise usage.UsageError(
                "--listen: bare names know no accounts; leave it out, or serve without --auth"
            )

    @property
    def is_private(self) -> bool:
        """Whether only accounts may read: as asked, or where nothing else is behind the accounts."""
        return bool(self["private"] or (self.get("credCheckers") and not self["upload"]))


@program
def makeService(options: Options) -> IService:
    from twisted.internet import reactor

    folder = Folder(options["root"], show_hidden=bool(options["show-hidden"]), kernel=openat2())
    folder.check()

    # Each of several processes has its share of the whole.
    total = options["send-rate-total"] / workers_wanted(options)
    throttles = Throttles(reactor, per_client=options["send-rate"], total=total)

    def listener(endpoints: Any, factory: Any, name: str) -> Listener:
        connections = Connections(factory, name, options.connection_limits(), reactor, throttles)
        return Listener(endpoints, connections, drain_timeout_s=options["drain-timeout"], reactor=reactor)

    services: Any = MultiService()
    if not options.is_private:
        bare_names = BareNameFactory(lambda name: deferToThread(folder.open, name), reactor)
        listener(options.endpoints(), bare_names, "files").setServiceParent(services)
    if options["http"]:
        from twisted_suite.files.factory import HTTP1Factory  # without --http nobody pays for what it imports

        site = HTTP1Factory(_answers(options, folder, reactor), reactor)
        http = listener(options["http"], site, "files-http")
        http.setServiceParent(services)
        if options["qr"]:
            from twisted_suite.files.invitation import Invitation

            Invitation(http, options["http"]).setServiceParent(services)
    return observed(services, options, reactor)


def _answers(options: Options, folder: Folder, reactor: Any) -> Any:
    """Who answers HTTP: the site, behind a door where somebody has to log in."""
    from twisted_suite.files.hashing import Hasher
    from twisted_suite.files.site import Site

    site = Site(folder, deferToThread, Hasher(reactor), may_upload=bool(options["upload"]))
    accounts = options.accounts("files-http", reactor)
    if accounts is None:
        return site
    from twisted_suite.files.door import Door
    from twisted_suite.files.inbox import Inbox

    inbox = Inbox(folder, deferToThread, max_bytes=options["max-upload"]) if options["upload"] else None
    return Door(site, accounts, inbox, is_private=options.is_private)
