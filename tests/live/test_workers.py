"""Several processes on shared sockets, through death and reload."""

import os
import re
import socket
import ssl
import sys
from pathlib import Path

import pytest
from twisted.internet.defer import gatherResults
from twisted.internet.threads import deferToThread

from tests.live.certificates import certificate
from tests.live.processes import TWIST, Child, Children, environment, free_port, until
from tests.live.sockets import PATIENCE_S, connect, exactly, to_the_end
from tests.support import ROOT

HAMMER = str(Path(__file__).with_name("hammer.py"))
# A burst, of which every worker must get a part.
CONNECTIONS = 200
# How far apart the shares of two workers may be, of all: half as much again as a fair share stands out.
UNEVEN = 0.2
LOCAL = "tcp:{}:interface=127.0.0.1"


async def serving(children: Children, *arguments: str, workers: int = 2) -> Child:
    """A program with workers, when all of them accept."""
    child = children.twist(*arguments, "--workers", str(workers))
    await until(
        lambda: child.status is not None or child.stdout.count("Starting reactor") > workers,
        "workers",
        children.reactor,
    )
    assert child.status is None, child.transcript("ended")
    return child


def workers_of(child: Child) -> list[int]:
    """The process ids of its workers, those that drain too."""
    return [int(pid) for pid in Path(f"/proc/{child.pid}/task/{child.pid}/children").read_text().split()]


def open_files(pid: int) -> int:
    """How many descriptors a process has open."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def echoes(port: int, words: bytes = b"hello") -> bool:
    with connect(("127.0.0.1", port)) as client:
        client.sendall(words)
        return exactly(client, len(words)) == words


def scrape(port: int) -> dict[str, float]:
    with connect(("127.0.0.1", port)) as client:
        client.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        text = to_the_end(client).decode()
    return {
        name: float(value) for name, value in re.findall(r"^(twisted_suite\S+) (\S+)$", text, re.MULTILINE)
    }


async def test_connections_are_shared_and_metrics_summed(children: Children) -> None:
    """Every worker has its part of the connections; the metrics are their sum, and each is seen."""
    port, metrics = free_port(), free_port()
    await serving(children, "echo", "--listen", LOCAL.format(port), "--metrics", LOCAL.format(metrics))
    clients = [connect(("127.0.0.1", port)) for _ in range(CONNECTIONS)]
    for client in clients:
        client.sendall(b"x")
        assert await deferToThread(exactly, client, 1) == b"x"

    async def total() -> dict[str, float]:
        return await deferToThread(scrape, metrics)

    figures: dict[str, float] = {}
    while figures.get('twisted_suite_connections{service="echo"}') != CONNECTIONS:  # told once a second
        figures = await total()
    shares = [figures[f'twisted_suite_worker_connections{{service="echo",worker="{n}"}}'] for n in (0, 1)]
    assert sum(shares) == CONNECTIONS
    assert max(shares) - min(shares) <= CONNECTIONS * UNEVEN, shares
    for client in clients:
        client.close()


async def test_a_worker_that_dies_is_replaced(children: Children) -> None:
    """kill -9 of one worker takes its own connections; the others go on, and it is replaced and told why."""
    port = free_port()
    child = await serving(children, "echo", "--listen", LOCAL.format(port))
    first, second = workers_of(child)
    idle = {pid: open_files(pid) for pid in (first, second)}
    clients = []
    # Whoever is awake accepts: go on until each has connections of its own.
    while len(clients) < 20 or any(open_files(pid) == count for pid, count in idle.items()):
        assert len(clients) < 2000, "one worker accepts nothing"
        client = connect(("127.0.0.1", port))
        clients.append(client)
        client.sendall(b"x")
        assert await deferToThread(exactly, client, 1) == b"x"
    await children.spawn("kill", "-9", str(first)).ended()
    await child.line_matching(r"worker \d has died \(.*signal 9.*\); another starts in 0 s")

    def survives(client: socket.socket) -> bool:
        try:
            client.sendall(b"y")
            return exactly(client, 1) == b"y"
        except ConnectionError:
            return False

    alive = await gatherResults([deferToThread(survives, client) for client in clients])
    assert any(alive)
    assert not all(alive)
    await until(lambda: len(workers_of(child)) == 2, "a replacement", children.reactor)
    assert second in workers_of(child)
    assert await deferToThread(echoes, port)


EVERYTHING = """
workers = 2
[[service]]
plugin = "echo"
listen = "tcp:{echo}:interface=127.0.0.1"
[[service]]
plugin = "files"
listen = "tcp:{files}:interface=127.0.0.1"
root = "."
[[service]]
plugin = "chat"
listen = "tcp:{chat}:interface=127.0.0.1"
lang = "en"
"""
HUGE_BYTES = 30_000_000


class Chatting:
    """Somebody in the chat."""

    def __init__(self, port: int, name: str) -> None:
        self.name = name
        self.socket = connect(("127.0.0.1", port))
        self.socket.sendall(f"{name}\n".encode())
        self.heard = ""
        self.hears(f"[{name}]")

    def says(self, words: str) -> None:
        self.socket.sendall(f"{words}\n".encode())

    def hears(self, words: str) -> None:
        """Read until `words` have come; the end of the connection comes first when it is lost."""
        while words not in self.heard:
            piece = self.socket.recv(4096)
            assert piece, f"{self.name} was cut off, after {self.heard!r}"
            self.heard += piece.decode()


@pytest.mark.deadline(300)
async def test_no_connection_is_lost_over_reloads(children: Children) -> None:
    """Five rolling reloads under new connections, long transfers and open chats: none of 20,000 is lost."""
    ports = {name: free_port() for name in ("echo", "files", "chat")}
    (children.folder / "suite.toml").write_text(EVERYTHING.format(**ports))
    (children.folder / "huge").write_bytes(bytes(HUGE_BYTES))
    child = children.twist("suite", "--config", "suite.toml")
    await until(lambda: child.stdout.count("Starting reactor") == 4, "workers", children.reactor)
    before = workers_of(child)
    hammer = children.spawn(sys.executable, HAMMER, str(ports["echo"]))
    await hammer.line_matching("hammering")
    chatting = [await deferToThread(Chatting, ports["chat"], name) for name in ("ann", "bob", "cho")]
    transfers = []
    for number in range(1, 6):
        transfers.append(connect(("127.0.0.1", ports["files"])))
        transfers[-1].sendall(b"huge\n")
        assert await deferToThread(exactly, transfers[-1], 10) == bytes(10)
        child.signal("HUP")
        await until(lambda: child.stdout.count("2 new workers") == number, "a reload", children.reactor)  # noqa: B023
        speaker = chatting[number % 3]
        speaker.says(f"after {number}")
        for each in chatting:
            await deferToThread(each.hears, f"[{speaker.name}] after {number}\n")
    for transfer in transfers:
        assert len(await deferToThread(to_the_end, transfer)) == HUGE_BYTES - 10
        transfer.close()
    asked = 0

    def count() -> int:
        nonlocal asked
        asked += 1
        hammer.write(f"n{asked}\n")
        found = re.findall(r"^n\d+ (\d+)$", hammer.stdout, re.MULTILINE)
        return int(found[-1]) if found else 0

    while count() < 20_000:
        await deferToThread(hammer_rest)
    hammer.close_stdin()
    result = await hammer.line_matching(r"ok=(\d+) lost=(\d+) (.*)")
    assert int(result[1]) >= 20_000
    assert result[2] == "0", result[0]
    assert len(set(before) & set(workers_of(child))) == 1  # where the chat is
    assert "Traceback" not in child.stdout
    for each in chatting:
        each.socket.close()


def hammer_rest() -> None:
    """Let the hammer work a little: there is nothing to wait for but its count."""
    import time

    time.sleep(0.2)


async def test_a_reload_of_a_chat_alone(children: Children) -> None:
    """Without workers it is the same process after a SIGHUP, and nobody has noticed."""
    port = free_port()
    child = children.twist("chat", "--lang", "en", "--listen", LOCAL.format(port))
    await child.line_matching("serving")
    ann, bob = [await deferToThread(Chatting, port, name) for name in ("ann", "bob")]
    child.signal("HUP")
    await child.line_matching("reloaded")
    ann.says("still here")
    await deferToThread(bob.hears, "[ann] still here\n")
    for each in (ann, bob):
        each.socket.close()


# A plugin beside ours, of which a new version is installed while it runs.
VERSIONED = """
from twisted.application import strports
from twisted.internet.protocol import Factory, Protocol
from twisted.python import usage
from twisted_suite.runtime.lifecycle import ProgramOptions, program
from twisted_suite.runtime.options import connection_parameters

class Version(Protocol):
    def connectionMade(self):
        self.transport.write(b"{version}")
        self.transport.loseConnection()

class Options(ProgramOptions):
    optParameters = [
        ["port", None, "", "where"], *connection_parameters(idle_timeout_s=9, first_byte_timeout_s=9)
    ]

@program
def makeService(options):
    return strports.service("tcp:" + options["port"] + ":interface=127.0.0.1", Factory.forProtocol(Version))
"""
PLUGIN = """
from twisted.application.service import ServiceMaker
versioned = ServiceMaker("versioned", "versioned", "Tells its version.", "versioned")
"""


async def test_an_upgrade_in_place(children: Children) -> None:
    """A new version that was installed runs after a reload; one that does not start changes nothing."""
    port = free_port()
    (children.folder / "twisted" / "plugins").mkdir(parents=True)
    (children.folder / "twisted" / "plugins" / "versioned_plugin.py").write_text(PLUGIN)
    module = children.folder / "versioned.py"
    module.write_text(VERSIONED.format(version="one"))
    path = os.pathsep.join((str(ROOT), str(children.folder)))
    environ = {**environment(), "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    child = children.spawn(
        *(*TWIST, "--log-format", "text", "versioned", "--port", str(port), "--workers", "2"), env=environ
    )

    await until(lambda: child.stdout.count("serving") == 3, "workers", children.reactor)

    def version() -> bytes:
        with connect(("127.0.0.1", port)) as client:
            return to_the_end(client)

    assert await deferToThread(version) == b"one"
    module.write_text("1 / 0")
    child.signal("HUP")
    await child.line_matching("not reloaded, going on as before: a new worker did not come up")
    assert await deferToThread(version) == b"one"
    module.write_text(VERSIONED.format(version="two"))
    child.signal("HUP")
    await child.line_matching("2 new workers")
    assert await deferToThread(version) == b"two"


async def test_systemd_hears_when_all_accept(children: Children) -> None:
    """READY=1 comes when the last worker is up, and again after a reload; workers themselves tell nothing."""
    address = children.folder / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(address))
        manager.settimeout(PATIENCE_S)

        def heard(word: bytes) -> bytes:
            while not (message := manager.recv(4096)).startswith(word):
                assert not message.startswith(b"READY"), message
            return message

        child = children.spawn(
            *(
                *TWIST,
                "--log-format",
                "text",
                "echo",
                "--listen",
                "tcp:0:interface=127.0.0.1",
                "--workers",
                "2",
            ),
            env={**environment(), "NOTIFY_SOCKET": str(address)},
        )
        await deferToThread(heard, b"READY=1")
        assert len(workers_of(child)) == 2
        await until(lambda: child.stdout.count("serving") == 3, "their log", children.reactor)
        child.signal("HUP")
        await deferToThread(heard, b"RELOADING=1")
        await deferToThread(heard, b"READY=1")
        assert "2 new workers" in child.stdout
        child.signal("TERM")
        await deferToThread(heard, b"STOPPING=1")
        await child.ended()


async def test_a_socket_for_each_worker(children: Children) -> None:
    """With SO_REUSEPORT all serve, before a reload and after, and nothing is lost under it."""
    port = free_port()
    child = await serving(children, "echo", "--listen", LOCAL.format(port), "--worker-sockets", "own")
    inodes = {
        line.split()[9]
        for line in Path("/proc/net/tcp").read_text().splitlines()
        if line.split()[1:4:2] == [f"0100007F:{port:04X}", "0A"]
    }
    assert len(inodes) == 2
    hammer = children.spawn(sys.executable, HAMMER, str(port))
    await hammer.line_matching("hammering")
    child.signal("HUP")
    await child.line_matching("2 new workers")
    hammer.close_stdin()
    result = await hammer.line_matching(r"ok=(\d+) lost=(\d+) (.*)")
    assert result[2] == "0", result[0]


async def test_a_configuration_that_does_not_load(children: Children) -> None:
    """The old workers go on, and the log says why; mended, the next reload serves what is new."""
    port, another = free_port(), free_port()
    service = '[[service]]\nplugin = "echo"\nlisten = "tcp:{}:interface=127.0.0.1"\n'
    config = children.folder / "suite.toml"
    config.write_text(service.format(port))
    child = await serving(children, "suite", "--config", "suite.toml")
    before = workers_of(child)
    config.write_text("[[service]]\n")
    child.signal("HUP")
    await child.line_matching("not reloaded, going on as before: suite.toml: service 1")
    assert workers_of(child) == before
    assert await deferToThread(echoes, port)
    config.write_text(service.format(port) + service.format(another))
    child.signal("HUP")
    await child.line_matching("2 new workers")
    assert await deferToThread(echoes, port)
    assert await deferToThread(echoes, another)


async def test_unix_and_udp_sockets(children: Children) -> None:
    """Unix and UDP sockets are shared too, and the path outlives the workers that used it."""
    port = free_port()
    path = children.folder / "echo.sock"
    child = await serving(children, "echo", "--listen", f"unix:{path}", "--udp", str(port))

    def talks() -> bool:
        with connect(path) as client, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
            client.sendall(b"hello")
            datagrams.settimeout(30)
            datagrams.sendto(b"datagram", ("127.0.0.1", port))
            return exactly(client, 5) == b"hello" and datagrams.recv(100) == b"datagram"

    assert await deferToThread(talks)
    child.signal("HUP")
    await child.line_matching("2 new workers")
    assert await deferToThread(talks)
    child.signal("TERM")
    await child.ended()
    assert not path.exists()


# Hands a listening socket over as systemd does, and becomes the command.
ACTIVATE = """
import os, socket, sys
listening = socket.create_server(("127.0.0.1", int(sys.argv[1])))
os.dup2(os.dup(listening.fileno()), 3)
os.environ.update(LISTEN_FDS="1", LISTEN_FDNAMES="echo", LISTEN_PID=str(os.getpid()))
os.execv(sys.argv[2], sys.argv[2:])
"""


async def test_sockets_of_systemd(children: Children) -> None:
    """A socket that systemd hands over is shared by all workers, and outlives a reload."""
    port = free_port()
    child = children.spawn(
        *(sys.executable, "-c", ACTIVATE, str(port), *TWIST, "--log-format", "text", "echo"),
        *("--listen", "systemd:domain=INET:index=0", "--workers", "2"),
    )
    await until(lambda: child.stdout.count("Starting reactor") > 2, "workers", children.reactor)
    for number in (1, 2):
        assert await deferToThread(echoes, port)
        child.signal("HUP")
        await until(
            lambda: child.stdout.count("2 new workers") == number,  # noqa: B023
            "a reload",
            children.reactor,
        )
    assert await deferToThread(echoes, port)
    assert "Traceback" not in child.stdout + child.stderr


# Starts a command with a listening socket at descriptor 3.
HAND_OVER = """
import os, socket, sys
listening = socket.create_server(("127.0.0.1", int(sys.argv[1])))
os.dup2(listening.fileno(), 3) if listening.fileno() != 3 else os.set_inheritable(3, True)
os.execv(sys.argv[2], sys.argv[2:])
"""


async def test_an_inherited_socket(children: Children) -> None:
    """``inherit:3`` is an endpoint of any Twisted program; ours share it, and say what is wrong with it."""
    port = free_port()
    start = (sys.executable, "-c", HAND_OVER, str(port), *TWIST, "--log-format", "text")
    (children.folder / "page.txt").write_text("a page")
    web = children.spawn(*start, "web", "--listen", "inherit:3", "--path", ".")
    await web.line_matching("Site starting on")

    def page() -> bytes:
        with connect(("127.0.0.1", port)) as client:
            client.sendall(b"GET /page.txt HTTP/1.0\r\n\r\n")
            return to_the_end(client)

    assert (await deferToThread(page)).endswith(b"a page")
    web.signal("TERM")
    await web.ended()
    ours = children.spawn(*start, "echo", "--listen", "inherit:3", "--workers", "2")
    await until(lambda: ours.stdout.count("Starting reactor") > 2, "workers", children.reactor)
    assert await deferToThread(echoes, port)
    wrong = children.twist("echo", "--listen", "inherit:1")
    assert await wrong.ended() == 69
    assert wrong.stderr == (
        "twist echo: cannot listen on inherit:1: descriptor 1 is not a socket that listens\n"
    )


async def test_tls(children: Children) -> None:
    """TLS is spoken by each worker, over the shared socket."""
    port = free_port()
    key, cert = certificate(children.folder)
    endpoint = f"ssl:{port}:interface=127.0.0.1:privateKey={key}:certKey={cert}"
    await serving(children, "echo", "--listen", endpoint)
    context = ssl.create_default_context(cafile=str(cert))

    def echoes_securely() -> bool:
        with (
            connect(("127.0.0.1", port)) as raw,
            context.wrap_socket(raw, server_hostname="127.0.0.1") as client,
        ):
            client.sendall(b"hello")
            return exactly(client, 5) == b"hello"

    for _ in range(6):
        assert await deferToThread(echoes_securely)


async def test_the_end_of_the_parent_is_the_end(children: Children) -> None:
    """Stopped, it waits for its workers; killed, the workers drain and end by themselves."""
    for signal in ("TERM", "INT", "KILL"):
        port = free_port()
        child = await serving(children, "echo", "--listen", LOCAL.format(port))
        workers = workers_of(child)
        child.signal(signal)
        await child.ended()
        await until(
            lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers),  # noqa: B023
            f"end of the workers after {signal}",
            children.reactor,
        )
        with pytest.raises(ConnectionRefusedError):
            connect(("127.0.0.1", port))


async def test_a_daemon(children: Children) -> None:
    """``twistd`` in the background has workers too; their log is in its file, with who said it."""
    port, log = free_port(), children.folder / "log"
    words = ("echo", "--listen", LOCAL.format(port), "--workers", "2")
    started = children.twistd("--pidfile", "twistd.pid", "--logfile", "log", *words)
    assert await started.ended() == 0, started.transcript("failed")

    def lines(pattern: str) -> int:
        return len(re.findall(pattern, log.read_text())) if log.exists() else 0

    await until(lambda: lines(r"\[worker [01]: .*\] serving") == 2, "workers", children.reactor)
    daemon = children.daemon(children.folder / "twistd.pid")
    daemon.signal("HUP")
    await until(lambda: lines("2 new workers"), "a reload", children.reactor)
    assert await deferToThread(echoes, port)
    daemon.signal("TERM")
    await daemon.ended()
    assert not (children.folder / "twistd.pid").exists()


async def test_a_chat_is_one_process(children: Children) -> None:
    """A service that cannot be spread says so in one line, alone and in a suite of nothing else."""
    (children.folder / "chat.toml").write_text(
        'workers = 2\n[[service]]\nplugin = "chat"\nlisten = "tcp:0"\n'
    )
    for arguments in (("chat", "--workers", "2"), ("suite", "--config", "chat.toml")):
        child = children.twist(*arguments)
        assert await child.ended() == 78
        assert "--workers: chat is one conversation" in child.stderr
        assert child.stderr.count("\n") == 1
