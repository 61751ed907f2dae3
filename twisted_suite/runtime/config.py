"""The suite's file: each ``[[service]]`` table is a plugin's command line, spelled in TOML. Core.

::

    workers = 2                         # of the whole suite: twist suite --workers 2
    [[service]]
    plugin = "files"                    # any twist plugin
    listen = ["tcp:9010", "tcp6:9010"]  # --listen tcp:9010 --listen tcp6:9010
    root = "/srv/files"                 # --root /srv/files
    # raw = true                        # --raw
    # args = ["one.log", "two.log"]     # what stands without an option

So there is one parser, each plugin's own, and one set of error messages.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from typing import Any

from twisted_suite.errors import ConfigError

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*\Z")
# Keys of a table that are not options of its plugin.
PLUGIN_KEY, ARGS_KEY = "plugin", "args"
# Keys above the tables: options of the suite itself, which has its processes for all services.
_TABLES = "service"
PROGRAM_KEYS = ("workers", "worker-sockets", "connection-log")


@dataclass(frozen=True, slots=True)
class ServiceTable:
    """One service to run."""

    plugin: str
    keys: tuple[str, ...]  # the options that are used, to be checked against those that the plugin has
    argv: tuple[str, ...]  # its command line
    where: str  # for errors: which table of which file
    hint: str = ""  # a command to try it with

    def to_json(self) -> dict[str, Any]:
        """As a value that JSON has."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "ServiceTable":
        """The table that `to_json` made `value` of."""
        return cls(**{**value, "keys": tuple(value["keys"]), "argv": tuple(value["argv"])})


def parse(text: str, source: str) -> list[ServiceTable]:
    """The services of the file `source`, which holds `text`. Raises `ConfigError`."""
    document = _document(text, source)
    tables = document.pop(_TABLES, [])
    for key in document:
        if key not in PROGRAM_KEYS:
            raise ConfigError(
                f"{source}: unknown key {key!r}: above the [[service]] tables stand only "
                f"{', '.join(PROGRAM_KEYS)}"
            )
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise ConfigError(f"{source}: write [[service]], with two brackets")
    if not tables:
        raise ConfigError(f"{source}: no [[service]] table: nothing to run")
    return [_table(table, f"{source}: service {number}") for number, table in enumerate(tables, 1)]


def program_argv(text: str, source: str) -> list[str]:
    """What stands above the tables, as words of the program's own command line. Raises `ConfigError`."""
    document = _document(text, source)
    return [word for key in PROGRAM_KEYS if key in document for word in _option(key, document[key], source)]


def _document(text: str, source: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{source}: {error}") from error


def _table(table: dict[str, Any], where: str) -> ServiceTable:
    plugin = table.pop(PLUGIN_KEY, None)
    if not isinstance(plugin, str) or not plugin:
        raise ConfigError(f'{where}: plugin = "NAME" is missing')
    where = f"{where} ({plugin})"
    for key in PROGRAM_KEYS:
        if key in table:
            raise ConfigError(f"{where}: {key} is of the whole suite: it stands above the [[service]] tables")
    args = table.pop(ARGS_KEY, [])
    if not isinstance(args, list) or not all(isinstance(arg, str) for arg in args):
        raise ConfigError(f"{where}: args is not a list of strings")
    argv = [word for key, value in table.items() for word in _option(key, value, where)]
    if args:
        argv += ["--", *args]
    return ServiceTable(plugin, tuple(table), tuple(argv), where)


def _option(key: str, value: Any, where: str) -> Iterator[str]:
    """The words of the command line that ``key = value`` stands for."""
    if not _KEY.match(key):
        raise ConfigError(f"{where}: {key!r} cannot be the name of an option")
    if isinstance(value, bool):
        if value:
            yield f"--{key}"
    elif isinstance(value, str | int | float):
        yield f"--{key}={value}"
    elif isinstance(value, list) and not any(isinstance(item, list | dict) for item in value):
        for item in value:
            yield from _option(key, item, where)
    else:
        raise ConfigError(f"{where}: {key} is neither a string, a number, a boolean nor a list of them")


def check_keys(table: ServiceTable, known: set[str]) -> None:
    """Raise `ConfigError` for a key that is not an option of the plugin.

    getopt would take any unambiguous beginning of one.
    """
    for key in table.keys:
        if key not in known:
            near = get_close_matches(key, known, 1)
            remedy = f"did you mean {near[0]!r}?" if near else f"it knows {', '.join(sorted(known))}"
            raise ConfigError(f"unknown key {key!r}: {remedy}")


# The ports of the embedded defaults, for a base of 9009: the lecture's own port is echo's.
DEFAULT_BASE_PORT = 9009
FILES_OFFSET, CHAT_OFFSET = 1, 2
IRC_OFFSET = 6667 - DEFAULT_BASE_PORT
ADMIN_OFFSET = 8099 - DEFAULT_BASE_PORT
HTTP_OFFSET, PAGE_OFFSET, REPORT_OFFSET = (port - DEFAULT_BASE_PORT for port in (8010, 8011, 8012))
# Every port must stay one that may be listened on without privileges, and below 65536.
MIN_BASE_PORT, MAX_BASE_PORT = 1024 - IRC_OFFSET, 65535 - CHAT_OFFSET


def default_admin(base_port: int) -> str:
    """Where the admin page of the embedded defaults is."""
    return f"tcp:{base_port + ADMIN_OFFSET}:interface=127.0.0.1"


def defaults(base_port: int, sample: str) -> list[ServiceTable]:
    """All four services, with nothing to set up. `sample` is a folder that holds an ``access_log``."""
    offsets = (FILES_OFFSET, HTTP_OFFSET, CHAT_OFFSET, REPORT_OFFSET)
    files, http, chat, report = (base_port + offset for offset in offsets)

    def service(plugin: str, hint: str, *argv: str) -> ServiceTable:
        return ServiceTable(plugin, (), argv, f"embedded defaults ({plugin})", hint)

    return [
        service(
            "echo",
            f"twisted-suite echo --to tcp:localhost:{base_port}",
            f"--listen=tcp:{base_port}",
            f"--udp={base_port}",
        ),
        service(
            "files",
            f"twisted-suite get access_log --from tcp:localhost:{files}",
            f"--listen=tcp:{files}",
            f"--http=tcp:{http}",
            f"--root={sample}",
        ),
        service(
            "chat",
            f"twisted-suite chat --to tcp:localhost:{chat}",
            f"--listen=tcp:{chat}",
            f"--irc=tcp:{base_port + IRC_OFFSET}",
            f"--web=tcp:{base_port + PAGE_OFFSET}",
        ),
        service("accesslog", f"http://localhost:{report}/", f"--web=tcp:{report}", f"{sample}/access_log"),
    ]
