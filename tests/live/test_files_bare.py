"""The bare-name protocol over real sockets: however a name comes, and whoever does not read."""

import os
import socket
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import pytest
import pytest_twisted
from twisted.internet.threads import deferToThread

from tests.live.processes import Child, Children
from tests.live.sockets import connect, exactly, to_the_end

NAME = "자료 1.bin"
# More than the buffers of both ends of a connection hold.
HUGE_BYTES = 40_000_000


@dataclass
class Serving:
    """A server of one folder, and what is in it."""

    child: Child
    address: tuple[str, int]
    content: bytes


@pytest_twisted.async_yield_fixture
async def server(children: Children) -> AsyncIterator[Serving]:
    """A server that waits for nobody longer than a moment."""
    yield await serve(children, "--first-byte-timeout", "1.5", "--idle-timeout", "2")


async def serve(children: Children, *options: str) -> Serving:
    """A server of a folder with a small file and a huge one."""
    served = children.folder / "served"
    served.mkdir()
    content = os.urandom(300_000)
    (served / NAME).write_bytes(content)
    with open(served / "huge", "wb") as huge:
        huge.truncate(HUGE_BYTES)
    child = children.twist("files", "--root", "served", "--listen", "tcp:0:interface=127.0.0.1", *options)
    await child.line_matching("Starting reactor")
    return Serving(child, ("127.0.0.1", await child.port()), content)


def at_once(connection: socket.socket, name: bytes) -> None:
    connection.sendall(name)


def byte_by_byte(connection: socket.socket, name: bytes) -> None:
    for byte in name:
        connection.sendall(bytes([byte]))
        time.sleep(0.002)  # a byte a segment; together they take less than a key does


def in_the_middle_of_a_character(connection: socket.socket, name: bytes) -> None:
    connection.sendall(name[:4])
    time.sleep(0.2)  # longer than the silence that ends a whole name
    connection.sendall(name[4:])


@pytest.mark.parametrize("send", [at_once, byte_by_byte, in_the_middle_of_a_character])
@pytest_twisted.ensureDeferred
async def test_however_a_name_comes(children: Children, send: Callable[[socket.socket, bytes], None]) -> None:
    """Whole, byte by byte, cut in a character; with and without line end and half-close: it is the file."""
    server = await serve(children)

    def fetch(end: bytes, half_close: bool) -> bytes:
        with connect(server.address) as connection:
            send(connection, NAME.encode() + end)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
            return to_the_end(connection)

    for end in (b"", b"\n", b"\r\n", b"\nmore, and more\n"):
        for half_close in (False, True):
            assert await deferToThread(fetch, end, half_close) == server.content, (end, half_close)


@pytest_twisted.ensureDeferred
async def test_what_is_not_served(server: Serving) -> None:
    """What may not be had ends without a byte, and the reason stands in the log only."""

    def fetch(name: bytes) -> bytes:
        with connect(server.address) as connection:
            connection.sendall(name)
            return to_the_end(connection)

    for name, reason in (
        (b"missing\n", "no such file or directory"),
        (b"/etc/passwd\n", "absolute name"),
        (b"../x\n", r"'\.\.' in the name"),
        (b"\n", "empty name"),
        (b"\xff\xfe\n", "name is not UTF-8"),
        (b"n" * 5000, "longer than 1024 bytes"),
        (b".\n", "a directory"),
    ):
        assert await deferToThread(fetch, name) == b""
        await server.child.says(reason)


@pytest_twisted.ensureDeferred
async def test_a_peer_that_says_nothing(server: Serving) -> None:
    """Who sends nothing is dropped by the first-byte limit; who sends a name in halves gets the file."""
    with connect(server.address) as silent, connect(server.address) as slow:
        slow.sendall(NAME.encode()[:-3])
        await deferToThread(time.sleep, 0.05)
        slow.sendall(NAME.encode()[-3:])
        assert await deferToThread(to_the_end, slow) == server.content
        assert await deferToThread(_until_dropped, silent) == b""
    await server.child.says(r"no name came; 0 bytes in, 0 out, .*, silent for its first 1\.5 s")


def _until_dropped(connection: socket.socket) -> bytes:
    """All that comes until the peer closes or resets."""
    try:
        return to_the_end(connection)
    except ConnectionResetError:
        return b""


@pytest_twisted.ensureDeferred
async def test_a_peer_that_takes_nothing(server: Serving) -> None:
    """Who asks and does not read is dropped as stalled, and holds up nobody meanwhile."""
    with connect(server.address) as stalled, connect(server.address) as other:
        stalled.sendall(b"huge\n")
        other.sendall(NAME.encode() + b"\n")
        assert await deferToThread(to_the_end, other) == server.content
        await server.child.says(r"broke off huge; 5 bytes in, \d+ out, .*, (idle|took nothing)")
        with pytest.raises(ConnectionResetError):
            await deferToThread(_all_of_it, stalled)


def _all_of_it(connection: socket.socket) -> None:
    """Read to an end that must not look like one: what came is not the whole file."""
    received = len(to_the_end(connection))
    assert received >= HUGE_BYTES, "it ended as if it were whole"


@pytest_twisted.ensureDeferred
async def test_a_slow_peer_is_not_stalled(server: Serving) -> None:
    """Who reads, however slowly, is served longer than the idle limit."""

    def sip(connection: socket.socket) -> int:
        received = 0
        began = time.monotonic()
        while time.monotonic() - began < 4.5:  # more than twice the limit
            received += len(exactly(connection, 200_000))
            time.sleep(0.1)
        return received + len(to_the_end(connection))

    with connect(server.address) as slow:
        slow.sendall(b"huge\n")
        assert await deferToThread(sip, slow) == HUGE_BYTES
