"""Each plugin run as people run it: by ``twistd`` as a daemon, and started wrongly by every runner."""

import re
import socket
import time
from ast import literal_eval
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from twisted.internet.defer import gatherResults
from twisted.internet.threads import deferToThread

from tests.live.processes import Child, Children, Daemon, free_port, until
from tests.live.sockets import PATIENCE_S, connect, exactly, push, to_the_end
from twisted_suite.errors import ExitStatus

NOTE = b"one file of the folder\n"
LOG_LINE = b'192.0.2.1 - - [10/Oct/2026:13:55:36 +0000] "GET / HTTP/1.1" 200 2326\r\n'


@pytest.fixture
def folder(children: Children) -> Path:
    """Where the daemons run, with something to serve: command lines name it without a path."""
    children.folder.joinpath("root").mkdir()
    children.folder.joinpath("root", "note.txt").write_bytes(NOTE)
    children.folder.joinpath("access_log").write_bytes(LOG_LINE)
    return children.folder


def echoes(port: int) -> None:
    """Talk to the echo service."""
    with connect(("127.0.0.1", port)) as client:
        client.sendall(b"hello")
        assert exactly(client, 5) == b"hello"


def sends_a_file(port: int) -> None:
    """Get a file by its bare name."""
    with connect(("127.0.0.1", port)) as client:
        client.sendall(b"note.txt")
        assert to_the_end(client) == NOTE


def chats(port: int) -> None:
    """Say who we are, and be announced."""
    prompt, announcement = "로그인ID:".encode(), "[ann]님이 입장했습니다.".encode()
    with connect(("127.0.0.1", port)) as client:
        assert exactly(client, len(prompt)) == prompt
        client.sendall(b"ann")
        assert exactly(client, len(announcement)) == announcement


def shows_a_page(port: int) -> None:
    """Ask for the page at the top, as often as it takes until the log has been read."""
    answer = b""
    deadline = time.monotonic() + PATIENCE_S
    while not answer or (answer.startswith(b"HTTP/1.1 503 ") and time.monotonic() < deadline):
        with connect(("127.0.0.1", port)) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            answer = to_the_end(client)
    assert answer.startswith(b"HTTP/1.1 200 ")


@dataclass(frozen=True)
class Row:
    """One plugin at work: its command line, with a place for the port, and a conversation with it."""

    command: str
    converse: Callable[[int], None]
    files: dict[str, str] = field(default_factory=dict)


ENDPOINT = "tcp:{port}:interface=127.0.0.1"
CONFIG = f"""
[[service]]
plugin = "echo"
listen = "{ENDPOINT}"
"""
SERVICES = {
    "echo": Row(f"echo --listen {ENDPOINT}", echoes),
    "files": Row(f"files --listen {ENDPOINT} --root root", sends_a_file),
    "chat": Row(f"chat --listen {ENDPOINT}", chats),
    "accesslog": Row(f"accesslog --web {ENDPOINT} access_log", shows_a_page),
    "suite": Row("suite --config suite.toml", echoes, {"suite.toml": CONFIG}),
}
ROWS = pytest.mark.parametrize("row", [pytest.param(row, id=name) for name, row in SERVICES.items()])

# twistd reads so much of a daemon's word about its start, which begins with two of its own.
RELAYED_BYTES = 100 - len("1 ")

PID_FILE, LOG_FILE = "daemon.pid", "daemon.log"
AS_DAEMON = ("--pidfile", PID_FILE, "--logfile", LOG_FILE)


def command_line(row: Row, port: int, folder: Path) -> list[str]:
    """The words of `row`'s command, and its files in the folder."""
    for name, text in row.files.items():
        folder.joinpath(name).write_text(text.format(port=port), "utf-8")
    return row.command.format(port=port).split()


async def daemonize(children: Children, *command: str) -> Daemon:
    """Have ``twistd`` put `command` into the background; it must say nothing and succeed."""
    parent = children.twistd(*AS_DAEMON, *command)
    status = await parent.ended()
    assert (status, parent.stdout, parent.stderr) == (0, "", ""), log_of(children.folder)
    return children.daemon(children.folder / PID_FILE)


def log_of(folder: Path) -> str:
    """What the daemon logged."""
    path = folder / LOG_FILE
    return path.read_text("utf-8") if path.exists() else ""


async def has_ended(daemon: Daemon, folder: Path) -> str:
    """Wait for the daemon's end and check that it was an orderly one; returns its log."""
    await daemon.ended()
    log = log_of(folder)
    assert "Traceback" not in log
    assert "Server Shut Down." in log
    assert not folder.joinpath(PID_FILE).exists()
    return log


@ROWS
async def test_a_daemon_serves_until_it_is_terminated(children: Children, folder: Path, row: Row) -> None:
    """It leaves the shell, writes its pid file, serves; on SIGTERM it ends and removes the pid file."""
    port = free_port()
    daemon = await daemonize(children, *command_line(row, port, folder))
    assert daemon.lives()
    await deferToThread(row.converse, port)
    await deferToThread(row.converse, port)
    daemon.signal("TERM")
    log = await has_ended(daemon, folder)
    assert "Received SIGTERM, shutting down." in log


@ROWS
@pytest.mark.parametrize("signal", ["TERM", "INT"])
async def test_twist_ends_in_order_by_a_signal(
    children: Children, folder: Path, row: Row, signal: str
) -> None:
    """In the foreground too, a signal stops the services first; nothing goes wrong on the way."""
    port = free_port()
    twist = children.twist(*command_line(row, port, folder))
    await twist.line_matching("Starting reactor")
    await deferToThread(row.converse, port)
    twist.signal(signal)
    await twist.ended()
    assert "Main loop terminated." in twist.stdout
    assert "Traceback" not in twist.stdout + twist.stderr


@pytest.mark.parametrize("name", ["echo", "chat", "suite"])
async def test_an_open_connection_is_drained(children: Children, folder: Path, name: str) -> None:
    """On SIGTERM a peer that reads is let go at once: the daemon does not wait for a timeout of a day."""
    port = free_port()
    row = SERVICES[name]
    if row.files:
        config = CONFIG + "drain-timeout = 86400\n"
        row = Row(row.command, row.converse, {"suite.toml": config})
        command = command_line(row, port, folder)
    else:
        command = [*command_line(row, port, folder), "--drain-timeout", "86400"]
    daemon = await daemonize(children, *command)
    with connect(("127.0.0.1", port)) as client:
        client.sendall(b"ann")
        assert await deferToThread(client.recv, 1)
        daemon.signal("TERM")
        await deferToThread(to_the_end, client)
        log = await has_ended(daemon, folder)
    assert "drained" in log
    assert "drain timeout" not in log


async def test_a_peer_that_never_reads_is_cut_off_at_the_drain_timeout(
    children: Children, folder: Path
) -> None:
    """What waits for it cannot be sent, so it is aborted, and the daemon ends."""
    port = free_port()
    command = command_line(SERVICES["echo"], port, folder)
    daemon = await daemonize(children, *command, "--drain-timeout", "0.5")
    with closing(connect(("127.0.0.1", port))) as deaf:
        await deferToThread(push, deaf, 1 << 28)
        daemon.signal("TERM")
        log = await has_ended(daemon, folder)
    assert "draining 1 connections for at most 0.5 s" in log
    assert "drain timeout of 0.5 s" in log


async def test_a_transfer_under_way_is_finished(children: Children, folder: Path) -> None:
    """On SIGTERM a file that is being sent arrives whole, then the daemon ends."""
    long = bytes(32 << 20)
    folder.joinpath("root", "long.bin").write_bytes(long)
    port = free_port()
    daemon = await daemonize(children, *command_line(SERVICES["files"], port, folder))
    with connect(("127.0.0.1", port)) as client:
        client.sendall(b"long.bin")
        first = await deferToThread(client.recv, 1)
        daemon.signal("TERM")
        await until(lambda: "draining 1 connections" in log_of(folder), "draining", daemon.reactor)
        rest = await deferToThread(to_the_end, client)
        await has_ended(daemon, folder)
    assert len(first + rest) == len(long)


async def test_nobody_else_comes_in_while_draining(children: Children, folder: Path) -> None:
    """Its port is closed at once, although a connection is still open."""
    port = free_port()
    command = command_line(SERVICES["echo"], port, folder)
    daemon = await daemonize(children, *command, "--drain-timeout", "86400")
    with closing(connect(("127.0.0.1", port))) as deaf:
        await deferToThread(push, deaf, 1 << 28)
        daemon.signal("TERM")
        await until(lambda: "draining 1 connections" in log_of(folder), "draining", daemon.reactor)
        with pytest.raises(ConnectionRefusedError):
            connect(("127.0.0.1", port))
        assert daemon.lives()
    await has_ended(daemon, folder)


@dataclass(frozen=True)
class Mistake:
    """A command that cannot work: the status it ends with, and the words that name what is wrong."""

    command: str
    status: ExitStatus
    words: str
    files: dict[str, str] = field(default_factory=dict)


def _config(*tables: str) -> dict[str, str]:
    return {"suite.toml": "\n".join(tables)}


TAKEN = f"cannot listen on {ENDPOINT}: Address already in use"
SUITE = "suite --config suite.toml"
MISTAKES = {
    "echo-taken": Mistake(f"echo --listen {ENDPOINT}", ExitStatus.UNAVAILABLE, TAKEN),
    "echo-udp-taken": Mistake(
        "echo --listen tcp:0 --udp {port}",
        ExitStatus.UNAVAILABLE,
        "cannot listen on udp port {port}: Address already in use",
    ),
    "echo-second-endpoint-taken": Mistake(
        f"echo --listen tcp:0 --listen {ENDPOINT}", ExitStatus.UNAVAILABLE, TAKEN
    ),
    "echo-endpoint": Mistake("echo --listen bogus:1", ExitStatus.CONFIG, "bogus:1"),
    "echo-endpoint-words": Mistake("echo --listen tcp", ExitStatus.CONFIG, "'tcp'"),
    "echo-port": Mistake("echo --listen tcp:99999", ExitStatus.UNAVAILABLE, "tcp:99999"),
    "echo-port-name": Mistake("echo --listen tcp:nosuch", ExitStatus.CONFIG, "tcp:nosuch"),
    "echo-interface": Mistake("echo --listen tcp:0:interface=192.0.2.1", ExitStatus.UNAVAILABLE, "192.0.2.1"),
    "echo-key": Mistake("echo --listen ssl:0:privateKey=missing.pem", ExitStatus.CONFIG, "missing.pem"),
    "echo-socket-folder": Mistake(
        "echo --listen unix:missing/echo.sock", ExitStatus.UNAVAILABLE, "missing/echo.sock"
    ),
    "echo-option": Mistake("echo --bogus", ExitStatus.USAGE, "bogus"),
    "echo-argument": Mistake("echo extra", ExitStatus.USAGE, "extra"),
    "echo-number": Mistake("echo --max-connections many", ExitStatus.USAGE, "--max-connections: 'many'"),
    "echo-udp-port": Mistake("echo --udp 70000", ExitStatus.USAGE, "--udp: '70000'"),
    "files-taken": Mistake(f"files --root root --listen {ENDPOINT}", ExitStatus.UNAVAILABLE, TAKEN),
    "files-no-root": Mistake("files", ExitStatus.USAGE, "--root"),
    "files-missing-root": Mistake("files --root missing", ExitStatus.CONFIG, "missing"),
    "files-root-is-a-file": Mistake("files --root access_log", ExitStatus.CONFIG, "access_log"),
    "files-endpoint": Mistake("files --root root --listen bogus:1", ExitStatus.CONFIG, "bogus:1"),
    "chat-taken": Mistake(f"chat --listen {ENDPOINT}", ExitStatus.UNAVAILABLE, TAKEN),
    "chat-endpoint": Mistake("chat --listen bogus:1", ExitStatus.CONFIG, "bogus:1"),
    "chat-option": Mistake("chat --bogus", ExitStatus.USAGE, "bogus"),
    "chat-language": Mistake("chat --lang xx", ExitStatus.USAGE, "xx"),
    "accesslog-no-file": Mistake("accesslog", ExitStatus.USAGE, "FILE"),
    "accesslog-missing-file": Mistake("accesslog missing.log", ExitStatus.NO_INPUT, "missing.log"),
    "accesslog-not-to-be-read": Mistake("accesslog loop", ExitStatus.NO_INPUT, "loop"),
    "accesslog-option": Mistake("accesslog --bogus access_log", ExitStatus.USAGE, "bogus"),
    "accesslog-output": Mistake("accesslog --output bogus access_log", ExitStatus.USAGE, "bogus"),
    "accesslog-taken": Mistake(f"accesslog --web {ENDPOINT} access_log", ExitStatus.UNAVAILABLE, TAKEN),
    "accesslog-endpoint": Mistake("accesslog --web bogus:1 access_log", ExitStatus.CONFIG, "bogus:1"),
    "suite-missing-file": Mistake("suite --config missing.toml", ExitStatus.NO_INPUT, "missing.toml"),
    "suite-not-toml": Mistake(SUITE, ExitStatus.CONFIG, "suite.toml", _config("nonsense")),
    "suite-unknown-key": Mistake(
        SUITE, ExitStatus.CONFIG, "bogus", _config("[[service]]", 'plugin = "echo"', "bogus = 1")
    ),
    "suite-unknown-plugin": Mistake(
        SUITE, ExitStatus.CONFIG, "bogus", _config("[[service]]", 'plugin = "bogus"')
    ),
    "suite-bad-endpoint": Mistake(
        SUITE,
        ExitStatus.CONFIG,
        "bogus:1",
        _config("[[service]]", 'plugin = "echo"', 'listen = "bogus:1"'),
    ),
    "suite-taken": Mistake(SUITE, ExitStatus.UNAVAILABLE, TAKEN, {"suite.toml": CONFIG}),
    "suite-missing-root": Mistake(
        SUITE,
        ExitStatus.CONFIG,
        "missing",
        _config("[[service]]", 'plugin = "files"', 'root = "missing"', 'listen = "tcp:0"'),
    ),
}


def in_the_foreground(child: Child, mistake: Mistake, words: str) -> None:
    """`twist` and ``twistd -n`` say one line, and end with the status of the mistake."""
    assert child.status == mistake.status, child.transcript("wrong status")
    assert child.stderr.count("\n") == 1, child.transcript("not one line on standard error")
    assert words in child.stderr, child.transcript(f"not naming {words!r}")


def in_the_background(child: Child, line: str) -> None:
    """The shell hears the same `line`; from a daemon in two of twistd's own, that relay its beginning."""
    assert child.status not in (0, None), child.transcript("wrong status")
    relayed = re.match(r"An error has occurred: (b'.*'|b\".*\")\nPlease look at log file.*\n\Z", child.stderr)
    if relayed is None:
        assert child.stderr == line, child.transcript("not the line that twistd -n says")
        return
    beginning = literal_eval(relayed[1]).decode("ascii")
    assert line.startswith(beginning), child.transcript(f"not the beginning of {line!r}")
    assert len(beginning) >= min(len(line.rstrip()), RELAYED_BYTES), child.transcript("cut short")


@pytest.mark.parametrize("name", MISTAKES)
async def test_a_mistake_is_one_line_and_a_status(children: Children, folder: Path, name: str) -> None:
    """From every runner: the input is named, nothing is a traceback, nothing stays behind."""
    mistake = MISTAKES[name]
    folder.joinpath("loop").symlink_to("loop")
    with socket.create_server(("127.0.0.1", 0)) as taken, socket.socket(type=socket.SOCK_DGRAM) as taken_udp:
        port = taken.getsockname()[1]
        taken_udp.bind(("0.0.0.0", port))
        for file_name, text in mistake.files.items():
            folder.joinpath(file_name).write_text(text.format(port=port), "utf-8")
        command = mistake.command.format(port=port).split()
        twist = children.twist(*command)
        attached = children.twistd("-n", "--pidfile", "attached.pid", *command)
        background = children.twistd(*AS_DAEMON, *command)
        await gatherResults([child.ended() for child in (twist, attached, background)])
    words = mistake.words.format(port=port)
    in_the_foreground(twist, mistake, words)
    in_the_foreground(attached, mistake, words)
    in_the_background(background, attached.stderr)
    said = [text for child in (twist, attached, background) for text in (child.stdout, child.stderr)]
    assert "Traceback" not in "".join([*said, log_of(folder)])
    assert not list(folder.glob("*.pid"))


async def test_a_report_is_printed_and_the_program_ends(children: Children, folder: Path) -> None:
    """``twist accesslog FILE`` ends with status 0 by itself, and its report alone is on standard output."""
    twist = children.twist("accesslog", "--output", "json", "access_log")
    assert await twist.ended() == 0, twist.transcript("failed")
    assert twist.stdout.startswith("{"), twist.transcript("not only the report")
    assert "Traceback" not in twist.stderr
