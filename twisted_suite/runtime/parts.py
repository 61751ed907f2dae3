"""Which services of a program may run in several processes, and which must stay in one. Adapter.

A service that must has an attribute ``one_process``: why, for people. Where a program is made of several
services, those that must stay in one process get one more process, for them alone.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol, runtime_checkable

from twisted.application.service import IService, MultiService

from twisted_suite.errors import ConfigError


@runtime_checkable
class Divisible(Protocol):
    """A program of several services."""

    def part(self, *, alone: bool) -> Sequence[IService]:
        """Those that must stay in one process, or the others."""

    def told(self, *, alone: bool) -> list[Any]:
        """What makes that part in another process, as JSON."""


def divisible(program: Any) -> Divisible | None:
    """The service that `program` can be divided at."""
    return next((each for each in _tree(program) if isinstance(each, Divisible)), None)


def one_process(service: Any) -> str:
    """Why `service` must stay in one process; "" when it need not."""
    for each in _tree(service):
        if getattr(each, "one_shot", False):
            return "it does its work and ends, in one process"
        if reason := getattr(each, "one_process", ""):
            return str(reason)
    return ""


def parts(program: Any) -> tuple[Sequence[Any], Sequence[Any]]:
    """What several processes run, and what one more runs alone. Raises `ConfigError` when that is all."""
    divided = divisible(program)
    if divided is not None:
        spread, alone = divided.part(alone=False), divided.part(alone=True)
    else:
        spread, alone = ([], [program]) if one_process(program) else ([program], [])
    if not spread:
        raise ConfigError(f"--workers: {one_process(alone[0])}")
    return spread, alone


def _tree(root: Any) -> Iterator[Any]:
    yield root
    if isinstance(root, MultiService):
        for child in root:
            yield from _tree(child)
