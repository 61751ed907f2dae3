"""``twisted-suite chat``: the client. Adapter."""

from typing import Any

import click

from twisted_suite.errors import ExitStatus
from twisted_suite.runtime.command import lang_option, run_in_loop, server_option


@click.command()
@server_option("--to")
@click.option("--name", help="Log in with this name instead of asking for one.")
@lang_option
def chat(endpoint: str, name: str | None, lang: Any) -> None:
    """Talk in the chat: what is typed is said; /quit or the end of the input ends it."""
    from twisted_suite.chat.client import converse
    from twisted_suite.runtime.connecting import client_endpoint

    async def work(reactor: Any) -> None:
        server = client_endpoint(reactor, endpoint)
        status = await converse(reactor, server, where=endpoint, name=name, lang=lang)
        if status is not ExitStatus.OK:
            raise SystemExit(int(status))

    run_in_loop(work)
