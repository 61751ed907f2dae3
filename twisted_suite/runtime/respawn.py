"""How a program with workers starts one: its own command again, with a log that it can read. Adapter."""

import getopt
import os
import sys
from typing import Any

from twisted_suite.runtime.inherit import systemd_environment
from twisted_suite.runtime.reactor import obstacle

# What systemd tells the parent is not the workers' to answer.
_OURS_ALONE = frozenset({"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"})
# ``python -m twisted``, where systemd's endpoints find the names of its sockets: they are told to one process
# only, by its number, which nobody knows before it runs.
_TWIST = (
    "import os, runpy; os.environ['LISTEN_PID'] = str(os.getpid()); "
    "runpy.run_module('twisted', run_name='__main__')"
)


def workers_wanted(options: Any) -> int:
    """How many processes ``--workers`` asks for; 0 there means one for each processor that we may use."""
    wanted: int = options.get("workers", 1)
    return wanted or len(os.sched_getaffinity(0))


def worker_command(runner: Any) -> list[str]:
    """The command of a worker. It runs on the reactor that was asked for; on `fastepoll` when none was."""
    _, words = getopt.getopt(sys.argv[1:], runner.shortOpt, runner.longOpt)
    level = runner.get("logLevel")
    options = [f"--log-level={level.name}"] if level is not None else []
    reactor = _reactor_asked_for(runner) or (None if obstacle() else "fastepoll")
    if reactor:
        options.append(f"--reactor={reactor}")
    return [sys.executable, "-c", _TWIST, "--log-format=json", *options, *words]


def _reactor_asked_for(runner: Any) -> str | None:
    """By name. twist has the reactor itself in its options, and says "default" of one it chose."""
    for name in (runner.get("reactorName"), runner.get("reactor")):
        if isinstance(name, str) and name != "default":
            return name
    return None


def worker_environment() -> dict[str, str]:
    """The environment of a worker, without what it is told itself."""
    environ = {name: value for name, value in os.environ.items() if name not in _OURS_ALONE}
    return {**environ, **systemd_environment()}
