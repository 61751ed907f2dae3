"""What looks on starts first and ends last; over services that do nothing else."""

from typing import Any

from twisted.application.service import IService, Service
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.runtime.admin.admin import AdminService
from twisted_suite.runtime.metrics import MetricsService
from twisted_suite.runtime.observed import OBSERVERS, Observed, observed


class _Told(Service):
    """Notes what it is told."""

    def __init__(self, name: str, events: list[str]) -> None:
        self.title = name
        self.events = events
        self.stopped: Deferred[None] = Deferred()

    def startService(self) -> None:
        self.events.append(f"{self.title} starts")

    def stopService(self) -> "Deferred[None]":
        self.events.append(f"{self.title} stops")
        return self.stopped

    def program_drains(self) -> None:
        self.events.append(f"{self.title} hears")


class ObservedTests(SynchronousTestCase):
    def test_order(self) -> None:
        """Observers are there before the service and until it has drained, and know that it drains."""
        events: list[str] = []
        service, observer = _Told("service", events), _Told("observer", events)
        both = Observed(service, [observer])
        both.startService()
        ended = both.stopService()
        self.assertEqual(events, ["observer starts", "service starts", "observer hears", "service stops"])
        service.stopped.callback(None)
        self.assertEqual(events[4:], ["observer stops"])
        self.assertNoResult(ended)
        observer.stopped.callback(None)
        self.successResultOf(ended)

    def test_only_where_asked(self) -> None:
        """Without an endpoint a service is what it was."""
        service: Any = Service()
        self.assertIs(observed(service, dict.fromkeys(OBSERVERS), Clock()), service)
        self.assertIs(observed(service, {"metrics": None, "admin": ""}, Clock()), service)

    def test_both(self) -> None:
        """Each option brings its observer."""
        service: Any = Service()
        both: Any = observed(service, {"metrics": "tcp:0", "admin": "tcp:0"}, Clock())
        self.assertEqual([type(each) for each in both], [MetricsService, AdminService, Service])
        self.assertTrue(IService.providedBy(both))
