"""How often somebody may fail to log in, by address and by name. Core: the time is handed in.

Guessing from one address stops at the address's allowance, guessing one name from many addresses at the
name's. So that nobody can lock a user out by guessing at the name, an address from which that name has
logged in before is held to its own allowance only.
"""

from collections import OrderedDict
from dataclasses import dataclass

# What is remembered at most; the one that was used longest ago is forgotten first.
MAX_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Allowance:
    """`burst` failures at once, then one more each `every_s` seconds."""

    burst: int
    every_s: float


# Who comes back just when told to is not a rounding error too early.
ROUNDING = 1e-6
BY_ADDRESS = Allowance(burst=10, every_s=6.0)
BY_NAME = Allowance(burst=10, every_s=30.0)


class Bucket:
    """Failures by key, each forgiven after a while."""

    def __init__(self, allowance: Allowance) -> None:
        self._allowance = allowance
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()  # failures, and at what time

    def __len__(self) -> int:
        return len(self._levels)

    def wait_s(self, key: str, now: float) -> float:
        """How long until one more is allowed."""
        missing = self._level(key, now) + 1 - self._allowance.burst
        return missing * self._allowance.every_s if missing > ROUNDING else 0.0

    def add(self, key: str, now: float, count: int = 1) -> None:
        """`count` more failures, or fewer where it is negative."""
        level = self._level(key, now) + count
        self._levels.pop(key, None)
        if level > 0:
            self._levels[key] = level, now
        if len(self._levels) > MAX_REMEMBERED:
            self._levels.popitem(last=False)

    def _level(self, key: str, now: float) -> float:
        level, at = self._levels.get(key, (0.0, now))
        return max(0.0, level - (now - at) / self._allowance.every_s)


class Attempts:
    """Says who may try, and remembers who failed.

    An attempt counts as a failure from its beginning, so that many at once do not slip through together.
    """

    def __init__(self, by_address: Allowance = BY_ADDRESS, by_name: Allowance = BY_NAME) -> None:
        self._by_address = Bucket(by_address)
        self._by_name = Bucket(by_name)
        self._known: OrderedDict[tuple[str | None, str], None] = OrderedDict()

    def begin(self, address: str | None, name: str, now: float) -> float:
        """Count an attempt and return 0, or return the seconds to wait and count nothing."""
        wait_s = 0.0 if address is None else self._by_address.wait_s(address, now)
        if (address, name) not in self._known:
            wait_s = max(wait_s, self._by_name.wait_s(name, now))
        if wait_s == 0:
            self._count(address, name, now, 1)
        return wait_s

    def withdraw(self, address: str | None, name: str, now: float) -> None:
        """The attempt that was begun has not failed: it was not made, or it was right."""
        self._count(address, name, now, -1)

    def succeeded(self, address: str | None, name: str, now: float) -> None:
        """The attempt that was begun was right."""
        self.withdraw(address, name, now)
        self._known[address, name] = None
        self._known.move_to_end((address, name))
        if len(self._known) > MAX_REMEMBERED:
            self._known.popitem(last=False)

    def _count(self, address: str | None, name: str, now: float, count: int) -> None:
        if address is not None:
            self._by_address.add(address, now, count)
        self._by_name.add(name, now, count)
