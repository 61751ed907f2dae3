"""Files over HTTP by real processes: peers that read slowly or not at all, files that change, limits, TLS."""

import os
import re
import select
import socket
import ssl
import threading
from contextlib import ExitStack, closing
from pathlib import Path

from twisted.internet.threads import deferToThread

from tests.live.certificates import certificate
from tests.live.processes import Child, Children
from tests.live.sockets import PATIENCE_S, connect, exactly, to_the_end

HERE = "tcp:0:interface=127.0.0.1"
MB = 1 << 20


def content(size: int) -> bytes:
    """Bytes that are nowhere the same."""
    return os.urandom(MB) * (size // MB) + os.urandom(size % MB)


async def serving(children: Children, *options: str, http: str = HERE) -> tuple[Child, int]:
    """The service over the folder ``root``, and its port."""
    (children.folder / "root").mkdir(exist_ok=True)
    names = f"unix:{children.folder / 'names'}"
    child = children.twist("files", "--root", "root", "--listen", names, "--http", http, *options)
    port = int((await child.line_matching(r"Connections\b.* starting on (\d+)"))[1])
    return child, port


def request(name: str, *fields: str) -> bytes:
    return "\r\n".join([f"GET /{name} HTTP/1.1", "Host: h", *fields, "", ""]).encode()


def answer(connection: socket.socket) -> tuple[bytes, int]:
    """The head of the next answer, and the length that it promises."""
    head = bytearray()
    while not head.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)
        assert byte, f"an end within the head {bytes(head)!r}"
        head += byte
    length = re.search(rb"\r\nContent-Length: (\d+)\r\n", head)
    assert length is not None, head
    return bytes(head), int(length[1])


def fetched(connection: socket.socket, name: str, *fields: str) -> bytes:
    """The body of one answer."""
    connection.sendall(request(name, *fields))
    return exactly(connection, answer(connection)[1])


def small_window(port: int) -> socket.socket:
    """A peer whose kernel keeps little for it, so that what it does not read waits in the server's."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    connection.settimeout(PATIENCE_S)
    connection.connect(("127.0.0.1", port))
    return connection


async def test_a_slow_reader_is_not_idle(children: Children) -> None:
    """Who reads slowly gets all, though for longer than the idle time nothing leaves the server's hands."""
    data = content(16 * MB)
    _, port = await serving(children, "--idle-timeout=1")
    (children.folder / "root" / "file").write_bytes(data)
    paused = threading.Event()

    def read_slowly() -> bytes:
        with closing(small_window(port)) as peer:
            peer.sendall(request("file"))
            _, length = answer(peer)
            received = bytearray()
            for _ in range(60):  # several times the idle time, for less than the server's kernel holds
                received += peer.recv(1 << 12)
                paused.wait(0.07)
            return bytes(received) + exactly(peer, length - len(received))

    assert await deferToThread(read_slowly) == data


async def test_who_reads_nothing_is_dropped(children: Children) -> None:
    """A peer that takes nothing of a file is dropped, and the line says so; others do not notice."""
    child, port = await serving(children, "--idle-timeout=1")
    (children.folder / "root" / "file").write_bytes(content(16 * MB))
    with closing(small_window(port)) as stalled, closing(connect(("127.0.0.1", port))) as other:
        stalled.sendall(request("file"))
        assert len(await deferToThread(fetched, other, "file")) == 16 * MB
        await child.line_matching(r"GET /file 200; .* out, .*(idle|stuck)")


async def test_files_that_change(children: Children) -> None:
    """Replaced or deleted, the file that was begun comes whole; cut short, nobody takes it for the whole."""
    data = content(24 * MB)
    _, port = await serving(children)
    root = children.folder / "root"

    def while_it_is_sent(change: object) -> bytes:
        (root / "file").write_bytes(data)
        with closing(small_window(port)) as peer:
            peer.sendall(request("file"))
            _, length = answer(peer)
            assert length == len(data)
            change()  # type: ignore[operator]
            try:
                return exactly(peer, length)
            except ConnectionResetError:
                return b""

    def replace() -> None:
        (root / "next").write_bytes(b"another")
        (root / "next").rename(root / "file")

    def grow() -> None:
        with (root / "file").open("ab") as file:
            file.write(b"more")

    for change in (replace, (root / "file").unlink, grow):
        assert await deferToThread(while_it_is_sent, change) == data
    short = await deferToThread(while_it_is_sent, lambda: os.truncate(root / "file", MB))
    assert len(short) < len(data)


async def test_a_race_is_never_won(children: Children) -> None:
    """While a name changes between a file and a link that leads outside, nothing from outside comes out."""
    _, port = await serving(children)
    root = children.folder / "root"
    (children.folder / "secret").write_text("secret")
    (root / "inside").write_text("inside")
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            for target in ("../secret", "inside", str(children.folder / "secret"), str(root / "inside")):
                (root / "next").symlink_to(target)
                (root / "next").rename(root / "name")

    def ask() -> set[bytes]:
        seen = set()
        with closing(connect(("127.0.0.1", port))) as peer:
            for turn in range(20_000):
                seen.add(fetched(peer, "name"))
                if turn > 600 and b"inside" in seen:
                    break
        return seen

    swap_thread = threading.Thread(target=swap)
    swap_thread.start()
    try:
        seen = await deferToThread(ask)
    finally:
        stop.set()
        swap_thread.join()
    assert b"inside" in seen
    assert seen <= {b"inside", b"404 Not Found: there is no such file here\n"}, seen


async def test_pipelined(children: Children) -> None:
    """A thousand requests that are sent at once, for files small and large, are answered in order."""
    _, port = await serving(children)
    for name, size in [("a", 10), ("b", 100_000)]:
        (children.folder / "root" / name).write_bytes(name.encode() * size)

    def ask() -> None:
        wanted = ["b" if number % 20 == 0 else "a" for number in range(1000)]
        with closing(connect(("127.0.0.1", port))) as peer:
            sending = threading.Thread(target=peer.sendall, args=(b"".join(map(request, wanted)),))
            sending.start()
            for name in wanted:
                _, length = answer(peer)
                assert set(exactly(peer, length)) == set(name.encode())
            sending.join()

    await deferToThread(ask)


async def test_shared_fairly(children: Children) -> None:
    """Of many who fetch at once, nobody is left far behind when the first is done."""
    size, count = 8 * MB, 20
    _, port = await serving(children)
    (children.folder / "root" / "file").write_bytes(content(size))

    def race() -> list[int]:
        got = {}
        with ExitStack() as stack:
            for _ in range(count):
                peer = stack.enter_context(closing(small_window(port)))
                peer.sendall(request("file"))
                got[peer] = 0
            while max(got.values()) < size:
                for peer in select.select(list(got), [], [], PATIENCE_S)[0]:
                    got[peer] += len(peer.recv(1 << 16))
        return list(got.values())

    assert min(await deferToThread(race)) > size / 3


async def test_no_faster_than_it_may(children: Children) -> None:
    """One client gets so much a second over all its connections; what it gets is whole."""
    child, port = await serving(children, "--send-rate=200K")
    (children.folder / "root" / "file").write_bytes(data := content(150_000))

    def fetch() -> bytes:
        with closing(connect(("127.0.0.1", port))) as peer:
            return fetched(peer, "file")

    both = [deferToThread(fetch) for _ in range(2)]
    assert [await each for each in both] == [data, data]
    await child.line_matching("GET /file 200")
    seconds = [float(found) for found in re.findall(r"/file 200; .* (\S+) s,", child.stdout)]
    # 300,000 bytes at 204,800 a second, of which the first turns need not wait.
    assert max(seconds) > 1.0, seconds


async def test_tls(children: Children) -> None:
    """Over TLS files, ranges and several ranges are the same, a file from memory and one from a producer."""
    key, certified = certificate(children.folder)
    data = content(3 * MB + 17)
    _, port = await serving(children, http=f"ssl:0:interface=127.0.0.1:privateKey={key}:certKey={certified}")
    (children.folder / "root" / "file").write_bytes(data)
    context = ssl.create_default_context(cafile=str(certified))

    def ask() -> None:
        with closing(context.wrap_socket(connect(("127.0.0.1", port)), server_hostname="127.0.0.1")) as peer:
            assert fetched(peer, "file") == data
            assert fetched(peer, "file", "Range: bytes=5-9") == data[5:10]
            parts = fetched(peer, "file", "Range: bytes=0-99999,200000-299999,-7")
            for part in (data[:100_000], data[200_000:300_000], data[-7:]):
                assert b"\r\n\r\n" + part + b"\r\n--" in parts
            peer.sendall(request("file", "Connection: close"))
            assert to_the_end(peer).endswith(data)

    await deferToThread(ask)


async def test_a_transfer_is_finished_at_the_end(children: Children) -> None:
    """Asked to end, the service finishes what it sends, lets idle connections go, and takes nobody in."""
    data = content(24 * MB)
    child, port = await serving(children)
    (children.folder / "root" / "file").write_bytes(data)
    with closing(small_window(port)) as fetching, closing(connect(("127.0.0.1", port))) as idle:
        fetching.sendall(request("file"))
        _, length = await deferToThread(answer, fetching)
        assert await deferToThread(fetched, idle, "file", "Range: bytes=0-9") == data[:10]
        child.signal("TERM")
        assert await deferToThread(idle.recv, 1) == b""
        assert await deferToThread(exactly, fetching, length) == data
        assert await deferToThread(fetching.recv, 1) == b""
    await child.ended()


async def test_over_a_unix_socket(children: Children) -> None:
    """The same over a Unix socket."""
    (children.folder / "root").mkdir()
    (children.folder / "root" / "file").write_bytes(data := content(3 * MB))
    path = Path("http")
    child = children.twist("files", "--root=root", "--listen=unix:names", f"--http=unix:{path}")
    await child.line_matching("Starting reactor")

    def ask() -> None:
        with closing(connect(children.folder / path)) as peer:
            assert fetched(peer, "file") == data
            assert fetched(peer, "file", "Range: bytes=-5") == data[-5:]

    await deferToThread(ask)
