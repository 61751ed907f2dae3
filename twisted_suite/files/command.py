"""``twisted-suite get``: the client, for people and for scripts. Adapter."""

from pathlib import Path
from typing import Any

import click

from twisted_suite.runtime.command import run_in_loop, server_option


@click.command()
@click.argument("name")
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

    run_in_loop(work)
