"""``twisted-suite get`` as people use it: a real server, a kill, a full disk, a terminal."""

import os
import random
import signal
import sys
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import pytest_twisted
from twisted.internet.threads import deferToThread

from tests.live.certificates import certificate
from tests.live.processes import TWISTED_SUITE, Child, Children, environment, until
from tests.live.relay import Relay
from tests.support import need

ENDPOINT = "tcp:0:interface=127.0.0.1"
# How many times a client is killed; CONTRIBUTING.md names the thousand.
KILLS = int(os.environ.get("TWISTED_SUITE_KILLS", "18"))
KILLS_A_FILE = 6


async def http_port(child: Child) -> int:
    """The port of the only TCP endpoint."""
    return int((await child.line_matching(r"Connections\b.* starting on (\d+)"))[1])


async def serving(children: Children, *arguments: str) -> tuple[Child, str]:
    """Our server of the folder ``served``, and its address."""
    (children.folder / "served").mkdir(exist_ok=True)
    child = children.twist(
        "files", "--root", "served", "--listen", "unix:bare", "--http", *(arguments or (ENDPOINT,))
    )
    port = await http_port(child)
    await child.line_matching("Starting reactor")
    return child, f"http://127.0.0.1:{port}"


@pytest_twisted.async_yield_fixture
async def relay(children: Children) -> AsyncIterator[Relay]:
    """Our server behind a relay."""
    _, base = await serving(children)
    relay = Relay(children.reactor, int(base.rpartition(":")[2]))
    yield relay
    await relay.close()


def digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest_twisted.ensureDeferred
async def test_files_and_folders(children: Children) -> None:
    """Files by both protocols, in segments, and a folder with all in it, come byte for byte, checked."""
    _, base = await serving(children)
    served = children.folder / "served"
    (served / "사진" / "sub").mkdir(parents=True)
    (served / "big.bin").write_bytes(os.urandom(9_000_000))
    (served / "사진" / "a b?#%.bin").write_bytes(os.urandom(70_000))
    (served / "사진" / "sub" / "index.html").write_text("<p>hi")
    (served / "사진" / "empty").touch()
    client = children.twisted_suite("get", f"{base}/big.bin", "--segments", "4", "-o", ".")
    assert await client.ended() == 0, client.stderr
    assert client.stdout == "big.bin  9,000,000 bytes, sha-256 matches\n"
    assert client.stderr == ""
    assert digest(children.folder / "big.bin") == digest(served / "big.bin")
    (children.folder / "big.bin").unlink()
    client = children.twisted_suite("get", "big.bin", "사진/sub/index.html", "--from", "unix:bare", "--quiet")
    assert await client.ended() == 0, client.stderr
    assert (client.stdout, client.stderr) == ("", "")
    assert digest(children.folder / "big.bin") == digest(served / "big.bin")
    for lang, words in (("en", "here already"), ("ko", "이미 있음")):
        client = children.twisted_suite("get", "-r", base, "-o", "all", "--lang", lang)
        assert await client.ended() == 0, client.stderr
        found = {
            path.relative_to(children.folder / "all"): path for path in (children.folder / "all").rglob("*")
        }
        for path in served.rglob("*"):
            copy = found.pop(path.relative_to(served))
            assert path.is_dir() or copy.read_bytes() == path.read_bytes()
        assert not found
        assert (words in client.stdout) == (lang == "ko")  # the second time


@pytest_twisted.ensureDeferred
async def test_kinds_of_failure(children: Children) -> None:
    """Each kind of failure is one line that names the file, and a status of its own; the others come."""
    _, base = await serving(children)
    (children.folder / "served" / "a").write_text("a")
    for arguments, status, words in (
        ((f"{base}/missing",), 66, "missing: the server has no such file (404)"),
        (("http://127.0.0.1:1/b",), 69, "b: cannot connect: "),
        ((f"{base}/a", "-o", "nowhere"), 74, "cannot write into nowhere"),
        ((f"{base}/missing", f"{base}/a"), 66, "missing: the server has no such file (404)"),
    ):
        client = children.twisted_suite("get", *arguments)
        assert await client.ended() == status, client.transcript(str(arguments))
        assert client.stderr.startswith("twisted-suite: ")
        assert words in client.stderr
        assert client.stderr.count("\n") == 1
    assert (children.folder / "a").read_text() == "a"


@pytest_twisted.ensureDeferred
async def test_stopped_and_gone_on_with(children: Children, relay: Relay) -> None:
    """Ctrl-C leaves a part and says so; the program dies of the signal; the next run asks for the rest."""
    content = os.urandom(5_000_000)
    (children.folder / "served" / "big.bin").write_bytes(content)
    url = f"http://127.0.0.1:{relay.listen()}/big.bin"
    relay.allow(3_000_000)
    client = children.twisted_suite("get", url)
    part = children.folder / "big.bin.getpart"
    await until(lambda: relay.is_holding and part.stat().st_size > 2_900_000, "to be held", children.reactor)
    client.signal("INT")
    assert await client.ended() == -signal.SIGINT
    kept = part.stat().st_size
    assert (
        client.stderr == f"twisted-suite: big.bin: stopped; {kept:,} bytes are kept: run it again to go on\n"
    )
    relay.allow(None)
    client = children.twisted_suite("get", url)
    assert await client.ended() == 0, client.stderr
    assert f"{kept:,} of them from an earlier run" in client.stdout
    assert (children.folder / "big.bin").read_bytes() == content
    assert names(children.folder) == ["bare", "bare.lock", "big.bin", "served"]


async def stop_somewhere(client: Child, relay: Relay, folder: Path, reactor: Any) -> None:
    """End a client when it has got what the relay lets through, or before, in one of several ways."""
    way = random.choice(["early", "KILL", "after a checkpoint", "INT", "TERM"])
    if way == "early":
        await until(lambda: client.status is not None or any(folder.iterdir()), "a part", reactor)
    else:
        await until(lambda: client.status is not None or relay.is_holding, "to be held", reactor)
    record = folder / "big.bin.getpart.json"
    if way == "after a checkpoint" and record.exists():
        await until(lambda: b'"done":[[' in record.read_bytes(), "a checkpoint", reactor)
    if client.status is None:
        client.signal(way if way in ("INT", "TERM") else "KILL")
        await client.ended()


@pytest.mark.deadline(60 + 12 * KILLS)
@pytest_twisted.ensureDeferred
async def test_killed_at_random_offsets(children: Children, relay: Relay) -> None:
    """However often a client is killed, and the file changed meanwhile, it ends with the right digest."""
    served, here = children.folder / "served" / "big.bin", children.folder / "here"
    here.mkdir()
    url = f"http://127.0.0.1:{relay.listen()}/big.bin"
    whole = 0
    for kill in range(KILLS):
        if kill % 3 == 0:
            served.write_bytes(os.urandom(random.randrange(3_000_000, 6_000_000)))
        last = kill % KILLS_A_FILE == KILLS_A_FILE - 1 or kill == KILLS - 1
        relay.allow(None if last else random.randrange(1_000, 2_500_000))
        client = children.twisted_suite(
            "get", url, "-o", "here", "--segments", random.choice("14"), "--quiet"
        )
        if last:
            assert await client.ended() == 0, client.stderr
        else:
            await stop_somewhere(client, relay, here, children.reactor)
        if (here / "big.bin").exists():
            assert names(here) == ["big.bin"]
            assert digest(here / "big.bin") == digest(served)
            (here / "big.bin").unlink()
            whole += 1
    assert whole >= KILLS // KILLS_A_FILE


# Fetches onto a small disk, makes it larger, and fetches again.
FULL_DISK = """
set -eu
mkdir small
mount -t tmpfs -o size=3m none small
set +e
{client} get {url} -o small
echo "status $?"
ls small
mount -o remount,size=9m small
{client} get {url} -o small
echo "status $?"
ls small
sha256sum small/big.bin
"""


@pytest_twisted.ensureDeferred
async def test_a_full_disk(children: Children) -> None:
    """A disk that takes no more ends it with a reason, and a part that is gone on with when there is room."""
    _, base = await serving(children)
    served = children.folder / "served" / "big.bin"
    served.write_bytes(os.urandom(7_000_000))
    may = children.spawn("unshare", "--map-root-user", "--mount", "true")
    need(await may.ended() == 0, f"no mount namespace can be made here: {may.stderr}")
    script = FULL_DISK.format(client=" ".join(TWISTED_SUITE), url=f"{base}/big.bin")
    shell = children.spawn("unshare", "--map-root-user", "--mount", "sh", "-c", script)
    await shell.ended()
    assert "small/big.bin.getpart: No space left on device; " in shell.stderr, shell.transcript("ended")
    assert "bytes are kept: run it again to go on" in shell.stderr
    first, second = shell.stdout.split("status ")[1:]
    assert first.split()[:3] == ["74", "big.bin.getpart", "big.bin.getpart.json"]
    assert "of them from an earlier run, sha-256 matches" in first
    assert second.split()[:2] == ["0", "big.bin"]
    assert digest(served) in second


@pytest_twisted.ensureDeferred
async def test_tls(children: Children) -> None:
    """A certificate that does not hold ends it; one that is trusted does not."""
    key, cert = certificate(children.folder)
    endpoint = f"ssl:0:interface=127.0.0.1:privateKey={key}:certKey={cert}"
    _, base = await serving(children, endpoint)
    (children.folder / "served" / "a").write_text("hello")
    url = base.replace("http:", "https:") + "/a"
    client = children.twisted_suite("get", url)
    assert await client.ended() == 69
    assert "a: no safe connection: certificate verify failed" in client.stderr
    trusting = {**environment(), "SSL_CERT_FILE": str(cert)}
    client = children.spawn(*TWISTED_SUITE, "get", url, env=trusting)
    assert await client.ended() == 0, client.stderr
    assert (children.folder / "a").read_text() == "hello"


# Runs a command in a terminal of its own and prints what the terminal was sent.
TERMINAL = """
import os, pty, sys
status = pty.spawn(sys.argv[1:])
sys.exit(os.waitstatus_to_exitcode(status))
"""


@pytest_twisted.ensureDeferred
async def test_in_a_terminal(children: Children, relay: Relay) -> None:
    """A terminal is shown name, size, speed and the time that is left, and the result in the end."""
    (children.folder / "served" / "big.bin").write_bytes(os.urandom(5_000_000))
    url = f"http://127.0.0.1:{relay.listen()}/big.bin"
    relay.allow(2_000_000)
    client = children.spawn(
        sys.executable, "-c", TERMINAL, *TWISTED_SUITE, "get", url, env={**environment(), "TERM": "xterm"}
    )
    await client.says(r"big\.bin .*2\.0/5\.0 MB")
    relay.allow(1_000_000)
    await client.says(r"\d [kM]B/s")
    await client.says(r"\d:\d\d:\d\d")
    client.write("\x03")
    assert await client.ended() == 256 - signal.SIGINT
    assert "bytes are kept" in client.stdout


@pytest_twisted.ensureDeferred
async def test_two_at_the_same_time(children: Children, relay: Relay) -> None:
    """A second program that fetches the same file here is told of the first, and harms nothing."""
    content = os.urandom(4_000_000)
    (children.folder / "served" / "big.bin").write_bytes(content)
    url = f"http://127.0.0.1:{relay.listen()}/big.bin"
    relay.allow(2_000_000)
    first = children.twisted_suite("get", url)
    await until(lambda: relay.is_holding, "to be held", children.reactor)
    second = children.twisted_suite("get", url)
    assert await second.ended() == 74
    assert "another program is fetching it" in second.stderr
    relay.allow(None)
    assert await first.ended() == 0, first.stderr
    assert await deferToThread((children.folder / "big.bin").read_bytes) == content
