"""Uploads by curl, broken off and gone on with, and archives read back by their own tools."""

import os
import random
import re
import socket
import subprocess
from contextlib import closing
from pathlib import Path
from shutil import which

from twisted.internet.threads import deferToThread

from tests.live.processes import Children, until
from tests.support import need
from twisted_suite.runtime.accounts.passwd import set_password

HERE = "tcp:0:interface=127.0.0.1"
SIZE = 3_000_000
BREAKS = 12


async def run(*command: str) -> str:
    """What a program prints; it must be there and succeed."""
    need(which(command[0]), f"there is no {command[0]}: apt-get install it")
    done = await deferToThread(
        subprocess.run, command, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, (command, done)
    printed: str = done.stdout
    return printed


async def curl(*words: str) -> str:
    """What curl prints, asked as kim."""
    return await run("curl", "-s", "-u", "kim:secret", "--max-time", "50", *words)


async def serve(children: Children, *options: str) -> int:
    """Start the service over the folder ``root``; returns its port."""
    (children.folder / "root" / "sub").mkdir(parents=True, exist_ok=True)
    names = f"unix:{children.folder / 'names'}"
    child = children.twist("files", "--root", "root", "--listen", names, "--http", HERE, *options)
    return int((await child.line_matching(r"Connections\b.* starting on (\d+)"))[1])


def broken_put(port: int, data: bytes, start: int, stop: int) -> None:
    """Send bytes `start` to `stop` of an upload of `data`, and hang up in the middle."""
    rest = len(data) - start
    head = (
        "PUT /sub/file HTTP/1.1\r\nHost: h\r\nAuthorization: Basic a2ltOnNlY3JldA==\r\n"
        f"Content-Length: {rest}\r\n"
        f"Content-Range: bytes {start}-{len(data) - 1}/{len(data)}\r\n\r\n"
    )
    with closing(socket.create_connection(("127.0.0.1", port), timeout=40)) as peer:
        peer.sendall(head.encode() + data[start:stop])


async def test_uploads_that_break_off(children: Children) -> None:
    """However often an upload breaks off, curl finishes it, and the file is what was sent."""
    set_password(str(children.folder / "accounts"), "kim", "secret")
    port = await serve(children, "--upload", "--auth", "passwd:accounts")
    source = children.folder / "source"
    source.write_bytes(data := random.Random(5).randbytes(SIZE))
    address = f"http://127.0.0.1:{port}/sub/file"
    arrived = 0
    generator = random.Random(7)

    async def offset() -> int:
        answer = await curl("-I", "-H", f"Upload-Length: {SIZE}", f"{address}?upload")
        match = re.search(r"Upload-Offset: (\d+)", answer)
        assert match, answer
        return int(match[1])

    for _ in range(BREAKS):
        stop = min(SIZE - 1, arrived + generator.randrange(1, 2 * SIZE // BREAKS))
        await deferToThread(broken_put, port, data, arrived, stop)
        # Until the server has seen the end of it, the upload is locked, and may still grow.
        folder = children.folder / "root" / "sub"
        await until(
            lambda folder=folder, stop=stop: (
                [path.stat().st_size for path in folder.glob(".upload-*")] == [stop]
            ),
            "all that was sent is written",
            children.reactor,
        )
        arrived = await offset()
        assert arrived == stop
    target = children.folder / "root" / "sub" / "file"
    assert not target.exists()
    status = await curl("-C", str(arrived), "-T", str(source), "-w", "%{http_code}", "-o", "answer", address)
    assert status == "201"
    assert target.read_bytes() == data
    assert [path.name for path in target.parent.iterdir()] == ["file"]


async def test_refused_uploads(children: Children) -> None:
    """Without an account, over a file, outside the root and over the limit nothing is written."""
    set_password(str(children.folder / "accounts"), "kim", "secret")
    port = await serve(children, "--upload", "--auth", "passwd:accounts", "--max-upload", "1K")
    root = children.folder / "root"
    (root / "there").write_text("there")
    (root / "door").symlink_to("..")
    (children.folder / "small").write_text("small")
    (children.folder / "large").write_bytes(bytes(2000))
    base = f"http://127.0.0.1:{port}"
    code = ("-o", "answer", "-w", "%{http_code}", "--path-as-is")

    async def status(file: str, path: str, *more: str) -> str:
        return await curl(*code, *more, "-T", str(children.folder / file), base + path)

    assert await status("small", "/new", "-u", "kim:wrong") == "401"
    assert await status("small", "/there") == "409"
    assert await status("large", "/new") == "413"
    assert await status("large", "/new", "-H", "Transfer-Encoding: chunked") == "413"
    for path in ("/../new", "/door/new", "/.hidden", "/gone/new", "/%2e%2e/new"):
        assert (await status("small", path))[0] == "4", path
    assert (root / "there").read_text() == "there"
    assert sorted(os.listdir(root)) == ["door", "sub", "there"]
    assert not (children.folder / "new").exists()


async def test_archives(children: Children) -> None:
    """Archives pass the tests of their own tools, and are resumed by curl."""
    port = await serve(children)
    root = children.folder / "root"
    (root / "sub" / "한글.bin").write_bytes(random.Random(9).randbytes(SIZE))
    (root / "empty").touch()
    base = f"http://127.0.0.1:{port}/?archive="
    for kind in ("zip", "tar"):
        target = children.folder / f"whole.{kind}"
        await curl("-o", str(target), base + kind)
        part = children.folder / f"part.{kind}"
        part.write_bytes(target.read_bytes()[: SIZE // 2])
        await curl("-C", "-", "-o", str(part), base + kind)
        assert part.read_bytes() == target.read_bytes()
    assert "No errors detected" in await run("unzip", "-t", str(children.folder / "whole.zip"))
    assert "root/sub/한글.bin" in await run("tar", "tf", str(children.folder / "whole.tar"))
    out = children.folder / "out"
    out.mkdir()
    await run("tar", "xf", str(children.folder / "whole.tar"), "-C", str(out))
    assert Path(out / "root" / "sub" / "한글.bin").read_bytes() == (root / "sub" / "한글.bin").read_bytes()
