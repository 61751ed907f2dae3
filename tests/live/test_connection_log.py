"""The connection log of real programs, read back by the analyser."""

import json

from twisted.internet.threads import deferToThread

from tests.live.processes import Children, until
from tests.live.sockets import connect, exactly, to_the_end

HERE = "tcp:0:interface=127.0.0.1"
SUITE = """
connection-log = "connections.log"
[[service]]
plugin = "echo"
listen = "{here}"
[[service]]
plugin = "files"
root = "."
listen = "{here}"
"""


async def test_accesslog_reads_it_back(children: Children) -> None:
    """What went through a suite is in the log, and accesslog counts it; after SIGHUP in a new file."""
    log = children.folder / "connections.log"
    (children.folder / "한글.txt").write_bytes(b"x" * 5000)
    (children.folder / "suite.toml").write_text(SUITE.format(here=HERE))
    child = children.twist("suite", "--config", "suite.toml")
    await child.line_matching("Starting reactor")
    echo, files = (int(port) for port in _ports(child.stdout))

    def talk() -> None:
        for _ in range(3):
            with connect(("127.0.0.1", echo)) as client:
                client.sendall(b"hello")
                assert exactly(client, 5) == b"hello"
        with connect(("127.0.0.1", files)) as client:
            client.sendall("한글.txt\n".encode())
            assert to_the_end(client) == b"x" * 5000

    await deferToThread(talk)
    await until(lambda: log.read_text().count("\n") == 4, "four lines", children.reactor)
    assert log.stat().st_mode & 0o777 == 0o640
    reader = children.twisted_suite("accesslog", "connections.log", "--output", "json", "--panels")
    assert await reader.ended() == 0
    report = json.loads(reader.stdout)
    assert (report["lines"], report["ok"], report["statuses"]) == (4, 4, {"200": 4})
    assert report["clients"] == [{"client": "127.0.0.1", "requests": 4, "bytes": 5015}]
    log.rename(children.folder / "connections.log.old")
    child.signal("HUP")
    await child.says(r"\breloaded\b")
    await deferToThread(talk)
    await until(lambda: log.exists() and log.read_text().count("\n") == 4, "a new file", children.reactor)


async def test_a_folder_that_is_missing(children: Children) -> None:
    """It is one line and a status, before anything is served."""
    child = children.twist("echo", "--listen", HERE, "--connection-log", "none/connections.log")
    assert await child.ended() == 74
    assert "--connection-log none/connections.log: No such file or directory" in child.stderr


def _ports(text: str) -> list[str]:
    return [line.rpartition(" ")[2] for line in text.splitlines() if "Connections starting on" in line]
