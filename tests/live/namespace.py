"""A network of its own for the lecture's programs, whose port is always 9009.

In it nobody else has that port, and none of its connections lingers from the test before.
"""

import sys
from pathlib import Path

from tests.live.processes import Child, Children, until
from tests.support import need

# Bring up loopback, say so, and keep the namespace until standard input ends.
_HOLD = "ip link set lo up && echo up && exec cat"
LECTURE_PORT = 9009
# The state of a listening socket in /proc/net/tcp.
_LISTEN = "0A"


class Namespace:
    """Processes started through it have one loopback network among themselves."""

    interpreter = (sys.executable,)

    def __init__(self, children: Children, holder: Child) -> None:
        self._children = children
        self._holder = holder

    @classmethod
    async def create(cls, children: Children) -> "Namespace":
        """A new one; the test is skipped where the system does not let us."""
        holder = children.spawn("unshare", "--map-root-user", "--net", "sh", "-c", _HOLD)
        try:
            await holder.line_matching("^up$")
        except AssertionError as error:
            need(False, f"no network namespace can be made here: {error}")
        return cls(children, holder)

    def spawn(self, *command: str) -> Child:
        """Start a process in this network."""
        enter = (
            "nsenter",
            "--preserve-credentials",
            "--user",
            "--net",
            "--target",
            str(self._holder.pid),
            "--",
        )
        return self._children.spawn(*enter, *command)

    def python(self, program: str) -> Child:
        """Start one of the lecture's programs, which lies in the test's folder."""
        return self.spawn(*self.interpreter, program)

    async def serving(self, *command: str) -> Child:
        """Start a server, and wait until it listens at the lecture's port.

        Nobody knocks to find out: one of the lecture's servers serves a single connection, and another never
        recovers from a client that says nothing.
        """
        server = self.spawn(*command)
        await until(
            lambda: server.status is not None or self._is_listened_at(LECTURE_PORT),
            server.transcript("to listen"),
            self._children.reactor,
        )
        assert server.status is None, server.transcript("ended")
        return server

    def _is_listened_at(self, port: int) -> bool:
        for table in ("tcp", "tcp6"):
            lines = Path(f"/proc/{self._holder.pid}/net/{table}").read_text("ascii").splitlines()[1:]
            for line in lines:
                _, local, _, state, *_ = line.split()
                if state == _LISTEN and int(local.rpartition(":")[2], 16) == port:
                    return True
        return False
