"""``--reactor=fastepoll`` in processes of its own: Twisted's reactor tests, our services, stepping back."""

import json
import os
import re
import socket
import ssl
import statistics
import sys
import time
from importlib.util import find_spec
from shutil import which

import pytest
from twisted.internet.defer import gatherResults
from twisted.internet.threads import deferToThread

from tests.live.certificates import certificate
from tests.live.processes import TWIST, Child, Children
from tests.live.sockets import PATIENCE_S, connect, converse_slowly, exactly, to_the_end
from tests.support import ROOT, need

STOCK = "twisted.internet.epollreactor.EPollReactor"
FAST = "twisted_suite.runtime.fastepoll.FastEPollReactor"
LISTEN = "tcp:0:interface=127.0.0.1"
# About how many of Twisted's tests build a reactor: far fewer means that they were not found.
FEWEST_TESTS = 550
# With Nagle and a delayed ACK, what a reply of two sends takes.
DELAYED_ACK_S = 0.040


@pytest.mark.deadline(240)
async def test_twisteds_own_reactor_tests(children: Children) -> None:
    """Each of them ends the same on both reactors, also those that fail or are skipped on this machine."""
    need(find_spec("hamcrest"), "Twisted's reactor tests need PyHamcrest")
    runs = []
    for name in (STOCK, FAST):
        child = children.spawn(sys.executable, "-m", "tests.live.reactor_conformance", name)
        runs.append(child)
        # One after the other: some of them use fixed names or measure time.
        assert await child.ended() == 0, child.transcript("failed")
    stock, fast = (json.loads(run.stdout.splitlines()[-1]) for run in runs)
    assert len(stock) > FEWEST_TESTS
    assert sum(outcome == "ok" for outcome in stock.values()) > FEWEST_TESTS
    assert {name: (stock.get(name), fast.get(name)) for name in stock | fast} == {
        name: (outcome, outcome) for name, outcome in stock.items()
    }


async def echo(children: Children, *options: str) -> Child:
    """Our echo on the fast reactor. ``twist`` does not log which it took: Python tells what was imported."""
    child = children.spawn(
        sys.executable, "-X", "importtime", *TWIST[1:],
        "--log-format", "text", "--reactor=fastepoll", "echo", *options,
    )  # fmt: skip
    await child.line_matching(r"\btwisted_suite\.runtime\.fastepoll$")
    return child


async def test_twist_over_tcp(children: Children) -> None:
    """20 MB through a slow reader, and the end of input: all of it comes back, then the server closes."""
    child = await echo(children, "--listen", LISTEN)
    address = ("127.0.0.1", await child.port())
    message = bytes(range(256)) * (20_000_000 // 256)

    def converse() -> bytes:
        with connect(address) as client:
            before = converse_slowly(client, message)
            client.shutdown(socket.SHUT_WR)
            return before + to_the_end(client)

    came_back = await deferToThread(converse)
    assert len(came_back) == len(message)
    assert came_back == message


async def test_twist_over_tls_and_unix_sockets(children: Children) -> None:
    """The same transports as on any reactor."""
    key, cert = certificate(children.folder)
    path = children.folder / "echo.sock"
    tls = f"ssl:0:interface=127.0.0.1:privateKey={key}:certKey={cert}"
    child = await echo(children, "--listen", tls, "--listen", f"unix:{path}")
    address = ("127.0.0.1", await child.port())
    context = ssl.create_default_context(cafile=str(cert))
    message = bytes(range(256)) * 4096

    def over_tls() -> bytes:
        with context.wrap_socket(connect(address), server_hostname="127.0.0.1") as client:
            before = converse_slowly(client, message)
            return before + exactly(client, len(message) - len(before))

    def over_unix() -> bytes:
        with connect(path) as client:
            before = converse_slowly(client, message)
            client.shutdown(socket.SHUT_WR)
            return before + to_the_end(client)

    assert await gatherResults([deferToThread(over_tls), deferToThread(over_unix)]) == [message, message]


async def test_twist_over_udp(children: Children) -> None:
    """Datagrams are answered."""
    child = await echo(children, "--listen", LISTEN, "--udp", "0")
    port = int((await child.line_matching(r"EchoDatagrams starting on (\d+)"))[1])

    def converse() -> bytes:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(PATIENCE_S)
            client.sendto(b"datagram", ("127.0.0.1", port))
            return client.recv(100)

    assert await deferToThread(converse) == b"datagram"


async def test_twistd(children: Children) -> None:
    """``twistd`` takes it by the same name."""
    child = children.twistd("--nodaemon", "--pidfile=", "--reactor=fastepoll", "echo", "--listen", LISTEN)
    await child.line_matching(f"reactor class: {FAST}")
    address = ("127.0.0.1", await child.port())

    def converse() -> bytes:
        with connect(address) as client:
            client.sendall(b"hello")
            return exactly(client, 5)

    assert await deferToThread(converse) == b"hello"
    child.signal("TERM")
    await child.ended()


TWO_WRITES = """
import sys
from twisted_suite.runtime.reactor import install
install()
from twisted.internet import reactor
from twisted.internet.protocol import Factory, Protocol

class Reply(Protocol):
    def dataReceived(self, data):
        self.transport.write(b"HEAD")
        self.transport.write(b"BODY")

print(reactor.listenTCP(0, Factory.forProtocol(Reply), interface="127.0.0.1").getHost().port, "is the port")
reactor.run()
"""


async def test_a_reply_of_two_writes_does_not_wait(children: Children) -> None:
    """It is one segment: sent inside `write`, the second would wait for the ACK of the first."""
    child = children.spawn(sys.executable, "-c", TWO_WRITES)
    port = int((await child.line_matching(r"(\d+) is the port"))[1])

    def median_s() -> float:
        took = []
        with connect(("127.0.0.1", port)) as client:
            for _ in range(30):
                before = time.monotonic()
                client.sendall(b"x")
                exactly(client, 8)
                took.append(time.monotonic() - before)
        return statistics.median(took)

    assert await deferToThread(median_s) < DELAYED_ACK_S / 2


ANOTHER_TWISTED = """
import sys
from twisted.logger import globalLogBeginner, textFileLogObserver
from twisted_suite.runtime.reactor import install, install_if_first, sources

def another():
    known = sources()
    return known | {next(iter(known)): "def changed(): pass"}

assert not install_if_first(another)
install(another)
globalLogBeginner.beginLoggingTo([textFileLogObserver(sys.stdout)], redirectStandardIO=False)
from twisted.internet import reactor
reactor.callWhenRunning(reactor.stop)
reactor.run()
print("ran on", type(reactor).__module__)
"""


async def test_another_twisted_gets_its_own_reactor(children: Children) -> None:
    """Where Twisted is not as we know it, its own reactor runs, and one line says why."""
    child = children.spawn(sys.executable, "-c", ANOTHER_TWISTED)
    assert await child.ended() == 0, child.transcript("failed")
    lines = [line for line in child.stdout.splitlines() if "Main loop terminated" not in line]
    assert len(lines) == 2, child.stdout
    assert "fastepoll: Twisted" in lines[0]
    assert lines[0].endswith("Twisted's own reactor is used")
    assert lines[1] == "ran on twisted.internet.epollreactor"


FIRST = """
from twisted_suite.runtime.reactor import install_if_first
assert install_if_first()
assert not install_if_first()
from twisted.internet import reactor
print("runs on", type(reactor).__name__)
"""


async def test_a_command_that_prefers_it(children: Children) -> None:
    """Before any reactor is there it is installed, and only then."""
    child = children.spawn(sys.executable, "-c", FIRST)
    assert await child.ended() == 0, child.transcript("failed")
    assert child.stdout == "runs on FastEPollReactor\n"


async def test_our_own_command(children: Children) -> None:
    """``twisted-suite`` runs on it without being asked to."""
    server = await echo(children, "--listen", LISTEN)
    where = f"tcp:127.0.0.1:{await server.port()}"
    child = children.spawn(
        sys.executable, "-X", "importtime", "-m", "twisted_suite", "echo", "--to", where, "hello"
    )
    assert await child.ended() == 0, child.transcript("failed")
    assert child.stdout == "hello\n"
    assert "twisted_suite.runtime.fastepoll\n" in child.stderr


@pytest.mark.deadline(180)
async def test_the_benchmark_runs(children: Children) -> None:
    """`benchmarks/reactor.py` does what its documentation says, at its shortest."""
    need(which("cc"), "the benchmark compiles its load with cc")
    child = children.spawn(
        sys.executable,
        str(ROOT / "benchmarks" / "reactor.py"),
        "--quick",
        "--repeats",
        "1",
        "--seconds",
        "0.05",
    )
    assert await child.ended() == 0, child.transcript("failed")
    assert find_spec("uvloop") or not os.environ.get("CI")
    for name in ("stock", "fastepoll", "asyncio", "C", *(["uvloop"] if find_spec("uvloop") else [])):
        assert f"| 10 | 64 | {name} |" in child.stdout


async def test_the_parts_are_measured(children: Children) -> None:
    """`benchmarks/reactor_where.py` still finds each difference to undo, and fastepoll is the faster one."""
    script = str(ROOT / "benchmarks" / "reactor_where.py")
    child = children.spawn(sys.executable, script, "--turns", "30", "--connections", "20")
    assert await child.ended() == 0, child.transcript("failed")
    took = {
        name: float(us) for name, us in re.findall(r"^\| ([a-zA-Z ]+) \| ([\d.]+) \|", child.stdout, re.M)
    }
    assert len(took) == 7
    assert took["bare Python"] < took["fastepoll"] < took["stock"]
