"""What a running program does at signals. Adapter.

============================  =================================================================
SIGTERM, SIGINT               stop: drain, then end (Twisted's own way)
a second SIGTERM or SIGINT    now: what is still open is cut off (Twisted: a traceback, ticket 2265)
SIGHUP                        reload (Twisted: the daemon dies and leaves its pid file, ticket 3363);
                              when the terminal that we run in was closed: stop
============================  =================================================================
"""

import os
import signal
from collections.abc import Callable
from types import FrameType
from typing import Any

STDIN_FD = 0
_Handler = Callable[[int, FrameType | None], Any] | int | None


class Signals:
    """Stands before the handlers that the reactor has installed, from `install` to `restore`."""

    def __init__(self, reactor: Any, *, reload: Callable[[], object], now: Callable[[], object]) -> None:
        self._reactor = reactor
        self._reload = reload
        self._now = now
        self._stopping = False
        self._had_terminal = False
        self._hung_up_early = False
        self._before: dict[int, _Handler] = {}

    def install_early(self) -> None:
        """Called before the reactor runs, when `twistd` may have told that it does.

        A hang-up is remembered until `install`; by default it would kill.
        """
        self._replace(signal.SIGHUP, self._remember_hang_up)

    def _remember_hang_up(self, number: int, frame: FrameType | None) -> None:
        self._hung_up_early = True

    def install(self, *, of_worker: bool = False) -> None:
        """Called when the reactor runs, so that its own handlers are there to be called.

        A worker is stopped and replaced by its parent: what a terminal sends to both, the parent answers.
        """
        self._had_terminal = os.isatty(STDIN_FD)
        self._replace(signal.SIGTERM, self._stop)
        self._replace(signal.SIGINT, signal.SIG_IGN if of_worker else self._stop)
        self._replace(signal.SIGHUP, signal.SIG_IGN if of_worker else self._hang_up)
        if self._hung_up_early and not of_worker:
            self._hang_up(signal.SIGHUP, None)

    def restore(self) -> None:
        """Put back what was there before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()

    def _replace(self, number: int, handler: _Handler) -> None:
        self._before.setdefault(number, signal.getsignal(number))
        signal.signal(number, handler)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        if self._stopping:
            # From a signal handler only this is safe: it also wakes the loop.
            self._reactor.callFromThread(self._now)
            return
        self._stopping = True
        before = self._before[number]
        if callable(before):
            before(number, frame)

    def _hang_up(self, number: int, frame: FrameType | None) -> None:
        if self._stopping:
            return
        if self._terminal_was_closed():
            self._stop(signal.SIGTERM, frame)
        else:
            self._reactor.callFromThread(self._reload)

    def _terminal_was_closed(self) -> bool:
        """Whether this is a hang-up in the word's first sense: nobody can stop us from there any more."""
        if not self._had_terminal:
            return False
        try:
            os.tcgetpgrp(STDIN_FD)
        except OSError:
            return True
        return False
