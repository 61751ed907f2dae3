"""A chat that is kept: ended in order and killed, and asked afterwards what was said."""

import sqlite3
from pathlib import Path
from typing import Any

from twisted.internet.threads import deferToThread

from tests.live.processes import Child, Children, until
from tests.live.sockets import connect

LISTEN = "tcp:0:interface=127.0.0.1"


async def serve(children: Children) -> tuple[Child, int]:
    """Start the chat with a history in the test's folder."""
    child = children.twist("chat", "--listen", LISTEN, "--lang", "en", "--history", "chat.sqlite")
    return child, await child.port()


def converse(port: int, name: str, lines: list[str], last: str) -> str:
    """Log in, say `lines`, and listen until `last` has been heard."""
    with connect(("127.0.0.1", port)) as peer:
        peer.sendall(f"{name}\n".encode())
        heard = ""
        while f"[{name}]" not in heard:
            heard += peer.recv(65536).decode()
        peer.sendall("".join(f"{line}\n" for line in lines).encode())
        while last not in heard:
            data = peer.recv(65536)
            assert data, heard
            heard += data.decode(errors="replace")
        return heard


def kept(path: Path) -> tuple[int, set[str]]:
    """How many things were said, by the file, and the epochs of its rooms."""
    with sqlite3.connect(path) as database:
        (count,) = database.execute("SELECT count(*) FROM said").fetchone()
        return count, {epoch for (epoch,) in database.execute("SELECT epoch FROM stream")}


async def test_restart(children: Children) -> None:
    """After an orderly end everything is there, under the same epoch."""
    child, port = await serve(children)
    lines = [f"말 {number}" for number in range(100)]
    await deferToThread(converse, port, "kim", lines, "[kim] 말 99")
    child.signal("TERM")
    await child.ended()
    path = children.folder / "chat.sqlite"
    before = kept(path)
    assert before[0] == 100
    child, port = await serve(children)
    heard = await deferToThread(converse, port, "lee", ["/history 110"], "말 99")
    assert heard.count("[kim] 말 ") == 100
    child.signal("TERM")
    await child.ended()
    assert kept(path)[1] == before[1]
    assert "Traceback" not in child.stdout + child.stderr


async def test_kill(children: Children) -> None:
    """After a kill what had been written is there, under another epoch, and the room goes on."""
    child, port = await serve(children)
    path = children.folder / "chat.sqlite"
    await deferToThread(converse, port, "kim", ["before"], "[kim] before")

    def is_written() -> Any:
        return kept(path)[0] == 1

    await until(is_written, "the message is in the file", children.reactor)
    epochs = kept(path)[1]
    child.signal("KILL")
    await child.ended()
    child, port = await serve(children)
    await deferToThread(converse, port, "lee", ["/history 9"], "[kim] before")
    await deferToThread(converse, port, "pak", ["after"], "[pak] after")
    child.signal("TERM")
    await child.ended()
    assert kept(path) == (2, {f"{epoch}+" for epoch in epochs})
    assert "did not end in order" in child.stdout
