"""The ``twisted-suite`` command: the clients, for people and for scripts (also ``python -m twisted_suite``).

Each command loads its feature when it is used, so that one does not wait for the others' imports.
"""

import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from os import environ
from pathlib import Path
from typing import Any

import click

from twisted_suite import __version__
from twisted_suite.errors import ConfigError, ExitStatus
from twisted_suite.runtime.text import LANGUAGES, language

_DEFAULT_SERVER = "tcp:localhost:9009"
# The values of `accesslog.formats.Format`, without its import.
_LOG_FORMATS = ("auto", "common", "combined")

_lang = click.option(
    "--lang",
    type=click.Choice(LANGUAGES),
    default=lambda: language(environ),
    help="Language; default: LANG's.",
)


def _server(*names: str) -> Callable[[Any], Any]:
    return click.option(
        *names,
        "endpoint",
        default=_DEFAULT_SERVER,
        show_default=True,
        metavar="ENDPOINT",
        help="Twisted client endpoint of the server, such as tcp:host:port or unix:path.",
    )


@contextmanager
def _one_line_errors() -> Iterator[None]:
    """A `ConfigError` is one line on standard error, and its exit status."""
    try:
        yield
    except ConfigError as error:
        click.echo(f"twisted-suite: {error}", err=True)
        raise SystemExit(int(error.status)) from None


def _react(work: Callable[[Any], Awaitable[object]]) -> None:
    """Run `work(reactor)` to its end."""
    from twisted.internet.defer import ensureDeferred
    from twisted.internet.task import react

    async def run(reactor: Any) -> None:
        with _one_line_errors():
            await work(reactor)

    react(lambda reactor: ensureDeferred(run(reactor)))


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="twisted-suite")
def main() -> None:
    """Clients of the Twisted Suite services; they also work against the lecture's own servers."""


@main.command()
@click.argument("messages", nargs=-1)
@_server("--to")
@_lang
def echo(messages: tuple[str, ...], endpoint: str, lang: Any) -> None:
    """Send each MESSAGE and print what comes back; without one, echo standard input."""
    from twisted_suite.echo.client import echo_console, echo_messages
    from twisted_suite.runtime.console import Console

    async def work(reactor: Any) -> None:
        if messages:
            sys.stdout.buffer.write(await echo_messages(reactor, endpoint, messages))
        else:
            console = Console.attach(reactor)
            await echo_console(reactor, endpoint, console, lang if sys.stdin.isatty() else None)

    _react(work)


@main.command()
@click.argument("name")
@_server("--from")
@click.option(
    "-o",
    "--output-dir",
    "folder",
    default=".",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Where to put it.",
)
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors.")
def get(name: str, endpoint: str, folder: Path, quiet: bool) -> None:
    """Fetch the file NAME, whole or not at all."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TransferSpeedColumn,
    )

    from twisted_suite.files.client import fetch
    from twisted_suite.runtime.text import printable

    screen = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeElapsedColumn(),
    )

    async def work(reactor: Any) -> None:
        # The protocol does not say how long the file is, so the bar only moves.
        with Progress(
            *columns, console=screen, disable=quiet or not screen.is_terminal, transient=True
        ) as progress:
            task = progress.add_task(printable(name), total=None)
            path = await fetch(reactor, endpoint, name, folder, lambda size: progress.advance(task, size))
        if not quiet:
            click.echo(f"{path}  {path.stat().st_size:,} bytes")

    _react(work)


@main.command()
@_server("--to")
@click.option("--name", help="Log in with this name instead of asking for one.")
@_lang
def chat(endpoint: str, name: str | None, lang: Any) -> None:
    """Talk in the chat: what is typed is said; /quit or the end of the input ends it."""
    from twisted_suite.chat.client import converse
    from twisted_suite.runtime.connecting import client_endpoint

    async def work(reactor: Any) -> None:
        server = client_endpoint(reactor, endpoint)
        status = await converse(reactor, server, where=endpoint, name=name, lang=lang)
        if status is not ExitStatus.OK:
            raise SystemExit(int(status))

    _react(work)


@main.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--format",
    "log_format",
    type=click.Choice(_LOG_FORMATS),
    default="auto",
    show_default=True,
    help="What the lines are.",
)
@click.option(
    "--output",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="The form of the report.",
)
@click.option("--out", default="-", metavar="FILE", help="Write the report to this file, in one step.")
@_lang
def accesslog(files: tuple[str, ...], log_format: str, output: Any, out: str, lang: Any) -> None:
    """Statistics of web-server access logs, plain or compressed; - is standard input."""
    from twisted_suite.accesslog.client import run
    from twisted_suite.accesslog.formats import Format

    with _one_line_errors():
        status = run(files, log_format=Format(log_format), output=output, out=out, language=lang)
    sys.exit(int(status))


if __name__ == "__main__":
    sys.exit(main(prog_name="twisted-suite"))
