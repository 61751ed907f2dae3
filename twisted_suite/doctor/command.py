"""``twisted-suite doctor``: what would go wrong, before it does. Adapter."""

import sys
from typing import Any

import click

from twisted_suite.doctor.diagnosis import HEADINGS, STATES, Diagnosis, State, to_json
from twisted_suite.errors import ExitStatus
from twisted_suite.runtime.command import lang_option, run_in_loop
from twisted_suite.runtime.text import Language, printable

_COLOURS = {State.OK: "green", State.WARNING: "yellow", State.PROBLEM: "bold red"}


@click.command()
@click.argument("config", required=False, metavar="[CONFIG]")
@click.option("--user", metavar="NAME", help="The user that the service will be, after dropping privileges.")
@click.option("--output", type=click.Choice(["text", "json"]), default="text", help="A table, or JSON.")
@lang_option
def doctor(config: str | None, user: str | None, output: str, lang: Language) -> None:
    """Say what would go wrong with the suite of the file CONFIG, or on embedded defaults, before it does.

    Each row has its remedy. Ends with 1 when there is a problem, with 0 when there are only warnings or none.
    """

    async def work(reactor: Any) -> None:
        from twisted_suite.doctor import examine
        from twisted_suite.runtime.tap import Options, tables_of

        options = Options()
        options.parse([] if config is None else [f"--config={config}"])
        owner = None if user is None else examine.user(user)
        found = [each async for each in examine.examine(tables_of(options), options, owner, reactor)]
        click.echo(to_json(found)) if output == "json" else _print(found, lang)
        if any(each.state is State.PROBLEM for each in found):
            raise SystemExit(int(ExitStatus.FAILED))

    run_in_loop(work)


def _print(diagnoses: list[Diagnosis], lang: Language) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*HEADINGS[lang])
    for each in diagnoses:
        state = Text(STATES[lang][each.state], style=_COLOURS[each.state])
        table.add_row(Text(printable(each.subject)), state, Text(printable(each.text)), Text(each.remedy))
    Console(file=sys.stdout, width=None if sys.stdout.isatty() else 140).print(table)
