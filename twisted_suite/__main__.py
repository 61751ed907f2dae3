"""The ``twisted-suite`` command: clients, for people and for scripts (also ``python -m twisted_suite``).

Each feature has its commands in its own ``command.py``, which is loaded when one of them is used: no command
waits for the imports of another. Adapter.
"""

import sys
from importlib import import_module

import click

from twisted_suite import __version__

# Each command: the module that has it, under the same name, and its help in a line.
_COMMANDS = {
    "accesslog": ("twisted_suite.accesslog.command", "Statistics of web-server access logs."),
    "chat": ("twisted_suite.chat.command", "Talk in the chat."),
    "check": ("twisted_suite.check.command", "How any echo, file or chat server bears odd clients."),
    "doctor": ("twisted_suite.doctor.command", "What would go wrong, before it does."),
    "echo": ("twisted_suite.echo.command", "Send messages and print what comes back."),
    "get": ("twisted_suite.files.command", "Fetch files, whole or not at all."),
    "passwd": ("twisted_suite.runtime.accounts.command", "Set a password in the file of --auth passwd:FILE."),
}


class _Commands(click.Group):
    """A group that imports a command when it is called for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, _ = _COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(module), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, _COMMANDS[name][1]) for name in self.list_commands(ctx)])


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="twisted-suite")
def main() -> None:
    """Clients of the Twisted Suite services; they also work against the lecture's own servers."""


if __name__ == "__main__":
    sys.exit(main(prog_name="twisted-suite"))
