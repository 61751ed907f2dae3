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

from twisted.copyright import version
from twisted.internet import default
from twisted.internet.main import installReactor
from twisted.logger import Logger
from twisted.python.reflect import namedAny

from twisted_suite.runtime.reactor_guard import KNOWN, KNOWN_VERSIONS, changed

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


def obstacle(read: Sources = sources, *, has_epoll: bool = hasattr(select, "epoll")) -> str | None:
    """Why Twisted's own reactor has to do here; None when ours may."""
    if not has_epoll:
        return "this platform has no epoll"
    unknown = changed(read())
    if not unknown:
        return None
    known = ", ".join(KNOWN_VERSIONS)
    return f"Twisted {version} is not as in {known} ({', '.join(unknown)})"


def install(read: Sources = sources) -> None:
    """Make it the reactor of this process; where it does not fit, Twisted's own, with one log line."""
    reason = obstacle(read)
    if reason is None:
        installReactor(namedAny(_CLASS)())
    else:
        _log.warn("fastepoll: {reason}; Twisted's own reactor is used", reason=reason)
        default.install()


def install_if_first(read: Sources = sources) -> bool:
    """`install`, unless this process has a reactor already; returns whether it has ours now.

    For commands that prefer it. Without a word where it does not fit: nobody has asked for it.
    """
    if _INSTALLED in sys.modules or obstacle(read) is not None:
        return False
    installReactor(namedAny(_CLASS)())
    return True
