"""``twist echo`` as a process, over each kind of transport, with peers that behave and peers that do not."""

import random
import socket
import ssl
import subprocess
from collections.abc import Awaitable, Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from shutil import which

import pytest
from twisted.internet.threads import deferToThread

from tests.live.certificates import certificate
from tests.live.processes import Child, Children
from tests.live.sockets import PATIENCE_S, connect, converse_slowly, exactly, push, to_the_end
from tests.support import need

LISTEN = "tcp:0:interface=127.0.0.1"
# What a peer that never reads may cost: buffers of Twisted and of TLS, far from what it sends.
GROWTH_PER_PEER_BYTES = 1 << 20
DEAF_PEERS = 2
# More than the kernel's buffers on the way there and back can hold.
NEVER_TAKEN_BYTES = 256 << 20


@dataclass
class Service:
    """A ``twist echo`` that is up, at one kind of address, and how to connect to it there."""

    child: Child
    connect: Callable[[], socket.socket]


Start = Callable[..., Awaitable[Service]]


async def tcp(children: Children, *options: str) -> Service:
    """Over TCP."""
    child = children.twist("echo", "--listen", LISTEN, *options)
    address = ("127.0.0.1", await child.port())
    return Service(child, lambda: connect(address))


async def unix(children: Children, *options: str) -> Service:
    """Over a Unix socket."""
    path = children.folder / "echo.sock"
    child = children.twist("echo", "--listen", f"unix:{path}", *options)
    await child.line_matching("Connections starting on")
    return Service(child, lambda: connect(path))


async def tls(children: Children, *options: str) -> Service:
    """Over TLS, whose certificate the client checks."""
    key, cert = certificate(children.folder)
    endpoint = f"ssl:0:interface=127.0.0.1:privateKey={key}:certKey={cert}"
    child = children.twist("echo", "--listen", endpoint, *options)
    address = ("127.0.0.1", await child.port())
    context = ssl.create_default_context(cafile=str(cert))
    return Service(child, lambda: context.wrap_socket(connect(address), server_hostname="127.0.0.1"))


TRANSPORTS = pytest.mark.parametrize("start", [tcp, unix, tls], ids=lambda start: start.__name__)


@TRANSPORTS
async def test_every_byte_comes_back(children: Children, start: Start) -> None:
    """Any bytes at all, in order, to several clients at once."""
    service = await start(children)
    message = bytes(range(256)) * 64

    def converse() -> list[bytes]:
        with ExitStack() as open_ones:
            clients = [open_ones.enter_context(service.connect()) for _ in range(3)]
            for client in clients:
                client.sendall(message)
            return [exactly(client, len(message)) for client in reversed(clients)]

    assert await deferToThread(converse) == [message] * 3


@TRANSPORTS
@pytest.mark.parametrize("word", [b"/quit", b"/quit\n", b"/quit\r\n"])
async def test_quit_ends_the_connection(children: Children, start: Start, word: bytes) -> None:
    """A message that is exactly /quit is not echoed: what was said before is, and the server closes."""
    service = await start(children)

    def converse() -> tuple[bytes, bytes]:
        with service.connect() as client:
            client.sendall(b"first")
            before = exactly(client, 5)
            client.sendall(word)
            return before, to_the_end(client)

    assert await deferToThread(converse) == (b"first", b"")


async def test_raw_echoes_quit_too(children: Children) -> None:
    """With --raw no message is special."""
    service = await tcp(children, "--raw")

    def converse() -> bytes:
        with service.connect() as client:
            client.sendall(b"/quit")
            return exactly(client, 5)

    assert await deferToThread(converse) == b"/quit"


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(("socat", "-t", "20", "-", "TCP4:127.0.0.1:{port}"), id="socat"),
        pytest.param(("nc", "-N", "127.0.0.1", "{port}"), id="nc"),
    ],
)
async def test_what_was_said_before_the_end_of_input_comes_back(
    children: Children, command: tuple[str, ...]
) -> None:
    """Everyday clients close their half at the end of input; the answer still arrives, and then the end."""
    need(which(command[0]), f"{command[0]} is not installed")
    service_port = await children.twist("echo", "--listen", LISTEN).port()
    message = random.Random(1).randbytes(1_000_000)

    def run() -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [word.format(port=service_port) for word in command],
            input=message,
            capture_output=True,
            timeout=PATIENCE_S,
            check=False,
        )

    ran = await deferToThread(run)
    assert (ran.returncode, len(ran.stdout)) == (0, len(message)), ran.stderr
    assert ran.stdout == message


@pytest.mark.parametrize("start", [tcp, unix], ids=lambda start: start.__name__)
async def test_a_long_message_comes_back_whole_through_a_slow_reader(
    children: Children, start: Start
) -> None:
    """20 MB and the end of input, read in sips: all of it comes back, then the server closes."""
    service = await start(children)
    message = random.Random(2).randbytes(20_000_000)

    def converse() -> bytes:
        with service.connect() as client:
            before_the_end = converse_slowly(client, message)
            client.shutdown(socket.SHUT_WR)
            return before_the_end + to_the_end(client)

    came_back = await deferToThread(converse)
    assert len(came_back) == len(message)
    assert came_back == message  # apart, for a report of two long messages takes minutes


async def test_a_long_message_comes_back_whole_under_tls(children: Children) -> None:
    """TLS has no half to close: 20 MB, read in sips, come back whole over an open connection."""
    service = await tls(children)
    message = random.Random(3).randbytes(20_000_000)

    def converse() -> bytes:
        with service.connect() as client:
            before = converse_slowly(client, message)
            return before + exactly(client, len(message) - len(before))

    came_back = await deferToThread(converse)
    assert len(came_back) == len(message)
    assert came_back == message


@TRANSPORTS
async def test_peers_that_never_read_cost_bounded_memory(children: Children, start: Start) -> None:
    """The service stops reading from a peer that does not read, and serves the others."""
    service = await start(children)

    def greet() -> bytes:
        with service.connect() as client:
            client.sendall(b"hello")
            return exactly(client, 5)

    assert await deferToThread(greet) == b"hello"
    before = service.child.resident_bytes()
    with ExitStack() as deaf_ones:

        def push_without_reading() -> list[int]:
            deaf = [deaf_ones.enter_context(closing(service.connect())) for _ in range(DEAF_PEERS)]
            return [push(one, NEVER_TAKEN_BYTES) for one in deaf]

        taken = await deferToThread(push_without_reading)
        growth = service.child.resident_bytes() - before
        assert max(taken) < NEVER_TAKEN_BYTES, f"took {taken}, and grew by {growth} bytes"
        assert growth < GROWTH_PER_PEER_BYTES * DEAF_PEERS, f"took {taken}, and grew by {growth} bytes"
        assert await deferToThread(greet) == b"hello"


async def udp(children: Children) -> tuple[Child, tuple[str, int]]:
    """A service that answers datagrams, and its address."""
    child = children.twist("echo", "--listen", LISTEN, "--udp", "0")
    port = int((await child.line_matching(r"EchoDatagrams starting on (\d+)"))[1])
    return child, ("127.0.0.1", port)


def datagram_socket() -> socket.socket:
    """A UDP socket at a port that the system chose."""
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.settimeout(PATIENCE_S)
    opened.bind(("127.0.0.1", 0))
    return opened


@pytest.mark.parametrize("datagram", [b"", b"x", bytes(60_000)], ids=len)
async def test_each_datagram_is_answered_with_itself(children: Children, datagram: bytes) -> None:
    """Empty and large ones too."""
    _, address = await udp(children)

    def converse() -> bytes:
        with datagram_socket() as client:
            client.sendto(datagram, address)
            return client.recv(1 << 16)

    assert await deferToThread(converse) == datagram


async def test_a_datagram_from_a_service_port_is_not_answered(children: Children) -> None:
    """Below 1024 another service may listen and answer back, for ever; clients are answered as before."""
    child, address = await udp(children)
    with datagram_socket() as client, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as privileged:
        try:
            privileged.bind(("127.0.0.1", 7))
            allowed = True
        except PermissionError:
            allowed = False
        need(allowed, "only root may send from a port below 1024")
        privileged.sendto(b"loop", address)
        client.sendto(b"mine", address)
        assert await deferToThread(client.recv, 1 << 16) == b"mine"
        # Datagrams are answered in the order they came: an answer to the first would be here.
        privileged.setblocking(False)
        with pytest.raises(BlockingIOError):
            privileged.recv(1 << 16)
    await child.line_matching("no answer to 127.0.0.1 port 7:")


async def test_a_datagram_from_the_service_itself_is_not_answered(children: Children) -> None:
    """One forged to come from the service's own port would have it talk to itself for ever."""
    child, address = await udp(children)
    port = address[1].to_bytes(2)
    forged = port + port + (8 + 4).to_bytes(2) + b"\0\0" + b"loop"  # RFC 768; a checksum of 0 is none
    try:
        raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
    except PermissionError:
        raw = None
    need(raw, "only root may forge a datagram")
    assert raw is not None
    with raw, datagram_socket() as client:
        raw.sendto(forged, ("127.0.0.1", 0))
        client.sendto(b"mine", address)
        assert await deferToThread(client.recv, 1 << 16) == b"mine"
    await child.line_matching(f"no answer to 127.0.0.1 port {address[1]}:")
