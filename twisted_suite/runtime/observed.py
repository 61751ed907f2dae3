"""A service and what looks on: metrics and the admin page, there until the service has drained. Adapter."""

from collections.abc import Sequence
from typing import Any

from twisted.application.service import IService, MultiService, Service
from twisted.internet.defer import gatherResults, maybeDeferred

from twisted_suite.runtime.metrics import MetricsService, Source, collectors_below, snapshots_below

# The options that name where they are; in a program with workers they are its parent's.
OBSERVERS = ("metrics", "admin")


class Observed(MultiService):
    """Starts the observers first, so that the service can tell of them, and stops them last."""

    def __init__(self, service: IService, observers: Sequence[Any]) -> None:
        super().__init__()
        self._service = service
        self._observers = observers
        for each in (*observers, service):
            each.setServiceParent(self)

    def stopService(self) -> Any:
        Service.stopService(self)
        for observer in self._observers:
            observer.program_drains()
        return maybeDeferred(self._service.stopService).addBoth(lambda _: self._stop_observers())

    def _stop_observers(self) -> Any:
        return gatherResults([maybeDeferred(observer.stopService) for observer in self._observers])


def observed(service: IService, options: Any, reactor: Any, source: Source | None = None) -> IService:
    """`service`, with the observers that `options` ask for; by `source` where its tree has no figures."""
    source = source or snapshots_below([service])
    observers: list[Any] = []
    if options["metrics"]:
        observers.append(MetricsService(options["metrics"], source, reactor, collectors_below([service])))
    if options["admin"]:
        from twisted_suite.runtime.admin.admin import AdminService  # whoever has none does not wait for it

        observers.append(AdminService(options["admin"], source, reactor))
    if not observers:
        return service
    both: Any = Observed(service, observers)
    with_observers: IService = both
    return with_observers
