"""``twisted-suite get`` beside curl, wget and aria2, as whole processes, from nginx and from our own server.

    python benchmarks/get.py [--megabytes N] [--repeats N] [--folder DIR]

One file over loopback into a folder in memory (``/dev/shm``), so that no disk is measured. They take turns,
and a ratio is taken within a repeat; the figure is the median of the repeats, then min–max. What came is
compared with what was served. Prints Markdown. Needs nginx, curl, wget and aria2.
"""

import argparse
import filecmp
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

PYTHON = sys.executable
GET = (PYTHON, "-m", "twisted_suite", "get", "--quiet")
NGINX = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; worker_processes 1;
events {{}}
http {{ access_log off; sendfile on; server {{ listen 127.0.0.1:{port}; root {folder}/served; }} }}
"""


@dataclass(frozen=True)
class Run:
    """One process, from its start to its end."""

    wall_s: float
    cpu_s: float


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port


@contextmanager
def running(command: Sequence[str], port: int) -> Iterator[None]:
    """A server, once it accepts."""
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                if child.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit(f"does not start: {' '.join(command)}") from None
                time.sleep(0.05)
        yield
    finally:
        child.terminate()
        child.wait()


def run(command: Sequence[str]) -> Run:
    """Run to the end."""
    began = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        raise SystemExit(f"failed: {' '.join(command)}")
    return Run(time.perf_counter() - began, usage.ru_utime + usage.ru_stime)


def contestants(url: str, here: Path) -> dict[str, Sequence[str]]:
    """Who fetches the file, and how."""
    path = str(here / "big.bin")
    aria2 = ("aria2c", "-q", "--no-conf", "--file-allocation=none", "--allow-overwrite=true")
    return {
        "curl": ("curl", "-sSf", "-o", path, url),
        "wget": ("wget", "-q", "-O", path, url),
        "aria2, 1 connection": (*aria2, "-x1", "-d", str(here), url),
        "get": (*GET, "-o", str(here), url),
        "aria2, 4 connections": (*aria2, "-x4", "-s4", "-d", str(here), url),
        "get, 4 connections": (*GET, "--segments", "4", "-o", str(here), url),
    }


def measure(url: str, folder: Path, repeats: int) -> dict[str, list[Run]]:
    """Everybody in turn, so many times."""
    here, served = folder / "here", folder / "served" / "big.bin"
    results: dict[str, list[Run]] = {}
    for _ in range(repeats):
        for name, command in contestants(url, here).items():
            results.setdefault(name, []).append(run(command))
            if not filecmp.cmp(here / "big.bin", served, shallow=False):
                raise SystemExit(f"{name}: what came is not what was served")
            (here / "big.bin").unlink()
    return results


def table(title: str, megabytes: int, results: dict[str, list[Run]]) -> None:
    """Print what came out."""
    print(f"\n| from {title} | MB/s | of curl's time | processor s/GB |\n|---|---|---|---|")
    for name, runs in results.items():
        ratios = sorted(run.wall_s / curl.wall_s for run, curl in zip(runs, results["curl"], strict=True))
        rate = median(megabytes / run.wall_s for run in runs)
        cpu = median(run.cpu_s * 1000 / megabytes for run in runs)
        print(
            f"| {name} | {rate:,.0f} | {median(ratios):.2f} ({ratios[0]:.2f}–{ratios[-1]:.2f}) | {cpu:.2f} |"
        )


def main() -> None:
    """Measure, and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--megabytes", type=int, default=1000)
    options.add_argument("--repeats", type=int, default=5)
    options.add_argument("--folder", type=Path, default=Path("/dev/shm"))
    chosen = options.parse_args()
    folder = Path(tempfile.mkdtemp(dir=chosen.folder))
    folder.chmod(0o755)  # nginx's worker is another user
    try:
        (folder / "here").mkdir()
        (folder / "served").mkdir()
        with open(folder / "served" / "big.bin", "wb") as big:
            for _ in range(chosen.megabytes):
                big.write(os.urandom(1_000_000))
        port, ours = free_port(), free_port()
        (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port))
        files = ("files", "--root", str(folder / "served"), "--listen", f"unix:{folder}/bare")
        twist = (PYTHON, "-m", "twisted", *files, "--http", f"tcp:{ours}:interface=127.0.0.1")
        with running(("nginx", "-c", str(folder / "nginx.conf")), port), running(twist, ours):
            for title, at in (("nginx", port), ("`twist files`, with digests", ours)):
                results = measure(f"http://127.0.0.1:{at}/big.bin", folder, chosen.repeats)
                table(title, chosen.megabytes, results)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
