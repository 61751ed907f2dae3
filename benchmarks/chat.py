"""Fan-out of the chat beside bare peers: deliveries a second, CPU of each, latency, memory, join storms.

    python benchmarks/chat.py [--quick] [--seconds S] [--repeats N] [--reactor NAME]

Prints Markdown, and which goals hold. Loopback only. The load (`fanout.c`) and the C peer (`relay.c`) are
compiled on the spot; redis-server, ngircd and uvloop take part where they are installed. Ours is the whole
service (names, rooms, limits, log of each room) on its text port; the others do as little as they can: stock
Twisted joins what came in one turn of the loop, asyncio and uvloop write as programs for them mostly do, once
for each message and client. Servers take turns within a repeat, and ratios are taken within a repeat.
"""

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent
MESSAGE_BYTES = 70
UNLIMITED = [f"--max-{what}=0" for what in ("per-ip", "connections", "message-rate", "byte-rate")]
# Work: receivers, in flight, messages a second (0: as fast as it goes), connections that never read.
WORKS = {
    "1,000 receivers, 32 in flight": (1000, 32, 0.0, 0),
    "1,000 receivers, one at a time": (1000, 1, 0.0, 0),
    "10,000 receivers, 2 messages a second": (10_000, 1, 2.0, 0),
    "900 receivers, one at a time": (900, 1, 0.0, 0),
    "900 receivers, one at a time, 100 more never read": (900, 1, 0.0, 100),
}
# Work, the other, how many times the other's rate ours should be.
GOALS = (
    ("1,000 receivers, 32 in flight", "stock", 2.0),
    ("1,000 receivers, 32 in flight", "redis", 1.2),
    ("1,000 receivers, 32 in flight", "uvloop", 8.0),
    ("1,000 receivers, 32 in flight", "C", 0.5),
    ("1,000 receivers, one at a time", "stock", 2.5),
    ("1,000 receivers, one at a time", "C", 0.8),
)
NGIRCD = """[Global]
Name = bench.example
Listen = 127.0.0.1
Ports = {port}
[Options]
DNS = no
Ident = no
PAM = no
[Limits]
MaxConnectionsIP = 0
MaxJoins = 0
MaxNickLength = 30
MaxPenaltyTime = 0
PingTimeout = 600
"""


@dataclass
class Sample:
    deliveries: int
    seconds: float
    cpu: float
    median_us: float
    p99_us: float
    member_bytes: float

    @property
    def rate(self) -> float:
        return self.deliveries / self.seconds


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Bench:
    """The compiled programs, and how each server is started."""

    def __init__(self, folder: Path, reactor: str) -> None:
        self.folder, self.reactor = folder, reactor
        for name in ("fanout", "relay"):
            subprocess.run(["cc", "-O2", "-o", str(folder / name), str(HERE / f"{name}.c")], check=True)
        cpus = sorted(os.sched_getaffinity(0))
        self.server_cpu, self.load_cpu = cpus[0], cpus[-1]

    def names(self) -> list[str]:
        found = ["ours", "stock", "asyncio", "C"]
        found += ["uvloop"] if find_spec("uvloop") else []
        found += [
            name for name in ("redis", "ngircd") if shutil.which({"redis": "redis-server"}.get(name, name))
        ]
        return found

    def command(self, name: str, port: int) -> list[str]:
        """How to start a server; `port` is for those that do not choose one and print it."""
        if name == "ours":
            twist = shutil.which("twist", path=str(Path(sys.executable).parent)) or "twist"
            endpoint = f"tcp:{port}:interface=127.0.0.1:backlog=4096"
            return [twist, f"--reactor={self.reactor}", "chat", f"--listen={endpoint}", *UNLIMITED]
        if name == "C":
            return [str(self.folder / "relay")]
        if name == "redis":
            return ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
        if name == "ngircd":
            config = self.folder / "ngircd.conf"
            config.write_text(NGIRCD.format(port=port), encoding="ascii")
            return ["ngircd", "--nodaemon", "--config", str(config)]
        return [sys.executable, str(HERE / "chat_servers.py"), name]

    @contextmanager
    def server(self, name: str) -> Iterator[tuple[int, int]]:
        """Start one and wait until it listens; gives its process and port."""
        prints_port = name in ("C", "stock", "asyncio", "uvloop")
        port = free_port()
        output = subprocess.PIPE if prints_port else subprocess.DEVNULL
        with subprocess.Popen(
            self.command(name, port), stdout=output, stderr=subprocess.DEVNULL, cwd=HERE.parent
        ) as process:
            try:
                os.sched_setaffinity(process.pid, {self.server_cpu})
                if process.stdout is not None:
                    port = int(process.stdout.readline())
                wait_for(port)
                yield process.pid, port
            finally:
                process.kill()

    def run(self, name: str, work: tuple[int, int, float, int], seconds: float) -> Sample:
        receivers, in_flight, rate, stalled = work
        mode = {"redis": "redis", "ngircd": "irc"}.get(name, "line")
        with self.server(name) as (pid, port):
            empty = resident(pid)
            arguments = [port, pid, mode, receivers, in_flight, rate, seconds, stalled]
            with subprocess.Popen(
                [str(self.folder / "fanout"), *map(str, arguments)],
                stdout=subprocess.PIPE,
            ) as load:
                os.sched_setaffinity(load.pid, {self.load_cpu})
                assert load.stdout is not None
                load.stdout.readline()  # everybody has joined, and it is quiet
                grown = (resident(pid) - empty) / (receivers + stalled + 1)
                out, _ = load.communicate(timeout=seconds + 240)
        deliveries, elapsed, cpu, half, most = map(float, out.split())
        return Sample(int(deliveries), elapsed, cpu, half, most, grown)


def wait_for(port: int) -> None:
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(f"nothing listens at {port}")


def resident(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


Cells = dict[str, dict[str, list[Sample]]]


def measure(bench: Bench, works: list[str], repeats: int, seconds: float) -> Cells:
    cells: Cells = {}
    for work in works:
        only = ("ours", "stock") if WORKS[work][0] == 900 else bench.names()
        cells[work] = {name: [] for name in only}
        for _ in range(repeats):
            for name, samples in cells[work].items():
                try:
                    samples.append(bench.run(name, WORKS[work], seconds))
                except (ValueError, subprocess.TimeoutExpired, TimeoutError) as error:
                    print(f"{name}, {work}: {error or type(error).__name__}", file=sys.stderr)
    return cells


def rows(cells: Cells) -> Iterator[str]:
    yield "| work | server | thousand deliveries/s | CPU µs each | median ms | p99 ms | KB a member |"
    yield "|---|---|---|---|---|---|---|"
    for work, row in cells.items():
        for name, samples in row.items():
            if not samples:
                continue
            rate = median(sample.rate for sample in samples) / 1000
            cpu = median(sample.cpu / max(1, sample.deliveries) for sample in samples) * 1e6
            half, most = (median(getattr(s, key) for s in samples) / 1000 for key in ("median_us", "p99_us"))
            size = median(sample.member_bytes for sample in samples) / 1024
            yield f"| {work} | {name} | {rate:.0f} | {cpu:.2f} | {half:.1f} | {most:.1f} | {size:.1f} |"


def goals(cells: Cells) -> Iterator[str]:
    yield "| goal | by rate | by CPU | holds |"
    yield "|---|---|---|---|"
    for work, other, least in GOALS:
        pairs = list(
            zip(cells.get(work, {}).get("ours", []), cells.get(work, {}).get(other, []), strict=False)
        )
        if pairs:
            rate = median(own.rate / theirs.rate for own, theirs in pairs)
            cpu = median((t.cpu / t.deliveries) / (o.cpu / o.deliveries) for o, t in pairs if o.cpu and t.cpu)
            holds = "yes" if rate >= least else "no"
            yield f"| {work}: ≥ {least} × {other} | {rate:.2f} | {cpu:.2f} | {holds} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="the first two works, once")
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--reactor", default="fastepoll")
    options = parser.parse_args()
    works = list(WORKS)[:2] if options.quick else list(WORKS)
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), options.reactor)
        cells = measure(bench, works, 1 if options.quick else options.repeats, options.seconds)
    print(f"{MESSAGE_BYTES}-byte messages, loopback.\n")
    print("\n".join([*rows(cells), "", *goals(cells)]))


if __name__ == "__main__":
    main()
