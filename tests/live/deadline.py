"""A pytest plugin: a test whose Deferred never fires fails at its deadline, and the session goes on.

pytest-timeout cannot do that: its signal's exception is raised inside the reactor, which logs it and goes on
waiting. Not covered: a test that blocks the reactor itself.
"""

import functools
import os
from collections.abc import Callable, Coroutine, Generator
from types import CoroutineType
from typing import Any

import pytest
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

# Far more than any test takes: it is there for those that hang.
USUAL_DEADLINE_S = 60.0


class Overdue(AssertionError):
    """A test was not done at its deadline."""


def limited(test: Callable[..., Any], seconds: float, clock: Any) -> Callable[..., Any]:
    """`test`, whose Deferred or coroutine fails with `Overdue` when it is not done after `seconds`."""

    # Without test's attributes: pytest-twisted's mark would have it take our Deferred for a coroutine.
    @functools.wraps(test, updated=())
    def run(**fixtures: Any) -> Any:
        work = test(**fixtures)
        if isinstance(work, Coroutine):
            return _with_deadline(Deferred.fromCoroutine(work), seconds, clock, work)
        if isinstance(work, Deferred):
            return _with_deadline(work, seconds, clock, None)
        return work

    return run


def _with_deadline(
    work: Deferred[Any], seconds: float, clock: Any, coroutine: Coroutine[Any, Any, Any] | None
) -> Deferred[Any]:
    places = []

    def cancel_work(_: Deferred[Any]) -> None:
        places.append(_waiting_at(coroutine))  # before the cancellation unwinds it
        work.cancel()

    def pass_on(result: Any) -> None:
        if not outcome.called:
            outcome.callback(result)

    def overdue(_: Any, seconds: float) -> Failure:
        return Failure(Overdue(f"not done after {seconds:g} s{places[0]}"))

    # A Deferred of our own: `work` may swallow its cancellation and go on.
    outcome: Deferred[Any] = Deferred(cancel_work)
    work.addBoth(pass_on)
    return outcome.addTimeout(seconds, clock, overdue)


def _waiting_at(coroutine: Any) -> str:
    """Where the innermost of the coroutines that wait for each other waits."""
    if not isinstance(coroutine, CoroutineType):
        return ""
    while isinstance(coroutine.cr_await, CoroutineType):
        coroutine = coroutine.cr_await
    frame = coroutine.cr_frame
    if frame is None:
        return ""
    code = frame.f_code
    return f", waiting at {os.path.basename(code.co_filename)}:{frame.f_lineno} in {code.co_name}"


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Give every test its deadline, around the call that pytest-twisted makes."""
    from twisted.internet import reactor

    marker = pyfuncitem.get_closest_marker("deadline")
    seconds = marker.args[0] if marker is not None else USUAL_DEADLINE_S
    test = pyfuncitem.obj
    pyfuncitem.obj = limited(test, seconds, reactor)
    try:
        return (yield)
    finally:
        pyfuncitem.obj = test
