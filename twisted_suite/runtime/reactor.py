"""``fastepoll``: a faster reactor for any Twisted program, or Twisted's own where it would not be safe.

Called by ``twist --reactor=fastepoll`` and ``twistd --reactor=fastepoll`` (through `twisted/plugins`), by the
``twisted-suite`` command (`install_if_first`), and by any program before it imports the reactor (`install`).
What is fast about it is in `runtime/fastepoll.py`; which Twisted it fits, in `runtime/reactor_guard.py`.
Adapter.
"""

import inspect
import select
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path

from twisted.copyright import version
from twisted.internet import default
from twisted.internet.main import installReactor
from twisted.logger import Logger
from twisted.python.reflect import namedAny

from twisted_suite.runtime.reactor_guard import KNOWN, KNOWN_FILES, KNOWN_VERSIONS, changed, digest

# By name: where there is no epoll, neither this class nor Twisted's can be imported.
_CLASS = "twisted_suite.runtime.fastepoll.FastEPollReactor"
# Where `twisted.internet.main.installReactor` puts the reactor of the process.
_INSTALLED = "twisted.internet.reactor"

_log = Logger()

Sources = Callable[[], Mapping[str, str]]


def sources() -> dict[str, str]:
    """The source of each function that the guard knows, as it is in this process; "" where there is none."""
    return {name: _source(name) for name in KNOWN}


def _source(name: str) -> str:
    try:
        function = namedAny(name)
        # Of a function that somebody has wrapped, inspect would show what is inside.
        return "" if hasattr(function, "__wrapped__") else inspect.getsource(function)
    except (AttributeError, ImportError, OSError, TypeError):
        return ""


def as_released() -> bool:
    """Whether the functions that the guard knows stand in the files of a release that it knows.

    False may also mean that this cannot be told: then their sources have to be looked at.
    """
    try:
        files = {name: str(import_module(name).__file__) for name in KNOWN_FILES}
        if any(digest(Path(file).read_bytes()) not in KNOWN_FILES[name] for name, file in files.items()):
            return False
        codes = [namedAny(name).__code__ for name in KNOWN]
    except (AttributeError, ImportError, OSError):
        return False
    return all(code.co_filename in files.values() for code in codes)  # else somebody has replaced one


def obstacle(read: Sources | None = None, *, has_epoll: bool = hasattr(select, "epoll")) -> str | None:
    """Why Twisted's own reactor has to do here; None when ours may."""
    if not has_epoll:
        return "this platform has no epoll"
    if read is None and as_released():
        return None
    unknown = changed((read or sources)())
    if not unknown:
        return None
    known = ", ".join(KNOWN_VERSIONS)
    return f"Twisted {version} is not as in {known} ({', '.join(unknown)})"


def install(read: Sources | None = None) -> None:
    """Make it the reactor of this process; where it does not fit, Twisted's own, with one log line."""
    reason = obstacle(read)
    if reason is None:
        installReactor(namedAny(_CLASS)())
    else:
        _log.warn("fastepoll: {reason}; Twisted's own reactor is used", reason=reason)
        default.install()


def install_if_first(read: Sources | None = None) -> bool:
    """`install`, unless this process has a reactor already; returns whether it has ours now.

    For commands that prefer it. Without a word where it does not fit: nobody has asked for it.
    """
    if _INSTALLED in sys.modules or obstacle(read) is not None:
        return False
    installReactor(namedAny(_CLASS)())
    return True
