"""Limits in real processes: rates, handshakes, and clients behind a proxy, under TLS and over workers too."""

import shutil
import socket
import ssl
import time

import pytest
from twisted.internet.threads import deferToThread

from tests.live.certificates import certificate
from tests.live.processes import Child, Children, free_port
from tests.live.sockets import PATIENCE_S, connect, exactly, to_the_end
from tests.support import BYTE_AT_A_TIME, Link, need

ENDPOINT = "tcp:0:interface=127.0.0.1"
CLIENT = b"PROXY TCP4 192.0.2.%d 198.51.100.2 4242 443\r\n"


async def serving(children: Children, *arguments: str) -> tuple[Child, int]:
    """A program in the foreground, and its first port."""
    child = children.twist(*arguments)
    port = await child.port()
    await child.line_matching("serving$")
    return child, port


async def test_a_rate_slows_and_loses_nothing(children: Children) -> None:
    """Four times the burst comes back whole, and not sooner than the rate allows; others do not wait."""
    child, port = await serving(children, "echo", "--listen", ENDPOINT, "--max-byte-rate", "100K")
    message = bytes(range(256)) * 5000  # 1.28 MB: 256 KB more than the burst

    def converse() -> float:
        started = time.monotonic()
        with connect(("127.0.0.1", port)) as fast:
            fast.sendall(message[: 1 << 20])
            assert exactly(fast, 1 << 20) == message[: 1 << 20]
            fast.sendall(message[1 << 20 :])
            with connect(("127.0.0.1", port)) as other:
                other.sendall(b"hello")
                assert exactly(other, 5) == b"hello"
            assert exactly(fast, len(message) - (1 << 20)) == message[1 << 20 :]
        return time.monotonic() - started

    assert await deferToThread(converse) > 1.0
    child.signal("TERM")
    await child.ended()


async def test_a_handshake_that_does_not_come(children: Children) -> None:
    """Whoever connects to a TLS endpoint and says nothing, or half of it, is cut off."""
    key, cert = certificate(children.folder)
    child, port = await serving(
        children,
        *("echo", "--listen", f"ssl:0:interface=127.0.0.1:privateKey={key}:certKey={cert}"),
        *("--handshake-timeout", "1"),
    )
    with connect(("127.0.0.1", port)) as silent, connect(("127.0.0.1", port)) as half:
        half.sendall(b"\x16\x03\x01\x02\x00")
        for client in (silent, half):
            with pytest.raises(ConnectionResetError):
                await deferToThread(to_the_end, client)
    await child.line_matching("handshake not done in 1 s")
    child.signal("TERM")
    await child.ended()


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("encrypted", [False, True])
async def test_behind_a_proxy(children: Children, encrypted: bool, workers: int) -> None:
    """Each client of a proxy is its own, though the header comes byte by byte, before TLS, to any worker."""
    inner = "tcp:0:interface=127.0.0.1"
    if encrypted:
        key, cert = certificate(children.folder)
        inner = f"ssl:0:interface=127.0.0.1:privateKey={key}:certKey={cert}"
    child, port = await serving(
        children,
        *("echo", "--listen", f"proxied:{inner}:from=127.0.0.1", "--workers", str(workers)),
    )
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE

    def converse(number: int) -> None:
        with Link(port, to_server=BYTE_AT_A_TIME) as link:
            plain: socket.socket = socket.create_connection(("127.0.0.1", link.port), timeout=PATIENCE_S)
            plain.sendall(CLIENT % number)
            with context.wrap_socket(plain) if encrypted else plain as client:
                client.sendall(b"hello")
                assert exactly(client, 5) == b"hello"

    for number in (7, 8):
        await deferToThread(converse, number)
        await child.line_matching(rf"echo: 192\.0\.2\.{number}:4242 .* in, ")
    with connect(("127.0.0.1", port)) as stranger:
        stranger.sendall(b"hello, I have no header\r\n")
        with pytest.raises(ConnectionResetError):
            await deferToThread(to_the_end, stranger)
    await child.line_matching("refused 127.0.0.1:[0-9]+: no PROXY header")
    child.signal("TERM")
    await child.ended()


# One listening port for each version, and one whose server is looked after (LOCAL headers).
HAPROXY = """
defaults
  mode tcp
  timeout connect 30s
  timeout client 30s
  timeout server 30s
listen v1
  bind 127.0.0.1:{0}
  server echo 127.0.0.1:{3} send-proxy
listen v2
  bind 127.0.0.1:{1}
  server echo 127.0.0.1:{3} send-proxy-v2
listen more
  bind 127.0.0.1:{2}
  server echo 127.0.0.1:{3} send-proxy-v2-ssl-cn check inter 100ms
"""


async def test_behind_haproxy(children: Children) -> None:
    """The proxy that the protocol comes from: both versions, what it may add, and its checks."""
    need(shutil.which("haproxy"), "haproxy is not installed")
    child, port = await serving(children, "echo", "--listen", f"proxied:{ENDPOINT}:from=127.0.0.1")
    fronts = [free_port() for _ in range(3)]
    children.folder.joinpath("haproxy.cfg").write_text(HAPROXY.format(*fronts, port))
    proxy = children.spawn("haproxy", "-f", "haproxy.cfg")

    def converse(front: int) -> int:
        """An echo through a front, once it is up; our own port, which the service should know."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                with connect(("127.0.0.1", front)) as client:
                    client.sendall(b"hello")
                    assert exactly(client, 5) == b"hello"
                    ours: int = client.getsockname()[1]
                    return ours
            except (ConnectionError, AssertionError):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    for front in fronts:
        ours = await deferToThread(converse, front)
        await child.line_matching(rf"echo: 127\.0\.0\.1:{ours} 5 bytes in, 5 out")
    proxy.signal("TERM")
    await proxy.ended()
    child.signal("TERM")
    await child.ended()
    assert "refused" not in child.stdout


async def test_messages_are_counted_under_tls(children: Children) -> None:
    """What is encrypted has its lines counted when it is read: over the rate, the next message waits."""
    key, cert = certificate(children.folder)
    child, port = await serving(
        children,
        *("echo", "--listen", f"ssl:0:interface=127.0.0.1:privateKey={key}:certKey={cert}"),
        *("--max-message-rate", "10"),
    )
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE

    def converse() -> float:
        with connect(("127.0.0.1", port)) as plain, context.wrap_socket(plain) as client:
            client.sendall(b"x\n" * 115)  # one and a half seconds too much
            assert exactly(client, 230) == b"x\n" * 115
            started = time.monotonic()
            client.sendall(b"next\n")
            assert exactly(client, 5) == b"next\n"
            return time.monotonic() - started

    assert await deferToThread(converse) > 0.5
    child.signal("TERM")
    await child.ended()


async def test_the_limit_for_an_address_is_the_clients(children: Children) -> None:
    """Behind a proxy the second connection of one client is refused, and that of another is not."""
    child, port = await serving(
        children, "echo", "--listen", f"proxied:{ENDPOINT}:from=127.0.0.0/8", "--max-per-ip", "1"
    )
    with connect(("127.0.0.1", port)) as one, connect(("127.0.0.1", port)) as other:
        for number, client in ((7, one), (8, other)):
            client.sendall(CLIENT % number + b"hello")
            assert await deferToThread(exactly, client, 5) == b"hello"
        with connect(("127.0.0.1", port)) as again:
            again.sendall(CLIENT % 7 + b"hello")
            with pytest.raises(ConnectionResetError):
                await deferToThread(to_the_end, again)
    await child.line_matching("refused 192.0.2.7:4242: --max-per-ip")
    child.signal("TERM")
    await child.ended()
