"""Signals, delivered to this process."""

import os
import signal
from collections.abc import Callable
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.runtime.signals import Signals


class _Loop:
    """A reactor as far as a signal handler may use it: what it is handed is done later."""

    def __init__(self) -> None:
        self.later: list[Callable[[], Any]] = []

    def callFromThread(self, call: Callable[[], Any]) -> None:
        self.later.append(call)


class SignalsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.heard: list[str] = []
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            before = signal.signal(number, lambda number, frame: self.heard.append(f"reactor {number}"))
            self.addCleanup(signal.signal, number, before)
        self.loop = _Loop()
        self.signals = Signals(
            self.loop, reload=lambda: self.heard.append("reload"), now=lambda: self.heard.append("now")
        )
        self.signals.install()
        self.addCleanup(self.signals.restore)

    def hear(self, number: int) -> list[str]:
        os.kill(os.getpid(), number)
        while self.loop.later:
            self.loop.later.pop(0)()
        return self.heard

    def test_the_first_is_the_reactors(self) -> None:
        """The first signal to stop goes to the handler that the reactor had installed, with its number."""
        self.assertEqual(self.hear(signal.SIGTERM), ["reactor 15"])

    def test_a_second_means_now(self) -> None:
        """Any further one, of either kind, means now."""
        self.hear(signal.SIGINT)
        self.assertEqual(self.hear(signal.SIGTERM), ["reactor 2", "now"])
        self.assertEqual(self.hear(signal.SIGINT), ["reactor 2", "now", "now"])

    def test_hang_up_reloads(self) -> None:
        """SIGHUP reloads, as often as it comes, and never while stopping."""
        self.hear(signal.SIGHUP)
        self.assertEqual(self.hear(signal.SIGHUP), ["reload", "reload"])
        self.hear(signal.SIGTERM)
        self.assertEqual(self.hear(signal.SIGHUP), ["reload", "reload", "reactor 15"])

    def test_a_hang_up_before_the_loop_runs(self) -> None:
        """Before the loop runs a hang-up is remembered: it neither kills nor is lost."""
        self.signals.restore()
        early = Signals(self.loop, reload=lambda: self.heard.append("reload"), now=lambda: None)
        early.install_early()
        self.addCleanup(early.restore)
        self.assertEqual(self.hear(signal.SIGHUP), [])
        early.install()
        while self.loop.later:
            self.loop.later.pop(0)()
        self.assertEqual(self.heard, ["reload"])
        early.restore()
        self.assertEqual(self.hear(signal.SIGHUP), ["reload", "reactor 1"])

    def test_restored(self) -> None:
        """Afterwards the signals are again whose they were."""
        self.signals.restore()
        self.assertEqual(self.hear(signal.SIGHUP), ["reactor 1"])
