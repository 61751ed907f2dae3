"""Whether `fastepoll` fits, and what is installed when it does not; the process's own reactor stays."""

import sys
from collections.abc import Callable
from typing import Any, cast

from twisted.application.reactors import getReactorTypes
from twisted.internet.abstract import FileDescriptor
from twisted.internet.error import ReactorAlreadyInstalledError
from twisted.logger import ILogObserver, LogEvent, formatEvent, globalLogPublisher
from twisted.python.reflect import namedAny
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.runtime.reactor import _source, as_released, install, install_if_first, obstacle, sources
from twisted_suite.runtime.reactor_guard import KNOWN, KNOWN_FILES

ADD_WRITER = "twisted.internet.epollreactor.EPollReactor.addWriter"


def another_twisted() -> dict[str, str]:
    """The sources of a Twisted that registers writers in another way."""
    return {**sources(), ADD_WRITER: "def addWriter(self, writer): self.ring.submit(writer)"}


def wrapped(function: Callable[[], None]) -> Callable[[], None]:
    """As tracing tools do: it says what it stands before."""

    def traced() -> None:
        function()

    traced.__wrapped__ = function  # type: ignore[attr-defined]
    return traced


@wrapped
def wrapped_function() -> None:
    """Its source would be this, and not what runs."""


class ObstacleTests(SynchronousTestCase):
    def test_none_here(self) -> None:
        """The Twisted that this project requires is one we know: users get what they ask for."""
        self.assertIsNone(obstacle(has_epoll=True))

    def test_another_twisted(self) -> None:
        """One that does it differently is named, with what differs."""
        reason = obstacle(another_twisted, has_epoll=True)
        self.assertRegex(str(reason), r"^Twisted \S+ is not as in .*\(twisted\S+\.addWriter\)$")

    def test_no_epoll(self) -> None:
        """Without epoll nothing is even read."""
        self.assertEqual(obstacle(self.fail, has_epoll=False), "this platform has no epoll")

    def test_sources_are_those_of_this_process(self) -> None:
        """Each known function is there, as it is defined."""
        found = sources()
        self.assertEqual(set(found), set(KNOWN))
        for name, source in found.items():
            self.assertIn(f"def {name.rpartition('.')[2]}(", source)

    def test_the_files_are_those_of_a_release(self) -> None:
        """A look at the files is enough here, and says the same as a look at each function."""
        self.assertTrue(as_released())
        self.assertIsNone(obstacle(sources, has_epoll=True))
        self.assertEqual({namedAny(name).__module__ for name in KNOWN}, set(KNOWN_FILES))

    def test_a_replaced_function(self) -> None:
        """One that another package has put in its place is noticed, though the files are as they were."""
        self.patch(FileDescriptor, "startWriting", lambda descriptor: None)
        self.assertFalse(as_released())
        self.assertRegex(str(obstacle(has_epoll=True)), r"startWriting\)$")

    def test_no_source(self) -> None:
        """What is not there, has no source file, or was wrapped by somebody, has none."""
        for name in ("twisted.internet.nowhere", "builtins.len", f"{__name__}.wrapped_function"):
            self.assertEqual(_source(name), "", name)
        self.assertIn("def another_twisted", _source(f"{__name__}.another_twisted"))


class InstallTests(SynchronousTestCase):
    """Here a reactor is installed already; tests/live/test_reactor.py looks at processes of their own."""

    def setUp(self) -> None:
        from twisted.internet import reactor

        self.reactor = reactor

    def test_once_only(self) -> None:
        """As with any reactor, a second one is an error."""
        self.assertRaises(ReactorAlreadyInstalledError, install)

    def test_steps_back_with_one_line(self) -> None:
        """With a Twisted that we do not know it is Twisted's own that is installed, and one line says why."""
        events: list[LogEvent] = []
        observe = cast(ILogObserver, events.append)
        globalLogPublisher.addObserver(observe)
        self.addCleanup(globalLogPublisher.removeObserver, observe)
        self.assertRaises(ReactorAlreadyInstalledError, install, another_twisted)
        (line,) = map(formatEvent, events)
        self.assertRegex(line, r"^fastepoll: .*addWriter\); Twisted's own reactor is used$")

    def test_not_when_there_is_one(self) -> None:
        """Commands that only prefer it leave a reactor that is there alone."""
        self.assertFalse(install_if_first())
        self.assertIs(sys.modules["twisted.internet.reactor"], self.reactor)

    def test_by_name(self) -> None:
        """``--reactor=fastepoll`` finds it: the plugin names our module."""
        found: Any
        (found,) = [kind for kind in getReactorTypes() if kind.shortName == "fastepoll"]
        self.assertEqual(found.moduleName, install.__module__)
