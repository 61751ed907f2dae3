"""Signals, reload and the service manager, with real processes."""

import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from twisted.internet.threads import deferToThread

from tests.live.processes import TWIST, Child, Children, environment, free_port, until
from tests.live.sockets import connect, exactly, push, to_the_end

ENDPOINT = "tcp:0:interface=127.0.0.1"


async def serving(children: Children, *arguments: str) -> tuple[Child, int]:
    """A program in the foreground, and its first port."""
    child = children.twist(*arguments)
    port = await child.port()
    await child.line_matching("Starting reactor")
    return child, port


async def test_a_second_signal_means_now(children: Children) -> None:
    """While it waits for a peer that takes nothing, a second signal ends it at once, without a traceback."""
    (children.folder / "huge").write_bytes(bytes(50_000_000))
    child, port = await serving(
        children, "files", "--root", ".", "--listen", ENDPOINT, "--drain-timeout", "600"
    )
    with connect(("127.0.0.1", port)) as client:
        client.sendall(b"huge\n")
        assert await deferToThread(exactly, client, 10) == bytes(10)
        child.signal("TERM")
        await child.line_matching("draining 1 connections")
        assert child.status is None
        child.signal("TERM")
        await child.line_matching("second signal: ending now")
        await child.ended()
    assert "Traceback" not in child.stdout + child.stderr
    assert "broke off huge" in child.stdout


async def test_hang_up_does_not_kill(children: Children) -> None:
    """SIGHUP reloads: a connection that is open goes on."""
    child, port = await serving(children, "echo", "--listen", ENDPOINT)
    with connect(("127.0.0.1", port)) as client:
        for words in (b"before", b"after"):
            client.sendall(words)
            assert await deferToThread(exactly, client, len(words)) == words
            child.signal("HUP")
            await child.says(r"\breloaded\b")


async def test_a_daemons_log_is_rotated_from_outside(children: Children) -> None:
    """After logrotate has moved the log, SIGHUP makes the daemon write a new one."""
    port = free_port()
    parent = children.twistd(
        *("--pidfile", "echo.pid", "--logfile", "echo.log"),
        *("echo", "--listen", f"tcp:{port}:interface=127.0.0.1"),
    )
    assert await parent.ended() == 0
    daemon = children.daemon(children.folder / "echo.pid")
    log, rotated = children.folder / "echo.log", children.folder / "echo.log.1"
    log.rename(rotated)
    daemon.signal("HUP")
    await until(lambda: log.exists() and "reloaded" in log.read_text(), "a new log", children.reactor)
    daemon.signal("TERM")
    await daemon.ended()
    assert "Received SIGTERM" in log.read_text()
    assert "Received SIGTERM" not in rotated.read_text()


# Runs a command in a terminal of its own, closes the terminal when asked to, and tells how the command ended.
TERMINAL = """
import os, pty, sys
pid, terminal = pty.fork()
if not pid:
    os.execv(sys.argv[1], sys.argv[1:])
seen = b""
while b"Starting reactor" not in seen:
    seen += os.read(terminal, 1000)
print("serving", flush=True)
sys.stdin.readline()
os.close(terminal)
print("ended", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""


async def test_a_closed_terminal_ends_the_program(children: Children) -> None:
    """What runs in a terminal ends with it, and does not go on unseen with its port."""
    port = free_port()
    endpoint = f"tcp:{port}:interface=127.0.0.1"
    shell = children.spawn(sys.executable, "-c", TERMINAL, *TWIST, "echo", "--listen", endpoint)
    await shell.line_matching("serving")
    shell.write("close\n")
    await shell.line_matching("ended -15")
    with pytest.raises(ConnectionRefusedError):
        connect(("127.0.0.1", port))


SERVICE = '[[service]]\nplugin = "echo"\nlisten = "tcp:{}:interface=127.0.0.1"\n'


async def test_the_suite_reloads_its_file(children: Children) -> None:
    """A service is added and one is taken out by SIGHUP; a file that does not hold changes nothing."""
    first, second = free_port(), free_port()
    config = children.folder / "suite.toml"
    config.write_text(SERVICE.format(first))
    child = children.twist("suite", "--config", "suite.toml")
    await child.line_matching("Starting reactor")
    with connect(("127.0.0.1", first)) as client:
        client.sendall(b"open")
        assert await deferToThread(exactly, client, 4) == b"open"
        config.write_text(SERVICE.format(first) + SERVICE.format(second))
        child.signal("HUP")
        await child.line_matching(f"starting on {second}")
        config.write_text("[[service]]\n")
        child.signal("HUP")
        await child.line_matching(r"not reloaded, going on as before: suite.toml: service 1: plugin =")
        for port in (first, second):
            with connect(("127.0.0.1", port)) as another:
                another.sendall(b"hello")
                assert await deferToThread(exactly, another, 5) == b"hello"
        config.write_text(SERVICE.format(second))
        child.signal("HUP")
        assert await deferToThread(to_the_end, client) == b""
    with pytest.raises(ConnectionRefusedError):
        connect(("127.0.0.1", first))


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    """What stands for systemd."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(os.fspath(tmp_path / "notify"))
        listening.settimeout(30)
        yield listening


async def test_the_service_manager_is_told(children: Children, manager: socket.socket) -> None:
    """systemd hears when it is ready, that it lives, of a reload and of the end, in this order."""
    env = {**environment(), "NOTIFY_SOCKET": manager.getsockname(), "WATCHDOG_USEC": "400000"}
    child = children.spawn(*TWIST, "echo", "--listen", ENDPOINT, env=env)

    async def hears(word: bytes) -> None:
        while True:
            message = await deferToThread(manager.recv, 1000)
            if message.startswith(word):
                return
            assert message == b"WATCHDOG=1", message

    await hears(b"READY=1")
    await hears(b"WATCHDOG=1")
    child.signal("HUP")
    await hears(b"RELOADING=1")
    await hears(b"READY=1")
    child.signal("TERM")
    await hears(b"STOPPING=1")
    await child.ended()


async def test_health_while_draining(children: Children) -> None:
    """While it drains, it can still be asked, and says that it is not ready."""
    metrics = free_port()
    child, port = await serving(
        children, "echo", "--listen", ENDPOINT, "--metrics", f"tcp:{metrics}:interface=127.0.0.1"
    )

    def ask(path: bytes) -> bytes:
        with connect(("127.0.0.1", metrics)) as client:
            client.sendall(b"GET " + path + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            return to_the_end(client)

    assert (await deferToThread(ask, b"/readyz")).startswith(b"HTTP/1.1 200")
    with connect(("127.0.0.1", port)) as client:
        await deferToThread(push, client, 1 << 30)  # now it has bytes that nobody takes
        child.signal("TERM")
        await child.line_matching("draining 1 connections")
        assert (await deferToThread(ask, b"/readyz")).startswith(b"HTTP/1.1 503")
        text = await deferToThread(ask, b"/metrics")
        assert b'twisted_suite_connections{service="echo"} 1.0' in text
    await child.ended()
