"""What an event costs: echo on Twisted's epoll reactor, ours, asyncio, uvloop, bare Python and C.

    python benchmarks/reactor.py [--quick] [--repeats N] [--seconds S]

Prints Markdown: CPU microseconds of the server for each round trip, round trips a second, both as ratios with
their spread, memory for each idle connection, system calls, and which goals hold. Loopback only. The servers
(`echo_servers.py`, `echo.c`) and the load (`load.c`, compiled on the spot) are started here, on different
CPUs where there are two. A machine has good and bad seconds, so the servers take turns, each repeat measures
all of them, and a ratio is taken within a repeat; the figure is the median of the repeats, then min–max.
"""

import argparse
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent
NAMES = ("stock", "fastepoll", "asyncio", "uvloop", "python", "C")
CONNECTIONS, SIZES = (1, 10, 100, 1000), (64, 1024, 65536)
QUICK = ((10, 64), (100, 64), (10, 65536))
IDLE_CONNECTIONS = 1000
# Goals: connections, bytes, how many times cheaper than that server fastepoll should be.
GOALS = (
    (10, 64, "stock", 1.6),
    (10, 64, "asyncio", 0.9),
    (10, 64, "C", 0.6),
    (100, 64, "stock", 1.6),
    (100, 64, "asyncio", 0.9),
    (100, 64, "C", 0.6),
    (10, 65536, "stock", 1.3),
)


@dataclass
class Server:
    """A server that is up."""

    name: str
    pid: int
    port: int

    def resident_bytes(self) -> int:
        pages = int(Path(f"/proc/{self.pid}/statm").read_text("ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")


@dataclass
class Sample:
    """One server in one repeat."""

    cpu_us: float
    per_second: float


Cell = dict[str, list[Sample]]


class Bench:
    """The compiled programs, and which CPU is whose."""

    def __init__(self, folder: Path) -> None:
        cpus = sorted(os.sched_getaffinity(0))
        self.server_cpu, self.load_cpu = (cpus[0], cpus[-1])
        self.load, self.echo = folder / "load", folder / "echo"
        for target in (self.load, self.echo):
            source = HERE / f"{target.name}.c"
            subprocess.run(["cc", "-O2", "-o", str(target), str(source)], check=True)

    @contextmanager
    def server(self, name: str) -> Iterator[Server]:
        """Start one, wait until it listens, end it."""
        command = [str(self.echo)] if name == "C" else [sys.executable, str(HERE / "echo_servers.py"), name]
        environment = {**os.environ, "PYTHONPATH": str(HERE.parent)}
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
            try:
                os.sched_setaffinity(process.pid, {self.server_cpu})
                assert process.stdout is not None
                yield Server(name, process.pid, int(process.stdout.readline()))
            finally:
                process.kill()

    def loaded(self, server: Server, connections: int, size: int, seconds: float) -> Sample:
        """One run of the load."""
        arguments = [server.port, server.pid, connections, size, seconds]
        ran = subprocess.run(
            [str(self.load), *map(str, arguments)],
            stdout=subprocess.PIPE,
            check=True,
            preexec_fn=lambda: os.sched_setaffinity(0, {self.load_cpu}),
            timeout=60,
        )
        trips, elapsed, cpu = map(float, ran.stdout.split())
        return Sample(cpu / trips * 1e6, trips / elapsed)


def measure(bench: Bench, servers: list[Server], cell: tuple[int, int], options: argparse.Namespace) -> Cell:
    """All servers in turn, repeatedly, each repeat beginning with another one."""
    samples: Cell = {server.name: [] for server in servers}
    for server in servers:
        bench.loaded(server, *cell, options.seconds / 4)  # the first time is for caches and allocators
    for repeat in range(options.repeats):
        first = repeat % len(servers)
        for server in servers[first:] + servers[:first]:
            samples[server.name].append(bench.loaded(server, *cell, options.seconds))
    return samples


def spread(ratios: list[float]) -> str:
    return f"{median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})"


def cheaper(cell: Cell, name: str, than: str) -> list[float]:
    """How many times less CPU `name` took `than` the other, repeat by repeat."""
    return [other.cpu_us / own.cpu_us for own, other in zip(cell[name], cell[than], strict=True)]


def rows(cells: dict[tuple[int, int], Cell]) -> Iterator[str]:
    yield "| connections | bytes | server | CPU µs | thousand/s | CPU, stock ÷ it | rate, it ÷ stock |"
    yield "|---|---|---|---|---|---|---|"
    for (connections, size), cell in cells.items():
        for name, samples in cell.items():
            cpu = median(sample.cpu_us for sample in samples)
            rate = median(sample.per_second for sample in samples)
            rates = [a.per_second / b.per_second for a, b in zip(samples, cell["stock"], strict=True)]
            yield (
                f"| {connections} | {size} | {name} | {cpu:.1f} | {rate / 1000:.1f} "
                f"| {spread(cheaper(cell, name, 'stock'))} | {spread(rates)} |"
            )


def goals(cells: dict[tuple[int, int], Cell]) -> Iterator[str]:
    yield "\n| goal | measured | |\n|---|---|---|"
    for connections, size, peer, factor in GOALS:
        cell = cells.get((connections, size))
        if cell is not None and peer in cell:
            ratios = cheaper(cell, "fastepoll", peer)
            verdict = "holds" if median(ratios) >= factor else "missed"
            yield f"| {connections} × {size} B: ≥ {factor} × {peer} | {spread(ratios)} | {verdict} |"


def memory(bench: Bench, names: list[str]) -> Iterator[str]:
    """Growth of a fresh server, once after connections that do nothing, once after a message on each."""
    yield "\n| server | B a connection, idle | after one message |\n|---|---|---|"
    for name in names:
        with bench.server(name) as server, ExitStack() as stack:
            bench.loaded(server, 10, 64, 0.1)
            before = server.resident_bytes()
            clients = [stack.enter_context(connected(server)) for _ in range(IDLE_CONNECTIONS)]
            time.sleep(0.3)
            idle = server.resident_bytes() - before
            for client in clients:
                client.sendall(b"x" * 64)
                client.recv(64, socket.MSG_WAITALL)
            after = server.resident_bytes() - before
        yield f"| {name} | {idle / IDLE_CONNECTIONS:.0f} | {after / IDLE_CONNECTIONS:.0f} |"


def connected(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=20)


def system_calls(bench: Bench, servers: list[Server]) -> Iterator[str]:
    """System calls for each round trip of 64 B, by strace; it slows the server, but counts exactly."""
    yield "\n| server | connections | system calls a round trip |\n|---|---|---|"
    for server in servers:
        for connections in (1, 10):
            counted = traced(bench, server, connections)
            yield f"| {server.name} | {connections} | {counted} |"


def traced(bench: Bench, server: Server, connections: int) -> str:
    tracer = subprocess.Popen(["strace", "-c", "-p", str(server.pid)], stderr=subprocess.PIPE, text=True)
    time.sleep(0.3)
    bench.loaded(server, connections, 64, 0.4)
    tracer.terminate()
    report = tracer.communicate(timeout=20)[1]
    calls = {
        name: int(n)
        for n, name in re.findall(r"^\s+\S+\s+\S+\s+\S+\s+(\d+)\s+(?:\d+\s+)?(\w+)$", report, re.M)
    }
    trips = calls.get("sendto") or calls.get("write", 0)
    if not trips:
        return report.strip().splitlines()[0]
    calls.pop("total", None)
    parts = ", ".join(f"{name} {n / trips:.2f}" for name, n in calls.items() if n / trips >= 0.005)
    return f"{sum(calls.values()) / trips:.2f}: {parts}"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="less of everything: under a minute")
    parser.add_argument("--repeats", type=int, help="default: 7, quick 3")
    parser.add_argument("--seconds", type=float, help="of each run of the load; default: 0.5, quick 0.3")
    options = parser.parse_args()
    options.repeats = options.repeats or (3 if options.quick else 7)
    options.seconds = options.seconds or (0.3 if options.quick else 0.5)
    return options


def main() -> None:
    options = arguments()
    names = [name for name in NAMES if name != "uvloop" or find_spec("uvloop")]
    if "uvloop" not in names:
        print("uvloop is skipped: it is not installed (pip install uvloop)\n")
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        bench = Bench(Path(folder))
        if bench.server_cpu == bench.load_cpu:
            print("one CPU only: the load shares it with the server, so rates say little\n")
        servers = [stack.enter_context(bench.server(name)) for name in names]
        cells = QUICK if options.quick else [(n, size) for size in SIZES for n in CONNECTIONS]
        measured = {cell: measure(bench, servers, cell, options) for cell in cells}
        print(*rows(measured), *goals(measured), sep="\n")
        print(*memory(bench, names), sep="\n")
        if shutil.which("strace") and not options.quick:
            print(*system_calls(bench, servers), sep="\n")


if __name__ == "__main__":
    main()
