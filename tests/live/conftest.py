"""Fixtures of the live tests. `hygiene` and `deadline` apply to every test by themselves."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_twisted

from tests.live.processes import Children

pytest_plugins = ["tests.live.deadline", "tests.live.hygiene"]


@pytest_twisted.async_yield_fixture
async def children(tmp_path: Path) -> AsyncIterator[Children]:
    """Starts processes, in an empty folder; those that still run after the test are killed."""
    from twisted.internet import reactor

    started = Children(reactor, tmp_path)
    yield started
    await started.kill()
