"""Signals, reload and the service manager, with real processes."""

import os
import re
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
    await child.line_matching("serving$")
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


async def test_a_foreign_pid_file_does_not_block(children: Children) -> None:
    """One that names a living process that is not ours is taken over; ours, while it lives, is not."""
    pid_file = children.folder / "echo.pid"
    pid_file.write_text(str(os.getpid()))
    command = ("--pidfile", "echo.pid", "--logfile", "echo.log", "echo", "--listen", ENDPOINT)
    assert await children.twistd(*command).ended() == 0
    daemon = children.daemon(pid_file)
    assert daemon.pid != os.getpid()
    second = children.twistd(*command)
    assert await second.ended() == 69
    assert f"already running, as process {daemon.pid}" in second.stderr
    daemon.signal("KILL")
    await daemon.ended()
    assert pid_file.exists()
    assert await children.twistd(*command).ended() == 0
    third = children.daemon(pid_file)
    third.signal("TERM")
    await third.ended()
    assert not pid_file.exists()
    assert "Traceback" not in (children.folder / "echo.log").read_text()


@pytest.mark.parametrize("runner", ["twist", "twistd"])
async def test_log_files_are_bounded(children: Children, runner: str) -> None:
    """Of each log there are so many files of such a size, under both runners; SIGHUP opens it anew."""
    bounds = ("--log-size", "2K", "--log-keep", "2")
    if runner == "twist":
        child = children.spawn(
            *TWIST, "--log-file=echo.log", "--log-format=text", "echo", "--listen", ENDPOINT, *bounds
        )
    else:
        child = children.twistd("-n", "--logfile", "echo.log", "echo", "--listen", ENDPOINT, *bounds)
    log = children.folder / "echo.log"

    def found() -> re.Match[str] | None:
        return re.search("starting on ([0-9]+)", log.read_text()) if log.exists() else None

    port = int((await until(found, "a port", children.reactor))[1])
    await until(lambda: "serving" in log.read_text(), "a start", children.reactor)

    def visit() -> bool:
        for _ in range(20):
            with connect(("127.0.0.1", port)) as client:
                client.sendall(b"/quit")
                to_the_end(client)
        return (children.folder / "echo.log.2").exists()

    while not await deferToThread(visit):
        pass
    await deferToThread(visit)
    assert not (children.folder / "echo.log.3").exists()
    assert max(path.stat().st_size for path in children.folder.glob("echo.log*")) < 2048 + 500
    log.rename(children.folder / "moved")
    child.signal("HUP")
    await until(lambda: log.exists() and "reloaded" in log.read_text(), "a new log", children.reactor)
    child.signal("TERM")
    await child.ended()


# Run by Python before anything else: time.time() then also adds the seconds that a file holds.
JUMPING_CLOCK = """
import time
_real = time.time
def _time():
    with open("jump") as file:
        return _real() + float(file.read())
time.time = _time
"""


@pytest.mark.parametrize("jump", ["-86400", "86400"])
async def test_the_systems_clock_jumps(children: Children, jump: str) -> None:
    """A day forth ends nobody, and a day back does not keep deadlines from being kept."""
    site = children.folder / "site"
    site.mkdir()
    site.joinpath("sitecustomize.py").write_text(JUMPING_CLOCK)
    children.folder.joinpath("jump").write_text("0")
    paths = os.pathsep.join([str(site), environment()["PYTHONPATH"]])
    child = children.spawn(
        *(*TWIST, "--log-format=text", "echo", "--listen", ENDPOINT),
        *("--first-byte-timeout", "3", "--idle-timeout", "1000"),
        env={**environment(), "PYTHONPATH": paths},
    )
    port = await child.port()
    await child.line_matching("serving$")
    with connect(("127.0.0.1", port)) as talks:
        for jumped in ("0", jump):
            children.folder.joinpath("jump").write_text(jumped)
            talks.sendall(b"hello")
            assert await deferToThread(exactly, talks, 5) == b"hello"
            with connect(("127.0.0.1", port)) as silent:
                assert await deferToThread(to_the_end, silent) == b""  # its deadline, and not never
        talks.sendall(b"after")
        assert await deferToThread(exactly, talks, 5) == b"after"
    child.signal("TERM")
    await child.ended()
    assert child.stdout.count("silent for its first 3 s") == 2


# Runs a command in a terminal of its own, closes the terminal when asked to, and tells how the command ended.
TERMINAL = """
import os, pty, sys
pid, terminal = pty.fork()
if not pid:
    os.execv(sys.argv[1], sys.argv[1:])
seen = b""
while b"serving" not in seen:
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
    await child.line_matching("serving$")
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
    child = children.twist(
        *("echo", "--listen", "unix:echo", "--metrics", f"tcp:{metrics}:interface=127.0.0.1")
    )
    await child.line_matching("Starting reactor")

    def ask(path: bytes) -> bytes:
        with connect(("127.0.0.1", metrics)) as client:
            client.sendall(b"GET " + path + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            return to_the_end(client)

    assert (await deferToThread(ask, b"/readyz")).startswith(b"HTTP/1.1 200")
    with connect(children.folder / "echo") as client:
        await deferToThread(push, client, 1 << 30)  # now it has bytes that nobody takes
        child.signal("TERM")
        await child.line_matching("draining 1 connections")
        assert (await deferToThread(ask, b"/readyz")).startswith(b"HTTP/1.1 503")
        text = await deferToThread(ask, b"/metrics")
        assert b'twisted_suite_connections{service="echo"} 1.0' in text
    await child.ended()
