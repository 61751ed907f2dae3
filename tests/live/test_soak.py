"""The soak of docs/reliability.md, small: its command runs, and its goals hold."""

import sys

from tests.live.processes import Children
from tests.support import ROOT


async def test_a_small_soak(children: Children) -> None:
    """Two thousand connections with all limits and metrics on: what each costs, and that none is lost."""
    soak = children.spawn(
        sys.executable, str(ROOT / "benchmarks" / "soak.py"), "--connections", "2000", "--seconds", "3"
    )
    assert await soak.ended() == 0, soak.transcript("a goal does not hold")
    assert soak.stdout.count("- holds: ") == 4
    assert "| above |" in soak.stdout
