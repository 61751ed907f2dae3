"""``twisted-suite accesslog``: a report without a service. Adapter."""

import sys
from collections.abc import Callable
from typing import Any

import click

from twisted_suite.accesslog.choices import CHOICES, Choice, order
from twisted_suite.runtime.command import lang_option, one_line_errors


def _option(choice: Choice) -> Callable[[Any], Any]:
    words: dict[str, Any] = {"help": f"{choice.help[0].upper()}{choice.help[1:]}.", "default": choice.default}
    if choice.kind == "flag":
        words |= {"is_flag": True, "default": False}
    elif choice.kind == "many":
        words |= {"multiple": True, "default": ()}
    elif choice.kind == "count":
        words["type"] = click.IntRange(min=1)
    elif choice.values:
        words["type"] = click.Choice(choice.values)
    if choice.kind != "flag" and not choice.values:
        words["metavar"] = choice.metavar
    return click.option(f"--{choice.name}", choice.key, show_default=choice.default is not None, **words)


@click.command()
@click.argument("files", nargs=-1, metavar="FILE...")
@lang_option
def accesslog(files: tuple[str, ...], lang: Any, **found: Any) -> None:
    """Statistics of web-server access logs: every line is counted, as ok, recovered or invalid.

    FILE is a log, plain or compressed, a glob, a folder of rotated logs, or - for standard input. In place of
    the first FILE the word merge makes the others saved states (--state), and reports on all of them.
    """
    from twisted_suite.accesslog.client import fulfil

    if not files and found["explain"] is None:
        raise click.UsageError("FILE is needed: a log, a folder of logs, or - for standard input")
    values = {choice.name: found[choice.key] for choice in CHOICES}
    with one_line_errors():
        status = fulfil(order(values, files, lang))
    sys.exit(int(status))


for _choice in CHOICES:
    accesslog = _option(_choice)(accesslog)
