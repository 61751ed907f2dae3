"""What the commands of ``twisted-suite`` share: options, errors, and running in a loop. Adapter.

Each feature has its commands in its own ``command.py``; ``twisted_suite/__main__.py`` names them.
"""

import os
import signal
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from os import environ
from typing import Any

import click

from twisted_suite.errors import ConfigError
from twisted_suite.runtime.text import LANGUAGES, language

DEFAULT_SERVER = "tcp:localhost:9009"

lang_option = click.option(
    "--lang",
    type=click.Choice(LANGUAGES),
    default=lambda: language(environ),
    help="Language; default: LANG's.",
)


def server_option(*names: str) -> Callable[[Any], Any]:
    """Where the server is; the command's parameter is ``endpoint``."""
    return click.option(
        *names,
        "endpoint",
        default=DEFAULT_SERVER,
        show_default=True,
        metavar="ENDPOINT",
        help="Twisted client endpoint of the server, such as tcp:host:port or unix:path.",
    )


@contextmanager
def one_line_errors() -> Iterator[None]:
    """A `ConfigError` is one line on standard error, and its exit status."""
    try:
        yield
    except ConfigError as error:
        click.echo(f"twisted-suite: {error}", err=True)
        raise SystemExit(int(error.status)) from None


def run_in_loop(work: Callable[[Any], Awaitable[object]]) -> None:
    """Run ``work(reactor)`` to its end, then end the process."""
    from twisted.internet.defer import ensureDeferred
    from twisted.internet.task import react

    from twisted_suite.runtime.reactor import install_if_first

    install_if_first()

    async def run(reactor: Any) -> None:
        with one_line_errors():
            await work(reactor)

    react(lambda reactor: ensureDeferred(run(reactor)))


def run_until_signal(work: Callable[[Any], Coroutine[Any, Any, object]]) -> None:
    """As `run_in_loop`; SIGINT or SIGTERM cancels the work, which is waited for: it may put things in order.

    Then the process dies of that signal, so that a shell's loop ends too. A second one kills at once.
    """
    from twisted.internet.defer import CancelledError, Deferred

    caught: list[int] = []

    async def run(reactor: Any) -> None:
        working = Deferred.fromCoroutine(work(reactor))

        def catch(number: int, _: object) -> None:
            signal.signal(number, signal.SIG_DFL)
            caught.append(number)
            reactor.callFromThread(working.cancel)

        for number in (signal.SIGINT, signal.SIGTERM):
            reactor.callWhenRunning(signal.signal, number, catch)  # after the reactor has set its own
        try:
            await working
        except CancelledError:
            if not caught:
                raise

    try:
        run_in_loop(run)
    finally:
        if caught:
            signal.signal(caught[0], signal.SIG_DFL)
            os.kill(os.getpid(), caught[0])
