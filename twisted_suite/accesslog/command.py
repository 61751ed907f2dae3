"""``twisted-suite accesslog``: a report without a service. Adapter."""

import sys
from typing import Any

import click

from twisted_suite.runtime.command import lang_option, one_line_errors

# The values of `accesslog.formats.Format`, without its import.
_LOG_FORMATS = ("auto", "common", "combined")


@click.command()
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
@lang_option
def accesslog(files: tuple[str, ...], log_format: str, output: Any, out: str, lang: Any) -> None:
    """Statistics of web-server access logs, plain or compressed; - is standard input."""
    from twisted_suite.accesslog.client import run
    from twisted_suite.accesslog.formats import Format

    with one_line_errors():
        status = run(files, log_format=Format(log_format), output=output, out=out, language=lang)
    sys.exit(int(status))
