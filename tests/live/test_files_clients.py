"""The clients that people have, against ``twist files --http``, and files that change under them."""

import http.client
import os
import shutil
import socket
import time
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from threading import Event

import pytest_twisted
from twisted.internet.threads import deferToThread

from tests.live.certificates import certificate
from tests.live.processes import Child, Children
from tests.live.sockets import PATIENCE_S, connect
from tests.support import need

ENDPOINT = "tcp:0:interface=127.0.0.1"
# More than the buffers of both ends of a connection hold.
HUGE_BYTES = 60_000_000
RACE_REQUESTS = 1500


def program(name: str) -> str:
    """The path of a program; without it the test is skipped."""
    path = shutil.which(name)
    need(path, f"{name} is not installed")
    return str(path)


async def serving(children: Children, endpoint: str = ENDPOINT) -> int:
    """Our server of the folder ``served``, and its port."""
    (children.folder / "served").mkdir(exist_ok=True)
    child = children.twist("files", "--root", "served", "--listen", "unix:bare", "--http", endpoint)
    port = int((await child.line_matching(r"Connections\b.* starting on (\d+)"))[1])
    await child.line_matching("Starting reactor")
    return port


async def runs(children: Children, *command: str) -> Child:
    """A program that ends well."""
    child = children.spawn(program(command[0]), *command[1:])
    assert await child.ended() == 0, child.transcript("failed")
    return child


def digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def file(children: Children, name: str = "big.bin", size: int = 5_000_000) -> Path:
    """A file on the server."""
    path = children.folder / "served" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(os.urandom(size))
    return path


@pytest_twisted.ensureDeferred
async def test_curl(children: Children) -> None:
    """curl gets ranges of every kind, goes on where it stopped, slowly too."""
    base = f"http://127.0.0.1:{await serving(children)}"
    served = file(children)
    content = served.read_bytes()
    for wanted, expected in (
        ("0-99", content[:100]),
        ("100-", content[100:]),
        ("-100", content[-100:]),
        ("4999999-9999999", content[-1:]),
    ):
        await runs(children, "curl", "-sSf", "-r", wanted, "-o", "part", f"{base}/big.bin")
        assert (children.folder / "part").read_bytes() == expected, wanted
    await runs(children, "curl", "-sSf", "-r", "0-9,100-109", "-o", "part", f"{base}/big.bin")
    parts = (children.folder / "part").read_bytes()
    assert content[:10] in parts and content[100:110] in parts and len(parts) < 1000
    (children.folder / "big.bin").write_bytes(content[:1_234_567])
    told = await runs(
        children, "curl", "-sSf", "-C", "-", "-o", "big.bin", "-w", "%{size_download}", f"{base}/big.bin"
    )
    assert (told.stdout, digest(children.folder / "big.bin")) == (str(5_000_000 - 1_234_567), digest(served))
    await runs(children, "curl", "-sSf", "--limit-rate", "4M", "-o", "slow.bin", f"{base}/big.bin")
    assert digest(children.folder / "slow.bin") == digest(served)


@pytest_twisted.ensureDeferred
async def test_curl_over_tls(children: Children) -> None:
    """So does it over TLS, where nothing can leave by sendfile."""
    key, cert = certificate(children.folder)
    port = await serving(children, f"ssl:0:interface=127.0.0.1:privateKey={key}:certKey={cert}")
    served = file(children)
    (children.folder / "big.bin").write_bytes(served.read_bytes()[:1_000_001])
    curl = ("curl", "-sSf", "--cacert", str(cert), "-C", "-")
    await runs(children, *curl, "-o", "big.bin", f"https://127.0.0.1:{port}/big.bin")
    assert digest(children.folder / "big.bin") == digest(served)


@pytest_twisted.ensureDeferred
async def test_wget(children: Children) -> None:
    """wget -c goes on where it stopped, names of any script arrive, and wget -r finds all of a folder."""
    base = f"http://127.0.0.1:{await serving(children)}"
    served = file(children, "사진/a b.bin")
    here = children.folder / "a b.bin"
    here.write_bytes(served.read_bytes()[:3_000_000])
    for _ in range(2):
        await runs(children, "wget", "-q", "-c", f"{base}/사진/a b.bin")
        assert digest(here) == digest(served)
    await runs(
        children, "wget", "-q", "-r", "-nH", "--restrict-file-names=nocontrol", "-P", "all", f"{base}/"
    )
    assert digest(children.folder / "all" / "사진" / "a b.bin") == digest(served)


@pytest_twisted.ensureDeferred
async def test_aria2(children: Children) -> None:
    """aria2 fetches over eight connections, and what it has put together is the file."""
    base = f"http://127.0.0.1:{await serving(children)}"
    served = file(children, size=20_000_000)
    checksum = f"--checksum=sha-256={digest(served)}"
    aria2c = ("aria2c", "-q", "-x8", "-s8", "-k1M", "--no-conf", "--file-allocation=none", checksum)
    await runs(children, *aria2c, f"{base}/big.bin")
    assert digest(children.folder / "big.bin") == digest(served)


@pytest_twisted.ensureDeferred
async def test_archives(children: Children) -> None:
    """A folder as zip and as tar is whole for unzip and tar, after a break too."""
    base = f"http://127.0.0.1:{await serving(children)}"
    served = file(children, "사진/sub/a.bin", 700_000)
    file(children, "사진/empty", 0)
    for kind, check in (("zip", ("unzip", "-tq")), ("tar", ("tar", "tf"))):
        archive = children.folder / f"all.{kind}"
        url = f"{base}/?archive={kind}"
        await runs(children, "curl", "-sSf", "-o", archive.name, url)
        whole = archive.read_bytes()
        archive.write_bytes(whole[:400_000])
        await runs(children, "curl", "-sSf", "-C", "-", "-o", archive.name, url)
        assert archive.read_bytes() == whole
        await runs(children, *check, archive.name)
    (children.folder / "unpacked").mkdir()
    await runs(children, "tar", "xf", "all.tar", "-C", "unpacked")
    (unpacked,) = (children.folder / "unpacked").rglob("a.bin")
    assert digest(unpacked) == digest(served)


@pytest_twisted.ensureDeferred
async def test_rclone(children: Children) -> None:
    """rclone, which reads the folder's page, copies all of a folder."""
    base = f"http://127.0.0.1:{await serving(children)}"
    names = ("top/a.bin", "top/sub/b c.bin", "top/sub/한글.txt", "top/empty")
    for name in names:
        file(children, name, 0 if name == "top/empty" else 100_000)
    rclone = ("rclone", "--config", "/dev/null", "copy", "--http-url", f"{base}/top/")
    await runs(children, *rclone, ":http:", "copied")
    for name in names:
        copy = children.folder / "copied" / Path(name).relative_to("top")
        assert copy.read_bytes() == (children.folder / "served" / name).read_bytes(), name


def swap(link: Path, targets: list[Path], stop: Event) -> None:
    """Let `link` lead to one after the other, as fast as can be."""
    turn = 0
    while not stop.is_set():
        new = link.with_name(".new")
        new.symlink_to(targets[turn % len(targets)])
        new.rename(link)
        turn += 1


def hammer(port: int, path: str, allowed: set[bytes]) -> dict[int, int]:
    """Ask again and again; how often each status came. Never may other bytes come than are allowed.

    Until both ways of the link have been met, on a busy machine too.
    """
    statuses: dict[int, int] = {}
    began = time.monotonic()
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=40)) as connection:
        while sum(statuses.values()) < RACE_REQUESTS or (
            len(statuses) < 2 and time.monotonic() - began < PATIENCE_S
        ):
            connection.request("GET", path)
            response = connection.getresponse()
            body = response.read()
            assert response.status != 200 or body in allowed, body
            assert b"secret" not in body
            statuses[response.status] = statuses.get(response.status, 0) + 1
    return statuses


@pytest_twisted.ensureDeferred
async def test_links_that_are_swapped_while_requests_run(children: Children) -> None:
    """A link that leads now inside, now outside, never gives what is outside; as a file and as a folder."""
    port = await serving(children)
    inside = file(children, "inside/name", 0)
    inside.write_bytes(b"public")
    outside = children.folder / "outside"
    outside.mkdir()
    (outside / "name").write_bytes(b"secret")
    stop = Event()
    links = children.folder / "served"
    (links / "f").mkdir()
    swapping = [
        deferToThread(swap, links / "f" / "file", [Path("../inside/name"), outside / "name"], stop),
        deferToThread(swap, links / "folder", [Path("inside"), outside], stop),
    ]
    for path in ("/f/file", "/folder/name"):
        statuses = await deferToThread(hammer, port, path, {b"public"})
        assert set(statuses) <= {200, 403, 404}, statuses
        assert statuses.get(200), "it was never inside"
        assert len(statuses) > 1, "it was never outside"
    stop.set()
    for each in swapping:
        await each


def fetch_while_it_grows(port: int, path: Path) -> bytes:
    """All of a file that gets longer when its first bytes have come."""
    with connect(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        connection.sendall(b"GET /big.bin HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        response = http.client.HTTPResponse(connection)
        response.begin()
        received = bytearray(response.read(1000))
        with open(path, "ab") as more:
            more.write(b"more" * 1000)
        while piece := response.read(1 << 20):
            received += piece
        return bytes(received)


@pytest_twisted.ensureDeferred
async def test_a_file_that_grows_while_it_is_sent(children: Children) -> None:
    """It is sent as long as it was; what else may happen to a file is in test_http.py."""
    port = await serving(children)
    served = children.folder / "served" / "big.bin"
    content = os.urandom(1 << 20) * (HUGE_BYTES >> 20)
    served.write_bytes(content)
    assert await deferToThread(fetch_while_it_grows, port, served) == content
