"""Every service over every fault of `tests.faults`: it serves on, forgets nobody, stays small."""

import json
import re
import socket
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import pytest
from twisted.internet.defer import gatherResults
from twisted.internet.threads import deferToThread
from wsproto import ConnectionType, WSConnection
from wsproto.connection import Connection
from wsproto.events import Request, TextMessage

from tests.live.processes import TWIST, Child, Children, environment, free_port
from tests.live.sockets import PATIENCE_S, connect, exactly, push, to_the_end
from tests.support import (
    BYTE_AT_A_TIME,
    DELAYED,
    FULL_DISK,
    JumpingClock,
    Link,
    cut_after,
    exhausted_descriptors,
    load_of,
    reset_after,
    stall_after,
)

NOTE = b"one file of the folder, not very long\n"
BIG_BYTES = 64 << 20
LOG_LINE = b'192.0.2.1 - - [10/Oct/2026:13:55:36 +0000] "GET / HTTP/1.1" 200 2326\r\n'
# Short, so that a test sees it at work; long against anything that a busy machine does.
IDLE_S = 3
# How often a figure is asked for.
LOOK_S = 0.2
# A peer that takes nothing may cost so much, with all that the service and Python keep of it.
MAX_GROWTH_BYTES = 24 << 20
# A loop that rests uses next to nothing; one that spins uses all of it.
RESTING_LOAD = 0.5


def echoes(client: socket.socket) -> None:
    """Hear all that was said."""
    client.sendall(b"hello, and a word more")
    assert exactly(client, 22) == b"hello, and a word more"


def fetches(client: socket.socket) -> None:
    """Get a file by its bare name."""
    client.sendall(b"note.txt\n")
    assert to_the_end(client) == NOTE


def chats(client: socket.socket) -> None:
    """Log in, and hear what was said."""
    _hears(client, "로그인ID:".encode())
    client.sendall(b"ann\n")
    _hears(client, b"ann")
    client.sendall(b"hello\n")
    _hears(client, b"hello")


def chats_on_irc(client: socket.socket) -> None:
    """Register, and hear that it lives."""
    client.sendall(b"NICK eve\r\nUSER eve 0 * :Eve\r\n")
    _hears(client, b" 001 eve ")
    client.sendall(b"PING :still-there\r\n")
    _hears(client, b"still-there")


def _opens_socket(client: socket.socket) -> None:
    """Shake hands, as a page does."""
    client.sendall(WSConnection(ConnectionType.CLIENT).send(Request(host="localhost", target="/ws")))
    _hears(client, b"name_asked")


def _frames(*commands: dict[str, str]) -> bytes:
    """What a page sends after the handshake."""
    page = Connection(ConnectionType.CLIENT)
    return b"".join(page.send(TextMessage(json.dumps(command))) for command in commands)


def chats_on_a_page(client: socket.socket) -> None:
    """Log in over a WebSocket, and hear what was said."""
    _opens_socket(client)
    client.sendall(_frames({"do": "login", "name": "kim"}))
    _hears(client, b"entered")
    client.sendall(_frames({"do": "say", "text": "hello, page"}))
    _hears(client, b"hello, page")


def a_page_says(client: socket.socket) -> None:
    """Ask a page's server for more than anybody takes, and take nothing."""
    client.settimeout(1)  # on some lines nothing comes back
    _opens_socket(client)
    asking = [{"do": "ask_rooms"}] * 1_500
    says(_frames({"do": "login", "name": "lee"}, *asking))(client)


def _hears(client: socket.socket, words: bytes) -> None:
    heard = b""
    while words not in heard:
        piece = client.recv(4096)
        assert piece, heard
        heard += piece


def asks_for(path: bytes) -> Callable[[socket.socket], None]:
    """Ask for a page."""

    def ask(client: socket.socket) -> None:
        client.sendall(b"GET " + path + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answer = to_the_end(client)
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        length = re.search(rb"content-length: ([0-9]+)", head.lower())
        assert length is None or len(body) == int(length[1])

    return ask


def says(what: bytes) -> Callable[[socket.socket], None]:
    """Ask for more than anybody takes, and take nothing."""

    def say(client: socket.socket) -> None:
        client.settimeout(1)  # it may take less than all of it
        client.sendall(what)

    return say


def pours(client: socket.socket) -> None:
    """Send for as long as it is taken."""
    push(client, 1 << 26)


@dataclass(frozen=True)
class Row:
    """One service: its command, a conversation with it, and one in which the client takes nothing."""

    command: str
    converse: Callable[[socket.socket], None]
    deaf: Callable[[socket.socket], None]


GET_BIG = b"GET /big.bin HTTP/1.1\r\nHost: localhost\r\n\r\n"
GET_REPORT = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" * 5000
LISTEN = "tcp:{port}:interface=127.0.0.1"
SERVICES = {
    "echo": Row(f"echo --listen {LISTEN}", echoes, pours),
    "files": Row(f"files --root . --listen {LISTEN}", fetches, says(b"big.bin\n")),
    "files-http": Row(
        f"files --root . --listen tcp:0:interface=127.0.0.1 --http {LISTEN}",
        asks_for(b"/note.txt"),
        says(GET_BIG),
    ),
    "chat": Row(f"chat --listen {LISTEN}", chats, says(b"ben\n" + b"a long story, told again\n" * 1_500)),
    "irc": Row(
        f"chat --listen tcp:0:interface=127.0.0.1 --irc {LISTEN}",
        chats_on_irc,
        says(b"NICK dan\r\nUSER dan 0 * :Dan\r\n" + b"PING :again\r\n" * 1_500),
    ),
    "web": Row(f"chat --listen tcp:0:interface=127.0.0.1 --web {LISTEN}", chats_on_a_page, a_page_says),
    "accesslog": Row(f"accesslog --web {LISTEN} access_log", asks_for(b"/report.txt"), says(GET_REPORT)),
}
ROWS = pytest.mark.parametrize("row", [pytest.param(row, id=name) for name, row in SERVICES.items()])


class Served:
    """One service in a process of its own, with something to serve."""

    def __init__(self, children: Children, row: Row, *before: str, log: str = "-") -> None:
        folder = children.folder
        folder.joinpath("note.txt").write_bytes(NOTE)
        folder.joinpath("access_log").write_bytes(LOG_LINE * 100)
        with folder.joinpath("big.bin").open("wb") as big:
            big.truncate(BIG_BYTES)
        self.row = row
        self.port, self.metrics = free_port(), free_port()
        self.clock = JumpingClock(folder, environment())
        plugin, *words = row.command.format(port=self.port).split()
        limits = ("--idle-timeout", str(IDLE_S), "--metrics", f"tcp:{self.metrics}:interface=127.0.0.1")
        self.child: Child = children.spawn(
            *(*before, *TWIST, "--log-format=text", f"--log-file={log}", plugin, *limits, *words),
            env=self.clock.environment,
        )

    async def is_up(self) -> "Served":
        """Wait until a conversation goes well."""

        def wait() -> bool:
            deadline = time.monotonic() + PATIENCE_S
            while time.monotonic() < deadline and self.child.status is None:
                with suppress(OSError, AssertionError):
                    self.converses()
                    return True
                time.sleep(LOOK_S)
            return False

        assert await deferToThread(wait), self.child.transcript("did not serve")
        return self

    def converses(self, port: int = 0) -> None:
        """A whole conversation, which must go well."""
        with connect(("127.0.0.1", port or self.port)) as client:
            self.row.converse(client)

    def breaks_off(self, port: int) -> None:
        """A conversation that may go wrong in any way."""
        with suppress(OSError, AssertionError), connect(("127.0.0.1", port)) as client:
            client.settimeout(1)
            self.row.converse(client)

    def open_connections(self) -> float:
        """How many there are of this service, as it says."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics}/metrics", timeout=30) as page:
            text = page.read().decode()
        counts = re.findall(r'twisted_suite_connections\{service="(?!metrics)[^"]*"\} ([0-9.]+)', text)
        return sum(map(float, counts))

    async def forgets_all(self) -> None:
        """Wait until no connection is left."""

        def wait() -> bool:
            deadline = time.monotonic() + PATIENCE_S
            while time.monotonic() < deadline:
                if not self.open_connections():
                    return True
                time.sleep(LOOK_S)
            return False

        assert await deferToThread(wait), self.child.transcript("did not forget a connection")

    async def ends_well(self) -> None:
        self.child.signal("TERM")
        await self.child.ended()
        assert "Traceback" not in self.child.stdout + self.child.stderr, self.child.transcript("a traceback")


@ROWS
async def test_bad_lines(children: Children, row: Row) -> None:
    """Slow lines lose nothing; lines that break, wherever they do, leave nothing behind and harm nobody."""
    served = await Served(children, row).is_up()
    for fault in (DELAYED, BYTE_AT_A_TIME):
        with Link(served.port, fault, fault) as link:
            await deferToThread(served.converses, link.port)
    for count in (0, 3, 15):
        for fault in (cut_after(count), reset_after(count)):
            for faults in ({"to_server": fault}, {"to_client": fault}):
                with Link(served.port, **faults) as link:
                    await deferToThread(served.breaks_off, link.port)
    await deferToThread(served.converses)
    await served.forgets_all()
    await served.ends_well()


@ROWS
async def test_peers_that_are_gone_or_take_nothing(children: Children, row: Row) -> None:
    """Who takes nothing, and whose machine has lost its power, cost little and are ended in time."""
    served = await Served(children, row).is_up()
    await deferToThread(served.converses)
    before = served.child.resident_bytes()
    with (
        Link(served.port, to_client=stall_after(0)) as deaf,
        Link(served.port, stall_after(3), stall_after(3)) as gone,
        connect(("127.0.0.1", deaf.port)) as first,
        connect(("127.0.0.1", served.port)) as second,
    ):

        def takes_nothing(client: socket.socket) -> None:
            with suppress(OSError):
                row.deaf(client)

        await gatherResults(
            [
                deferToThread(served.breaks_off, gone.port),
                *(deferToThread(takes_nothing, client) for client in (first, second)),
            ]
        )
        assert served.child.resident_bytes() - before < MAX_GROWTH_BYTES
        await served.forgets_all()
    await deferToThread(served.converses)
    await served.ends_well()


@ROWS
async def test_a_machine_without_descriptors_or_a_right_clock(children: Children, row: Row) -> None:
    """With no descriptor left it rests, and takes in who waited; when the clock jumps it serves on."""
    served = await Served(children, row, *exhausted_descriptors(60)).is_up()
    await deferToThread(served.converses)
    crowd = [connect(("127.0.0.1", served.port)) for _ in range(80)]
    await served.child.line_matching("accepting pauses: Too many open files")
    assert await deferToThread(load_of, served.child.pid, 1.0) < RESTING_LOAD
    for client in crowd:
        client.close()
    await served.child.line_matching("accepting goes on")
    for seconds in (86400, -86400):
        served.clock.jump(seconds)
        await deferToThread(served.converses)
    await served.forgets_all()
    await served.ends_well()


@ROWS
async def test_a_full_disk(children: Children, row: Row) -> None:
    """A log that cannot be written is no reason not to serve, nor not to end."""
    served = await Served(children, row, log=FULL_DISK).is_up()
    for _ in range(3):
        await deferToThread(served.converses)
    await served.forgets_all()
    await served.ends_well()
