"""``twisted-suite get``: the client, for people and for scripts. Adapter."""

from pathlib import Path
from typing import Any

import click

from twisted_suite.files.get.wishes import MAX_AT_ONCE, MAX_SEGMENTS, Wishes
from twisted_suite.runtime.command import lang_option, run_until_signal, server_option

_DEFAULTS = Wishes()


@click.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME|URL...")
@server_option("--from")
@click.option(
    "-o",
    "--output-dir",
    "folder",
    default=".",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Where to put it.",
)
@click.option("-r", "--recursive", is_flag=True, help="Fetch folders of an HTTP server, with all in them.")
@click.option(
    "--segments",
    default=_DEFAULTS.segments,
    show_default=True,
    type=click.IntRange(1, MAX_SEGMENTS),
    help="Connections for each file, where the server can send parts of it.",
)
@click.option(
    "--at-once",
    default=_DEFAULTS.at_once,
    show_default=True,
    type=click.IntRange(1, MAX_AT_ONCE),
    help="Files under way at the same time.",
)
@click.option(
    "--retries",
    default=_DEFAULTS.retries,
    show_default=True,
    type=click.IntRange(0),
    help="Attempts after a failure that may pass, ever later; progress begins the count anew.",
)
@click.option(
    "--timeout",
    "timeout_s",
    default=_DEFAULTS.timeout_s,
    show_default=True,
    type=click.FloatRange(0, min_open=True),
    help="Seconds without a byte after which a server has failed.",
)
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors.")
@lang_option
def get(
    names: tuple[str, ...], endpoint: str, recursive: bool, quiet: bool, lang: Any, **wishes: Any
) -> None:
    """Fetch each file NAME or URL, whole or not at all.

    A NAME is asked of the server at --from by the bare-name protocol, or below it where --from is an HTTP
    URL. What comes over HTTP can be continued after a break, a Ctrl-C or a full disk, as long as the server
    says that it has not changed: run the same command again. Standard output gets a line for each file.
    """
    from twisted_suite.files.get.client import Client
    from twisted_suite.files.get.screen import Screen
    from twisted_suite.files.get.sources import source

    async def work(reactor: Any) -> None:
        files = [source(name, endpoint) for name in names]
        with Screen(lang, quiet=quiet) as screen:
            status = await Client(reactor, Wishes(**wishes), screen).fetch_all(files, recursive=recursive)
        if status:
            raise SystemExit(int(status))

    run_until_signal(work)
