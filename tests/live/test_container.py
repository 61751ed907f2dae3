"""The program as process 1 of a container: signals, orphans, its pid file left by the container before."""

import os
from pathlib import Path

from twisted.internet.threads import deferToThread

from tests.live.processes import TWIST, TWISTD, Child, Children, until
from tests.live.sockets import connect, exactly, push, to_the_end
from tests.support import need

ENDPOINT = "tcp:0:interface=127.0.0.1"
# A process that ends as soon as its parent has: whoever is process 1 inherits it.
ORPHAN = "(sleep 0.3 & echo $!)"


def children_of(pid: int) -> list[int]:
    """The children of a process, zombies too."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]


class Container:
    """A program as process 1 of a process namespace."""

    def __init__(self, child: Child, pid1: int) -> None:
        self.child = child
        self.pid1 = pid1  # as the machine numbers it

    @classmethod
    async def start(cls, children: Children, *command: str) -> "Container":
        child = children.spawn(
            *("unshare", "--map-root-user", "--pid", "--fork", "--kill-child", "--mount-proc"), *command
        )
        try:
            await child.line_matching("serving$|unshare failed")
        except AssertionError as error:
            need(False, f"no process namespace can be made here: {error}")
        (pid1,) = children_of(child.pid)
        return cls(child, pid1)

    def signal(self, number: int) -> None:
        os.kill(self.pid1, number)


async def test_it_drains_at_sigterm(children: Children) -> None:
    """`docker stop` is heard: the peers are told, the status is the signal's, as a shell would tell it."""
    container = await Container.start(children, *TWIST, "--log-format=text", "echo", "--listen", ENDPOINT)
    port = await container.child.port()
    with connect(("127.0.0.1", port)) as client:
        client.sendall(b"hello")
        assert await deferToThread(exactly, client, 5) == b"hello"
        container.signal(15)
        assert await deferToThread(to_the_end, client) == b""
    assert await container.child.ended() == 128 + 15
    assert "drained" in container.child.stdout


async def test_a_second_signal_means_now(children: Children) -> None:
    """Each signal is handed on once: the first drains, the second ends it."""
    container = await Container.start(
        children,
        *(*TWIST, "--log-format=text", "echo", "--listen", ENDPOINT, "--drain-timeout", "600"),
    )
    port = await container.child.port()
    with connect(("127.0.0.1", port)) as client:
        await deferToThread(push, client, 1 << 30)
        container.signal(2)
        await container.child.line_matching("draining 1 connections")
        container.signal(2)
        await container.child.line_matching("second signal: ending now")
        assert await container.child.ended() == 128 + 2


async def test_orphans_are_reaped(children: Children) -> None:
    """What others leave behind in the container does not stay as a zombie."""
    container = await Container.start(children, *TWIST, "--log-format=text", "echo", "--listen", ENDPOINT)
    (program,) = children_of(container.pid1)
    visitor = children.spawn(
        "nsenter", "--target", str(container.pid1), "--user", "--pid", "sh", "-c", ORPHAN
    )
    await visitor.line_matching("[0-9]+")
    await until(lambda: len(children_of(container.pid1)) > 1, "the orphan to be inherited", children.reactor)
    await until(lambda: children_of(container.pid1) == [program], "the orphan to be reaped", children.reactor)
    container.signal(15)
    await container.child.ended()


async def test_a_pid_file_of_the_container_before(children: Children) -> None:
    """The number in it is now that of this very program, or of another: it starts all the same."""
    for left in ("1", "2"):
        children.folder.joinpath("twistd.pid").write_text(left)
        container = await Container.start(
            children, *TWISTD, "-n", "--pidfile", "twistd.pid", "echo", "--listen", ENDPOINT
        )
        await container.child.port()
        container.signal(15)
        assert await container.child.ended() == 128 + 15
        assert not children.folder.joinpath("twistd.pid").exists()
