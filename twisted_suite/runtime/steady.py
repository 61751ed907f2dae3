"""Time that only goes forward, for the event loop. Adapter.

Twisted's timers follow the system's clock (`time.time`). When that is set back, no timer fires until it has
caught up; when it is set forward, by an operator or after a pause of a virtual machine, every deadline is
over at once.
"""

import time
from collections.abc import Callable
from typing import Any

from twisted.internet.base import ReactorBase


def steady_clock(
    wall: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic
) -> Callable[[], float]:
    """The seconds of `wall` as they are now, going on with `monotonic`."""
    offset = wall() - monotonic()
    return lambda: monotonic() + offset


def keep_steady(reactor: Any) -> None:
    """Have `reactor` count its time so. One that has a clock of its own is left alone."""
    if isinstance(reactor, ReactorBase) and type(reactor).seconds is ReactorBase.seconds:
        reactor.seconds = steady_clock()
