"""A pytest plugin: pytest-twisted tests must leave the reactor as they found it, as under trial.

By itself pytest-twisted passes a test that leaves a failed Deferred behind, a timer, an open socket or a
logged error (its issue 43). Each of them is reported here as an error of the test that left it.
"""

import gc
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_twisted import blockon
from twisted.internet.error import ConnectionAborted
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.task import deferLater
from twisted.logger import ILogObserver, LogEvent, globalLogPublisher
from twisted.python.failure import Failure
from zope.interface import implementer


@implementer(ILogObserver)
class LoggedFailures:
    """Every failure logged and not flushed. A Deferred that failed unseen logs it when it is collected."""

    def __init__(self) -> None:
        self._failures: list[Failure] = []

    def __call__(self, event: LogEvent) -> None:
        failure = event.get("log_failure")
        if failure is not None:
            self._failures.append(failure)

    def flush(self, *kinds: type[BaseException]) -> list[Failure]:
        """Take those of the given kinds (of any, without): the test expected them."""
        gc.collect()
        flushed = [failure for failure in self._failures if not kinds or failure.check(*kinds)]
        self._failures = [failure for failure in self._failures if failure not in flushed]
        return flushed


class Remains:
    """What a test left in the reactor, against what was there before it."""

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor
        self._settle()  # this also starts the reactor: its own sockets are there before the first test
        self._calls_before = self._calls()
        self._selectables_before = self._selectables()

    def clear(self) -> list[str]:
        """Take out of the reactor what the test left there, and name it."""
        self._settle()
        calls = self._calls() - self._calls_before
        for call in calls:
            call.cancel()
        selectables = self._selectables() - self._selectables_before
        for selectable in selectables:
            self._reactor.removeReader(selectable)
            self._reactor.removeWriter(selectable)
            selectable.connectionLost(Failure(ConnectionAborted()))
        self._settle()
        return [f"delayed call: {call}" for call in calls] + [f"open: {one!r}" for one in selectables]

    def _settle(self) -> None:
        """Let through what was already on its way, such as the ends of connections: twice, as trial does."""
        for _ in range(2):
            blockon(deferLater(self._reactor, 0))

    def _calls(self) -> set[IDelayedCall]:
        return set(self._reactor.getDelayedCalls())

    def _selectables(self) -> set[Any]:
        return {*self._reactor.getReaders(), *self._reactor.getWriters()}


@pytest.fixture
def logged_failures() -> Iterator[LoggedFailures]:
    """The failures logged while the test runs, for one that expects some: ``flush`` them."""
    logged = LoggedFailures()
    globalLogPublisher.addObserver(logged)
    yield logged
    globalLogPublisher.removeObserver(logged)


@pytest.fixture(autouse=True)
def clean_reactor(logged_failures: LoggedFailures) -> Iterator[None]:
    """Fail the test that leaves anything behind. Set up first, and so torn down after all of its fixtures."""
    from twisted.internet import reactor

    remains = Remains(reactor)
    yield
    problems = remains.clear()
    problems += [f"logged: {failure.getTraceback().rstrip()}" for failure in logged_failures.flush()]
    if problems:
        pytest.fail("the test left behind\n" + "\n".join(problems), pytrace=False)
