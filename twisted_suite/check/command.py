"""``twisted-suite check``: how a server behaves, whoever's it is. Adapter."""

import sys
from collections.abc import AsyncIterator, Callable
from typing import Any

import click

from twisted_suite.check.findings import CHECKS, HEADINGS, VERDICTS, Finding, Verdict, to_json
from twisted_suite.errors import ExitStatus
from twisted_suite.runtime.command import lang_option, run_in_loop
from twisted_suite.runtime.text import Language, printable

_COLOURS = {Verdict.PASS: "green", Verdict.FAIL: "bold red", Verdict.SKIP: "dim"}


@click.group()
def check() -> None:
    """How a server bears half-closing, slow, broken and odd clients; ours or any other.

    Ends with 0 when all is as it should be, with 1 when something is not. Only for servers that are yours:
    it sends much, and reads nothing.
    """


def _common(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        lang_option,
        click.option(
            "--output", type=click.Choice(["text", "json"]), default="text", help="A table, or JSON."
        ),
        click.option(
            "--timeout",
            type=click.FloatRange(0.1),
            metavar="S",
            help="The server's idle timeout, to see whether it ends a client that never reads.",
        ),
        click.option(
            "--patience",
            type=click.FloatRange(0.1),
            default=5.0,
            show_default=True,
            metavar="S",
            help="How long to wait for each answer.",
        ),
        click.argument("endpoint"),
    ):
        command = option(command)
    return command


@check.command("echo")
@_common
def check_echo(endpoint: str, patience: float, timeout: float | None, output: str, lang: Language) -> None:
    """An echo server at the client ENDPOINT, such as tcp:host:9009."""
    from twisted_suite.check.of_echo import echo_checks

    _run(echo_checks, endpoint, patience, timeout, output, lang)


@check.command("files")
@click.option("--name", default="access_log", show_default=True, help="A file that the server has.")
@_common
def check_files(
    endpoint: str, name: str, patience: float, timeout: float | None, output: str, lang: Language
) -> None:
    """A server of the bare-name protocol at the client ENDPOINT."""
    from twisted_suite.check.of_files import files_checks

    _run(lambda target: files_checks(target, name), endpoint, patience, timeout, output, lang)


@check.command("chat")
@_common
def check_chat(endpoint: str, patience: float, timeout: float | None, output: str, lang: Language) -> None:
    """A server of the lecture's chat protocol at the client ENDPOINT."""
    from twisted_suite.check.of_chat import chat_checks

    _run(chat_checks, endpoint, patience, timeout, output, lang)


def _run(
    checks: Callable[[Any], AsyncIterator[Finding]],
    endpoint: str,
    patience: float,
    timeout: float | None,
    output: str,
    lang: Language,
) -> None:
    from twisted_suite.check.peer import Target

    async def work(reactor: Any) -> None:
        target = Target(reactor, endpoint, patience_s=patience, timeout_s=timeout)
        findings = []
        async for finding in checks(target):
            findings.append(finding)
            if output == "text" and sys.stderr.isatty():
                click.echo(f"\r{len(findings)} …", nl=False, err=True)
        click.echo(to_json(findings)) if output == "json" else _print(findings, lang)
        if any(finding.verdict is Verdict.FAIL for finding in findings):
            raise SystemExit(int(ExitStatus.FAILED))

    run_in_loop(work)


def _print(findings: list[Finding], lang: Language) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*HEADINGS[lang])
    for finding in findings:
        verdict = Text(VERDICTS[lang][finding.verdict], style=_COLOURS[finding.verdict])
        name = CHECKS[lang].get(finding.check, finding.check)
        table.add_row(name, verdict, Text(printable(finding.detail)))
    Console(file=sys.stdout, width=None if sys.stdout.isatty() else 120).print(table)
