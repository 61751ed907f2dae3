"""Our limits, drain and metrics for a plugin that knows nothing of them, such as Twisted's ``web``. Adapter.

Called by the suite, for every plugin of others that its file names. What such a plugin listens at is found in
its tree of services, before it starts.
"""

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from twisted.application.internet import StreamServerEndpointService
from twisted.application.service import IService, MultiService, Service
from twisted.internet.defer import Deferred, DeferredList, maybeDeferred
from twisted.web.http import H2_ENABLED
from twisted.web.server import Site

from twisted_suite.runtime.accepting import Patience
from twisted_suite.runtime.connection import peer_name
from twisted_suite.runtime.connections import Connections
from twisted_suite.runtime.inherit import listening_below, reactor_of
from twisted_suite.runtime.limits import BACKLOG
from twisted_suite.runtime.options import ConnectionOptions, Parameter, limit_parameters
from twisted_suite.runtime.web import DrainableChannel

# Nothing is known of the protocol: as for echo.
IDLE_TIMEOUT_S = 3600.0
FIRST_BYTE_TIMEOUT_S = 600.0
_TWISTEDS_BACKLOG = 50
# What twisted.application.internet makes services of streams for.
_STREAMS = ("TCP", "SSL", "UNIX")


class LimitOptions(ConnectionOptions):
    """The options of a table that are ours."""

    optParameters: ClassVar[list[Parameter]] = limit_parameters(
        idle_timeout_s=IDLE_TIMEOUT_S, first_byte_timeout_s=FIRST_BYTE_TIMEOUT_S
    )


LIMIT_NAMES = frozenset(row[0] for row in LimitOptions.optParameters)


def split(words: Iterable[str], theirs: Iterable[str]) -> tuple[list[str], list[str]]:
    """The words of a command line that are ours, and the plugin's: an option of that name is its own."""
    ours = tuple(f"--{name}=" for name in LIMIT_NAMES - set(theirs))
    mine: list[str] = []
    others: list[str] = []
    for word in words:
        (mine if word.startswith(ours) and "--" not in others else others).append(word)
    return mine, others


class Limited(MultiService):
    """A service of another plugin, whose connections have our owner."""

    def __init__(self, name: str, service: IService, options: LimitOptions, reactor: Any) -> None:
        super().__init__()
        self._name = name
        self._service = service
        self._options = options
        self._reactor = reactor
        self._owners: dict[int, Connections] = {}  # by factory: endpoints may share one
        self._patient: list[Patience] = []
        for listening in listening_below([service]):
            self._wrap(listening)
        service.setServiceParent(self)
        for owner in self._owners.values():
            _Owner(owner).setServiceParent(self)

    def _wrap(self, listening: Any) -> None:
        if isinstance(listening, StreamServerEndpointService):
            listening.factory = self._owner_of(listening.factory)
            innermost, _ = reactor_of(listening.endpoint)
            if vars(innermost).get("_backlog") == _TWISTEDS_BACKLOG:
                innermost._backlog = BACKLOG
        elif listening.method in _STREAMS and len(listening.args) > 1:
            where, factory, *more = listening.args
            listening.args = (where, self._owner_of(factory), *more)

    def _owner_of(self, factory: Any) -> Connections:
        if isinstance(factory, Site) and not H2_ENABLED:
            site: Any = factory
            site.protocol = DrainableChannel  # or connections that are only kept alive hold up the end
        if id(factory) not in self._owners:
            limits = self._options.connection_limits()
            self._owners[id(factory)] = Connections(factory, self._name, limits, self._reactor)
        return self._owners[id(factory)]

    def startService(self) -> None:
        super().startService()
        for port in _ports(self._service):
            patience = Patience.of(port)
            if patience is not None:
                self._patient.append(patience)

    def addresses(self) -> list[str]:
        """Where it listens now."""
        hosts = [port.getHost() for port in _ports(self._service) if port is not None]
        return [peer_name(host) if hasattr(host, "port") else "unix" for host in hosts]

    def stopService(self) -> Deferred[Any]:
        """Stop accepting, then drain. Fires when the last connection is gone."""
        for patience in self._patient:
            patience.stop()
        stopped = maybeDeferred(super().stopService)
        timeout_s = self._options["drain-timeout"]
        return stopped.addCallback(
            lambda _: DeferredList([owner.drain(timeout_s) for owner in self._owners.values()])
        )


class _Owner(Service):
    """Where metrics look for an owner of connections."""

    def __init__(self, connections: Connections) -> None:
        self.connections = connections


def _ports(service: IService) -> Iterator[Any]:
    """The ports that are listened at now."""
    for listening in listening_below([service]):
        if isinstance(listening, StreamServerEndpointService):
            yield getattr(listening._waitingForPort, "result", None)
        else:
            yield getattr(listening, "_port", None)
