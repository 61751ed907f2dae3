"""Runs Twisted's own reactor tests on one reactor class: ``python -m tests.live.reactor_conformance CLASS``.

Prints one JSON object: the outcome of each test by its name, in which every class is called the same.
"""

import io
import json
import sys
from typing import Any

from twisted.internet.test.reactormixins import ReactorBuilder
from twisted.python.reflect import namedAny
from twisted.trial.reporter import TestResult
from twisted.trial.runner import TestLoader, TrialRunner

# Those of `twisted.internet.test` that build a reactor.
MODULES = (
    "core", "endpoints", "fdset", "posixbase", "process", "socket", "stdio", "tcp", "threads", "time", "tls",
    "udp", "unix",
)  # fmt: skip


class Outcomes(TestResult):  # type: ignore[misc]
    """Notes what became of each test."""

    def __init__(self, *_: Any, **__: Any) -> None:
        super().__init__()
        self.by_name: dict[str, str] = {}
        self.separateErrors = ""

    def _note(self, test: Any, outcome: str) -> None:
        # Of several reports on one test, the first that is not success counts.
        if self.by_name.get(test.id(), "ok") == "ok":
            self.by_name[test.id()] = outcome

    def addSuccess(self, test: Any) -> None:
        super().addSuccess(test)
        self._note(test, "ok")

    def addFailure(self, test: Any, fail: Any) -> None:
        super().addFailure(test, fail)
        self._note(test, f"failure: {type(getattr(fail, 'value', None) or fail[1]).__name__}")

    def addError(self, test: Any, error: Any) -> None:
        super().addError(test, error)
        self._note(test, f"error: {type(getattr(error, 'value', None) or error[1]).__name__}")

    def addSkip(self, test: Any, reason: Any) -> None:
        super().addSkip(test, reason)
        self._note(test, "skip")

    def addExpectedFailure(self, test: Any, error: Any, todo: Any = None) -> None:
        super().addExpectedFailure(test, error, todo)
        self._note(test, "expected failure")

    def addUnexpectedSuccess(self, test: Any, todo: Any = None) -> None:
        super().addUnexpectedSuccess(test, todo)
        self._note(test, "unexpected success")

    def done(self) -> None:
        """Asked for by the runner."""


def main(reactor_class: str) -> None:
    ReactorBuilder._reactors = [reactor_class]
    # Some of the tests skip what epoll cannot do, by the name of the class.
    namedAny(reactor_class).__name__ = "EPollReactor"
    loader = TestLoader()
    suite = loader.suiteFactory([loader.loadByName(f"twisted.internet.test.test_{name}") for name in MODULES])
    runner = TrialRunner(Outcomes, stream=io.StringIO(), workingDirectory="_reactor_tests")
    result = runner.run(suite)
    result = getattr(result, "_originalReporter", result)
    short = reactor_class.rpartition(".")[2]
    print(json.dumps({name.replace(short, "Reactor"): what for name, what in result.by_name.items()}))


if __name__ == "__main__":
    main(sys.argv[1])
