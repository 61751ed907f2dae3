"""Files against their peers: nginx, twisted.web.static, http.server, pyftpdlib, Twisted's FileSender.

    python benchmarks/files.py [--quick] [--repeats N] [--only WORK,…]

Prints Markdown: rates and processor time as ratios with their spread, memory for each slow reader, another
client's round trip while a cold file is sent, and which goals hold. Loopback only, page cache warm but for
the cold file. The peers (`file_servers.py`) and the sink (`fetch.c`, compiled on the spot, drops bytes in the
kernel) are started here, server and sink on different CPUs where there are two. The servers take turns, each
repeat measures all of them, and a ratio is taken within a repeat; the figure is the median, then min–max.
A peer that is not installed is left out, and named.
"""

import argparse
import ftplib
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from file_servers import Server, available, certificate, serving

HERE = Path(__file__).resolve().parent
MB, GB = 1 << 20, 1 << 30
SLOW_READERS = 1000
# Goals: work, peer, figure, and the least or most that it should be.
GOALS = (
    ("stream", "nginx", "rate", ">=", 0.97),
    ("stream", "nginx", "CPU", "<=", 1.15),
    ("stream", "filesender", "rate", ">=", 4.0),
    ("stream", "twisted.web", "rate", ">=", 4.0),
    ("stream", "http.server", "rate", ">=", 2.0),
    ("stream", "pyftpdlib", "rate", ">=", 1.7),
    ("100 streams", "nginx", "rate", ">=", 0.95),
    ("1 KB", "twisted.web", "rate", ">=", 4.0),
    ("1 KB", "nginx", "rate", ">=", 0.35),
    ("64 KB", "twisted.web", "rate", ">=", 4.0),
    ("64 KB", "nginx", "rate", ">=", 0.35),
    ("TLS stream", "nginx", "rate", ">=", 0.5),
)
LATENCY_GOAL_MS, MEMORY_GOAL_BYTES, FAIRNESS_GOAL = 5.0, 4096, 1.3

# One run: units a second, CPU seconds for each unit.
Sample = tuple[float, float]
Results = dict[str, dict[str, list[Sample]]]


class Bench:
    """The sink, the files, and which CPU is whose."""

    def __init__(self, folder: Path, options: argparse.Namespace) -> None:
        cpus = sorted(os.sched_getaffinity(0))
        self.server_cpu, self.sink_cpu = cpus[0], cpus[-1]
        self.folder = folder
        self.root = folder / "root"
        self.root.mkdir()
        self.fetch = folder / "fetch"
        subprocess.run(["cc", "-O2", "-o", str(self.fetch), str(HERE / "fetch.c")], check=True)
        self.large_bytes = options.gigabytes * GB
        for name, size in [("large", self.large_bytes), ("64m", 64 * MB), ("64k", 64 * 1024), ("1k", 1024)]:
            with (self.root / name).open("wb") as file:
                for _ in range(size // MB or 1):
                    file.write(os.urandom(min(size, MB)))
        self.fairness: list[float] = []

    def sink(self, *arguments: object, request: bytes = b"", stdin: int = subprocess.PIPE) -> list[float]:
        """Run the sink on its CPU; the figures that it prints."""
        process = subprocess.Popen(
            [str(self.fetch), *map(str, arguments)],
            stdin=stdin,
            stdout=subprocess.PIPE,
            preexec_fn=lambda: os.sched_setaffinity(0, {self.sink_cpu}),  # noqa: PLW1509  # no threads here
        )
        output, _ = process.communicate(request or None, timeout=120)
        if process.returncode:
            raise SystemExit(f"the sink failed: {arguments}")
        return [float(word) for word in output.split()]

    def measured(self, server: Server, run: Callable[[], tuple[float, float]]) -> Sample:
        """`run` gives units and seconds; what they cost the server is seen by its clocks."""
        before = server.cpu_seconds()
        units, seconds = run()
        return units / seconds, (server.cpu_seconds() - before) / units

    # The kinds of work.

    def stream(self, server: Server, name: str = "large", count: int = 1) -> Sample:
        size = (self.root / name).stat().st_size

        def run() -> tuple[float, float]:
            if server.name == "pyftpdlib":
                got, seconds = self._ftp(server, name, size)
            else:
                request = f"{name}\n".encode() if server.name == "filesender" else get(name, close=True)
                got, seconds, _, middle, last = self.sink("stream", server.port, count, size, request=request)
                if server.name == "ours" and count > 1:
                    self.fairness.append(last / middle)
            return got / GB, seconds

        return self.measured(server, run)

    def _ftp(self, server: Server, name: str, size: int) -> list[float]:
        with ftplib.FTP() as ftp:
            ftp.connect("127.0.0.1", server.port, timeout=30)
            ftp.login()
            ftp.voidcmd("TYPE I")
            with ftp.transfercmd(f"RETR {name}") as data:
                data.setblocking(True)
                return self.sink("drain", size, stdin=data.fileno())

    def requests(self, server: Server, name: str, seconds: float) -> Sample:
        def run() -> tuple[float, float]:
            done, elapsed = self.sink("requests", server.port, 50, seconds, request=get(name))
            return done, elapsed

        return self.measured(server, run)

    def tls(self, server: Server) -> Sample:
        """Through Python's own TLS, on the sink's CPU."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE

        def run() -> tuple[float, float]:
            os.sched_setaffinity(0, {self.sink_cpu})
            buffer, got = bytearray(256 * 1024), 0
            with (
                socket.create_connection(("127.0.0.1", server.tls_port)) as plain,
                context.wrap_socket(plain, server_hostname="localhost") as client,
            ):
                client.sendall(get("large", close=True))
                start = time.perf_counter()
                while got < self.large_bytes and (count := client.recv_into(buffer)):
                    got += count
                return got / GB, time.perf_counter() - start

        return self.measured(server, run)


def get(name: str, *, close: bool = False) -> bytes:
    """A request as a client would make it."""
    fields = f"Host: localhost\r\nUser-Agent: fetch\r\nAccept: */*\r\n{'Connection: close' if close else ''}"
    return f"GET /{name} HTTP/1.1\r\n{fields.rstrip()}\r\n\r\n".encode()


def works(
    bench: Bench, options: argparse.Namespace
) -> dict[str, tuple[list[str], Callable[[Server], Sample]]]:
    """Each kind of work: who takes part, and one run of it."""
    everyone = ["ours", "nginx", "filesender", "twisted.web", "http.server", "pyftpdlib"]
    return {
        "stream": (everyone, bench.stream),
        "100 streams": (["ours", "nginx"], lambda server: bench.stream(server, "64m", 100)),
        "1 KB": (
            ["ours", "nginx", "twisted.web"],
            lambda server: bench.requests(server, "1k", options.seconds),
        ),
        "64 KB": (
            ["ours", "nginx", "twisted.web"],
            lambda server: bench.requests(server, "64k", options.seconds),
        ),
        "TLS stream": (["ours", "nginx"], bench.tls),
    }


def measure(
    servers: list[Server], names: list[str], run: Callable[[Server], Sample], repeats: int
) -> dict[str, list[Sample]]:
    """All servers in turn, repeatedly, each repeat beginning with another one."""
    taking_part = [server for server in servers if server.name in names]
    samples: dict[str, list[Sample]] = {server.name: [] for server in taking_part}
    for server in taking_part:
        run(server)  # the first time is for caches
    for repeat in range(repeats):
        first = repeat % len(taking_part)
        for server in taking_part[first:] + taking_part[:first]:
            samples[server.name].append(run(server))
    return samples


def spread(values: list[float]) -> str:
    return f"{median(values):.2f} ({min(values):.2f}–{max(values):.2f})"


def ratios(samples: dict[str, list[Sample]], peer: str, figure: str) -> list[float]:
    """Ours ÷ the peer's, repeat by repeat."""
    which = 0 if figure == "rate" else 1
    return [ours[which] / theirs[which] for ours, theirs in zip(samples["ours"], samples[peer], strict=True)]


def rows(results: Results) -> Iterator[str]:
    yield "| work | server | a second | CPU for each | rate, ours ÷ it | CPU, ours ÷ it |"
    yield "|---|---|---|---|---|---|"
    for work, samples in results.items():
        for name, runs in samples.items():
            rate, cpu = median(run[0] for run in runs), median(run[1] for run in runs)
            units = (
                f"{rate:.2f} GB | {cpu:.3f} s" if "stream" in work else f"{rate:,.0f} | {cpu * 1e6:.1f} µs"
            )
            compared = [spread(ratios(samples, name, figure)) for figure in ("rate", "CPU")]
            yield f"| {work} | {name} | {units} | {' | '.join(compared)} |"


def goals(results: Results, bench: Bench) -> Iterator[str]:
    yield "\n| goal | measured | |\n|---|---|---|"
    for work, peer, figure, relation, bound in GOALS:
        if peer in results.get(work, {}):
            found = ratios(results[work], peer, figure)
            holds = median(found) >= bound if relation == ">=" else median(found) <= bound
            sign = "≥" if relation == ">=" else "≤"
            yield f"| {work}: {figure} {sign} {bound} × {peer} | {spread(found)} | {verdict(holds)} |"
    if bench.fairness:
        holds = verdict(median(bench.fairness) <= FAIRNESS_GOAL)
        yield f"| 100 streams: slowest ≤ {FAIRNESS_GOAL} × median | {spread(bench.fairness)} | {holds} |"


def verdict(holds: bool) -> str:
    return "holds" if holds else "missed"


def slow_readers(bench: Bench) -> Iterator[str]:
    """Memory of a fresh server: with idle connections, then with each of them not reading a file."""
    with serving("ours", bench.root, bench.folder, bench.server_cpu) as server, ExitStack() as stack:
        bench.requests(server, "1k", 0.2)
        clients = []
        for _ in range(SLOW_READERS):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=20))
            client.sendall(get("1k"))
            while len(client.recv(65536, socket.MSG_PEEK)) < 1200:
                time.sleep(0.001)
            client.recv(65536)
            clients.append(client)
        idle = server.resident_bytes()
        for client in clients:
            client.sendall(get("64m"))
            client.recv(1, socket.MSG_PEEK)
        time.sleep(0.5)
        each = (server.resident_bytes() - idle) / SLOW_READERS
    yield f"| {SLOW_READERS} slow readers: ≤ {MEMORY_GOAL_BYTES} B more each | {each:.0f} | " + (
        f"{verdict(each <= MEMORY_GOAL_BYTES)} |"
    )


def cold(bench: Bench, name: str) -> Iterator[str]:
    """Another client's round trip (a file of 1 KB) while a file that is on the disk only is sent."""
    with serving(name, bench.root, bench.folder, bench.server_cpu) as server:
        with (bench.root / "large").open("rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            plain = sorted(_round_trip(client) for _ in range(300))
            sink = subprocess.Popen(
                [str(bench.fetch), "stream", str(server.port), "1", str(bench.large_bytes)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            assert sink.stdin is not None
            sink.stdin.write(get("large", close=True))
            sink.stdin.close()
            during = []
            while sink.poll() is None:
                during.append(_round_trip(client))
                time.sleep(0.001)
            during.sort()
            assert sink.stdout is not None
            seconds = float(sink.stdout.read().split()[1])
    before, p99 = plain[int(len(plain) * 0.99)], during[int(len(during) * 0.99)]
    yield (
        f"| cold file, {name}: another's round trip p99 ≤ {LATENCY_GOAL_MS:g} ms "
        f"| {p99:.2f} ms, {before:.2f} before; {bench.large_bytes / GB / seconds:.2f} GB/s "
        f"| {verdict(p99 <= LATENCY_GOAL_MS)} |"
    )


def _round_trip(client: socket.socket) -> float:
    start = time.perf_counter()
    client.sendall(get("1k"))
    got = b""
    while len(got) < 1024 or len(got) < got.find(b"\r\n\r\n") + 4 + 1024:
        got += client.recv(65536)
    return (time.perf_counter() - start) * 1000


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="less of everything")
    parser.add_argument("--repeats", type=int, help="default: 7, quick 3")
    parser.add_argument("--seconds", type=float, help="of each run of requests; default: 1, quick 0.5")
    parser.add_argument("--gigabytes", type=int, help="of the large file; default: 2, quick 1")
    parser.add_argument("--only", default="", help="kinds of work, by commas: stream, 1 KB, memory, cold, …")
    options = parser.parse_args()
    options.repeats = options.repeats or (3 if options.quick else 7)
    options.seconds = options.seconds or (0.5 if options.quick else 1.0)
    options.gigabytes = options.gigabytes or (1 if options.quick else 2)
    options.only = [word.strip() for word in options.only.split(",") if word]
    return options


def main() -> None:
    options = arguments()
    have = available()
    for name in ("nginx", "pyftpdlib"):
        if name not in have:
            print(f"{name} is left out: it is not installed\n")
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name, ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o755)  # nginx' workers are somebody else
        certificate(folder)
        bench = Bench(folder, options)
        if bench.server_cpu == bench.sink_cpu:
            print("one CPU only: the sink shares it with the server, so rates say little\n")
        chosen = {
            work: found
            for work, found in works(bench, options).items()
            if not options.only or work in options.only
        }
        needed = {name for names, _ in chosen.values() for name in names}
        servers = [
            stack.enter_context(serving(name, bench.root, folder, bench.server_cpu))
            for name in have
            if name in needed
        ]
        results = {
            work: measure(servers, names, run, options.repeats) for work, (names, run) in chosen.items()
        }
        print(*rows(results), *goals(results, bench), sep="\n")
        if not options.only or "memory" in options.only:
            print(*slow_readers(bench), sep="\n")
        for peer in ("ours", "nginx"):
            if peer in have and (not options.only or "cold" in options.only):
                print(*cold(bench, peer), sep="\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
