"""``twisted-suite echo``: the client, for people and for scripts. Adapter."""

import sys
from typing import Any

import click

from twisted_suite.runtime.command import lang_option, run_in_loop, server_option


@click.command()
@click.argument("messages", nargs=-1)
@server_option("--to")
@lang_option
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

    run_in_loop(work)
