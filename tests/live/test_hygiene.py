"""The plugins `hygiene` and `deadline`: small tests with one fault each, run by a pytest of their own."""

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from xml.etree import ElementTree

import pytest

from tests.live.processes import environment

PRELUDE = """
import socket

import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.abstract import FileDescriptor
from twisted.internet.defer import Deferred, fail
from twisted.internet.protocol import Factory
from twisted.logger import Logger
from twisted.python.failure import Failure
"""

# Each leaves one thing behind; beside it what the report must say of it.
UNCLEAN = {
    "failed_deferred": (
        """
        async def test_failed_deferred():
            fail(ZeroDivisionError("unseen"))
        """,
        "ZeroDivisionError: unseen",
    ),
    "failed_callback": (
        """
        def test_failed_callback():
            done = Deferred()
            done.addCallback(lambda _: 1 / 0)
            done.callback(None)
        """,
        "ZeroDivisionError: division by zero",
    ),
    "delayed_call": (
        """
        async def test_delayed_call():
            reactor.callLater(1000, print)
        """,
        "delayed call: <DelayedCall",
    ),
    "listening_port": (
        """
        async def test_listening_port():
            reactor.listenTCP(0, Factory(), interface="127.0.0.1")
        """,
        "open: <",
    ),
    "writer": (
        """
        class Ready(FileDescriptor):
            def __init__(self):
                super().__init__(reactor)
                self.pair = socket.socketpair()
                self.fileno = self.pair[0].fileno

            def doWrite(self):
                return None

        async def test_writer():
            reactor.addWriter(Ready())
        """,
        "open: <test_generated.Ready",
    ),
    "logged_error": (
        """
        async def test_logged_error():
            Logger().failure("oops", Failure(ValueError("reported")))
        """,
        "ValueError: reported",
    ),
    "other_error_than_expected": (
        """
        async def test_other_error_than_expected(logged_failures):
            Logger().failure("oops", Failure(OSError("another")))
            assert not logged_failures.flush(ValueError)
        """,
        "OSError: another",
    ),
}

CLEAN = {
    "nothing_left": """
        async def test_nothing_left():
            done = Deferred()
            reactor.callLater(0, done.callback, None)
            await done
        """,
    "handled": """
        async def test_handled():
            with pytest.raises(ZeroDivisionError):
                await fail(ZeroDivisionError())
        """,
    "cancelled_and_closed": """
        async def test_cancelled_and_closed():
            reactor.callLater(1000, print).cancel()
            await reactor.listenTCP(0, Factory(), interface="127.0.0.1").stopListening()
        """,
    "expected_and_flushed": """
        async def test_expected_and_flushed(logged_failures):
            fail(ZeroDivisionError("unseen"))
            assert len(logged_failures.flush(ZeroDivisionError)) == 1
        """,
    "closed_by_its_fixture": """
        @pytest_twisted.async_yield_fixture
        async def port():
            port = reactor.listenTCP(0, Factory(), interface="127.0.0.1")
            yield port
            await port.stopListening()

        async def test_closed_by_its_fixture(port):
            assert port.getHost().port
        """,
}

# None of these ends by itself.
HANGING = {
    "coroutine": """
        async def wait():
            await Deferred()

        @pytest.mark.deadline(0.1)
        async def test_coroutine():
            await wait()
        """,
    "marked_coroutine": """
        @pytest.mark.deadline(0.1)
        @pytest_twisted.ensureDeferred
        async def test_marked_coroutine():
            await Deferred()
        """,
    "inline_callbacks": """
        @pytest.mark.deadline(0.1)
        @pytest_twisted.inlineCallbacks
        def test_inline_callbacks():
            yield Deferred()
        """,
    "returned_deferred": """
        @pytest.mark.deadline(0.1)
        def test_returned_deferred():
            return Deferred()
        """,
    "not_to_be_cancelled": """
        @pytest.mark.deadline(0.1)
        async def test_not_to_be_cancelled():
            for _ in range(2):
                try:
                    await Deferred()
                except Exception:
                    pass
        """,
}

FAILING = """
    async def test_bare_coroutine_that_fails():
        assert not "reached"
    """


@dataclass
class Report:
    """What became of one test: the tags of its outcome (none: it passed), and their text."""

    outcomes: list[str]
    text: str


def run_pytest(folder: Path, sources: list[str]) -> Mapping[str, Report]:
    """Run these tests under the two plugins in one session; the report of each by its name."""
    folder.joinpath("pytest.ini").write_text("[pytest]\nmarkers = deadline(seconds): ours\n", "utf-8")
    folder.joinpath("test_generated.py").write_text(PRELUDE + "".join(map(dedent, sources)), encoding="utf-8")
    plugins = ["-p", "tests.live.hygiene", "-p", "tests.live.deadline", "-p", "no:cacheprovider"]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *plugins, "--junit-xml=report.xml"],
        cwd=folder,
        env=environment(),
        timeout=120,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )
    assert run.returncode in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED), run.stdout
    reports = {}
    for case in ElementTree.parse(folder / "report.xml").iter("testcase"):
        marks = [mark for mark in case if mark.tag in ("failure", "error", "skipped")]
        text = "\n".join(f"{mark.get('message')}\n{mark.text}" for mark in marks)
        reports[case.attrib["name"].removeprefix("test_")] = Report([mark.tag for mark in marks], text)
    return reports


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Report]:
    """All the small tests, in one session, where what one leaves must not become the next one's."""
    unclean = [source for source, _ in UNCLEAN.values()]
    sources = [*unclean, *CLEAN.values(), *HANGING.values(), FAILING]
    return run_pytest(tmp_path_factory.mktemp("generated"), sources)


@pytest.mark.parametrize("name", UNCLEAN)
def test_what_a_test_leaves_is_its_error(name: str, reports: Mapping[str, Report]) -> None:
    """A failed Deferred, a timer, an open socket, a logged error: each fails the test that left it."""
    report = reports[name]
    assert report.outcomes == ["error"], report
    assert "the test left behind" in report.text
    assert UNCLEAN[name][1] in report.text


@pytest.mark.parametrize("name", CLEAN)
def test_a_clean_test_passes(name: str, reports: Mapping[str, Report]) -> None:
    """What was handled, closed, cancelled or flushed is nobody's error."""
    assert not reports[name].outcomes, reports[name]


@pytest.mark.parametrize("name", HANGING)
def test_a_hanging_test_fails_at_its_deadline(name: str, reports: Mapping[str, Report]) -> None:
    """A test that never ends fails alone, and the session goes on."""
    report = reports[name]
    assert report.outcomes == ["failure"], report
    assert "Overdue: not done after 0.1 s" in report.text


def test_an_overdue_test_says_where_it_waits(reports: Mapping[str, Report]) -> None:
    """The message names the place in the innermost coroutine."""
    assert "waiting at test_generated.py:" in reports["coroutine"].text
    assert "in wait" in reports["coroutine"].text


def test_a_failing_test_fails(reports: Mapping[str, Report]) -> None:
    """A bare ``async def`` test is really run, and what it says counts."""
    assert reports["bare_coroutine_that_fails"].outcomes == ["failure"]
