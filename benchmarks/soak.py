"""What our limits cost a connection, and whether it stays so over time.

    python benchmarks/soak.py [--connections N] [--seconds S]

Prints Markdown: memory for each connection, idle and after a message, of ``twist echo`` with every limit and
the metrics on, and of the bare protocol over Twisted's transport; then, over the time of the soak, memory,
lateness of the event loop, lost connections and wrong bytes, while a part of the connections talks and
another part comes and goes. Ends with status 1 when a goal does not hold. Loopback only, from several
addresses, since there is a limit for each.
"""

import argparse
import os
import re
import resource
import select
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

# Goals.
MAX_BYTES_ABOVE_PLAIN = 2048
MAX_GROWTH_BYTES_PER_CONNECTION = 256  # over the soak, of what is held all the time
# What a process grows by while it works, however many connections it has: counted once.
GROWTH_OF_A_PROCESS_BYTES = 512 * 1024

PER_ADDRESS = 1000  # connections from one of our addresses
OPEN = r'twisted_suite_connections(?={service="echo"})'
MESSAGE = b"sixty-four bytes, as a short line of a chat or a sensor has them\n"
TALKING, COMING = 20, 200  # every so many-th connection talks in each turn; every so many-th comes and goes
PATIENCE_S = 60.0
LIMITS = (
    *("--max-connections", "20000", "--max-per-ip", "1024", "--idle-timeout", "3600"),
    *("--first-byte-timeout", "600", "--handshake-timeout", "10", "--max-byte-rate", "128M"),
    *("--max-message-rate", "1000", "--max-buffered", "64M", "--max-buffered-total", "512M"),
)
# The same protocol without anything of ours around it.
PLAIN = """
from twisted.internet import reactor
from twisted.internet.protocol import Factory
from twisted_suite.echo.server import Echo
port = reactor.listenTCP(0, Factory.forProtocol(Echo), backlog=4096, interface="127.0.0.1")
print("starting on", port.getHost().port, flush=True)
reactor.run()
"""


@dataclass
class Server:
    """One echo server in a process of its own."""

    process: subprocess.Popen[str]
    port: int
    metrics: int | None = None

    def resident_bytes(self) -> int:
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text("ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def metric(self, name: str) -> float:
        """The sum of a metric over its labels."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics}/metrics", timeout=PATIENCE_S) as page:
            text = page.read().decode()
        return sum(float(value) for value in re.findall(rf"^{name}(?:{{.*}})? (\S+)$", text, re.MULTILINE))

    def late_part(self, seconds: str) -> tuple[float, float]:
        """How many measures of the loop's lateness there are, and how many of them above a bound."""
        name = "twisted_suite_loop_lateness_seconds"
        within = self.metric(f'{name}_bucket(?={{le="{seconds}"}})')
        total = self.metric(f"{name}_count")
        return total, total - within


@contextmanager
def served(*command: str, metrics: int | None = None) -> Iterator[Server]:
    """Start a server, wait for its port, end it."""
    process = subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        for line in process.stdout:
            found = re.search(r"starting on ([0-9]+)", line)
            if found is not None and int(found[1]) != metrics:
                break
        else:
            raise SystemExit(f"{command[0]} did not start")
        server = Server(process, int(found[1]), metrics)
        # From here on its log goes nowhere, but it must not stand in its way.
        subprocess.Popen(["cat"], stdin=process.stdout, stdout=subprocess.DEVNULL)
        yield server
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


@dataclass
class Crowd:
    """Our ends of the connections."""

    port: int
    held: list[socket.socket] = field(default_factory=list)
    lost: int = 0
    wrong: int = 0
    round_trips: int = 0

    def connect(self, number: int) -> socket.socket:
        """One connection, from one of our addresses."""
        connection = socket.socket()
        connection.settimeout(PATIENCE_S)
        # The system chooses the port when it connects, so that all of them can be used for each address.
        connection.setsockopt(socket.IPPROTO_IP, getattr(socket, "IP_BIND_ADDRESS_NO_PORT", 24), 1)
        connection.bind((f"127.0.0.{2 + number // PER_ADDRESS}", 0))
        connection.connect(("127.0.0.1", self.port))
        return connection

    def fill(self, count: int) -> None:
        for number in range(len(self.held), count):
            self.held.append(self.connect(number))

    def talk(self, some: list[socket.socket]) -> None:
        """A message on each of them, and its echo."""
        for connection in some:
            connection.sendall(MESSAGE)
        for connection in some:
            try:
                self._hear(connection)
            except OSError:
                self.lost += 1

    def _hear(self, connection: socket.socket) -> None:
        heard = b""
        while len(heard) < len(MESSAGE):
            data = connection.recv(len(MESSAGE) - len(heard))
            if not data:
                raise ConnectionResetError
            heard += data
        self.wrong += heard != MESSAGE
        self.round_trips += 1

    def renew(self, every: int, turn: int) -> None:
        """Some go, and others come in their places."""
        for number in range(turn % every, len(self.held), every):
            self.held[number].close()
            self.held[number] = self.connect(number)
            self.talk([self.held[number]])

    def count_ended(self) -> None:
        """Those that the server has ended, which it should not have."""
        poller = select.poll()
        for connection in self.held:
            poller.register(connection, select.POLLIN | select.POLLHUP)
        self.lost += len(poller.poll(0))

    def close(self) -> None:
        for connection in self.held:
            connection.close()


def per_connection(server: Server, crowd: Crowd, count: int) -> tuple[float, float]:
    """Bytes for each idle connection, and for each that has said and heard something."""
    before = server.resident_bytes()
    crowd.fill(count)
    crowd.talk(crowd.held[-1:])  # the last one is served: so all are in
    idle = server.resident_bytes()
    crowd.talk(crowd.held)
    talked = server.resident_bytes()
    return (idle - before) / count, (talked - before) / count


def soak(server: Server, crowd: Crowd, seconds: float) -> list[str]:
    """Hold them for so long; rows of the table, one for each quarter of the time."""
    rows, quarter, turn = [], seconds / 4, 0
    started = time.monotonic()
    for number in range(4):
        total_before, late_before = server.late_part("0.05")
        while time.monotonic() < started + (number + 1) * quarter:
            turn += 1
            crowd.talk(crowd.held[turn % TALKING :: TALKING])
            crowd.renew(COMING, turn)
        crowd.count_ended()
        total, late = server.late_part("0.05")
        rows.append(
            f"| {(number + 1) * quarter:.0f} s | {server.resident_bytes() / 1e6:.1f} MB "
            f"| {server.metric(OPEN):.0f} | {crowd.round_trips:,} "
            f"| {late - late_before:.0f} of {total - total_before:.0f} | {crowd.lost} | {crowd.wrong} |"
        )
    return rows


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port


def measure(count: int, seconds: float) -> bool:
    """Print all, and say whether the goals hold."""
    print("| echo server | bytes for an idle connection | after a message |\n|---|---|---|", flush=True)
    with served("-c", PLAIN) as plain:
        crowd = Crowd(plain.port)
        plain_idle, plain_talked = per_connection(plain, crowd, count)
        crowd.close()
    print(
        f"| Twisted's transport, the protocol alone | {plain_idle:,.0f} | {plain_talked:,.0f} |", flush=True
    )
    metrics = free_port()
    ours_command = ("-m", "twisted", "--log-format=text", "echo", "--listen", "tcp:0:interface=127.0.0.1")
    endpoint = f"tcp:{metrics}:interface=127.0.0.1"
    with served(*ours_command, *LIMITS, "--metrics", endpoint, metrics=metrics) as ours:
        crowd = Crowd(ours.port)
        idle, talked = per_connection(ours, crowd, count)
        print(f"| `twist echo` with all limits and metrics | {idle:,.0f} | {talked:,.0f} |")
        print(f"| above | {idle - plain_idle:,.0f} | {talked - plain_talked:,.0f} |\n")
        print("| after | memory | open | round trips | loop > 50 ms late | lost | wrong |")
        print("|---|---|---|---|---|---|---|", flush=True)
        before = ours.resident_bytes()
        for row in soak(ours, crowd, seconds):
            print(row, flush=True)
        growth = max(0, ours.resident_bytes() - before - GROWTH_OF_A_PROCESS_BYTES) / count
        crowd.close()
    goals = {
        f"at most {MAX_BYTES_ABOVE_PLAIN} bytes above the plain transport, idle": idle - plain_idle
        <= MAX_BYTES_ABOVE_PLAIN,
        f"the same after a message ({talked - plain_talked:,.0f})": talked - plain_talked
        <= MAX_BYTES_ABOVE_PLAIN,
        f"no growth over the soak ({growth:,.0f} bytes for each)": growth <= MAX_GROWTH_BYTES_PER_CONNECTION,
        "no connection lost, no byte wrong": not crowd.lost and not crowd.wrong,
    }
    print()
    for goal, holds in goals.items():
        print(f"- {'holds' if holds else 'DOES NOT HOLD'}: {goal}")
    return all(goals.values())


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--connections", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=60.0)
    options = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < options.connections + 100:
        parser.error(f"{options.connections} connections need as many open files; the hard limit is {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    sys.exit(0 if measure(options.connections, options.seconds) else 1)


if __name__ == "__main__":
    main()
