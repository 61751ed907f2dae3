"""Access logs: this project beside GoAccess, mawk, ripgrep, wc and the lecture's method, as whole processes.

    python benchmarks/accesslog.py [--lines N] [--repeats N] [--goaccess-repeats N] [--large] [--folder DIR]

Makes its logs from a seed (`logs.py`), checks that awk gives the same answer, and prints Markdown: seconds,
processor seconds, memory, and which goals hold. A machine has good and bad seconds, so they take turns and a
ratio is taken within a repeat; the figure is the median of the repeats, then min–max. Files are in the page
cache. ``--large`` counts the same lines ten times, for the memory it takes. A process begins as a copy of
this one, so that no memory below this one's can be seen.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from logs import write

BIN = Path(sys.executable).parent
SAMPLE = Path(__file__).resolve().parent.parent / "tests" / "data" / "access_log"
LINES, LINES_FOR_LECTURE = 5_000_000, 20_000
TIMES_FOR_LARGE = 10
MAX_MEMORY_MB = 400
MAX_SMALL_S = {"twist, small log": 0.6, "twisted-suite, small log": 0.3}
# Client, status and size, as awk takes them: a field is what stands between blanks.
FIGURES = """{ if ($9 == 200) views++; if ($10 != "-") { bytes += $10; by[$1] += $10 }
 if (!($1 in seen)) { seen[$1]; visitors++ } } END { printf "%d %d %d", NR, views, visitors
 for (client in by) if (by[client] > most) most = by[client] }"""
THREE_FIELDS = r'^(\\S+) \\S+ [^\\[]+\\[[^\\]]*\\] "(?:[^"\\\\]|\\\\.)*" (\\d{3}) (\\d+|-)'.replace(
    "\\\\", "\\"
)
# How the lecture finds its visitors: a list that is searched for every line.
LECTURE = """
import sys
visitors = []
for line in open(sys.argv[1], encoding="latin-1"):
    client = line.split()[0:1]
    if client and client[0] not in visitors:
        visitors.append(client[0])
print(len(visitors))
"""
# Ours, how many times faster than whom, at least.
GOALS = (
    ("four figures", "GoAccess, all panels", 40.0),
    ("four figures", "mawk, four figures", 3.0),
    ("four figures", "rg, three fields", 0.5),
    ("panels", "GoAccess, all panels", 10.0),
)


@dataclass(frozen=True)
class Run:
    """One process, from its start to its end."""

    wall_s: float
    cpu_s: float
    memory_mb: float


@dataclass(frozen=True)
class Contestant:
    """One program on one file."""

    name: str
    command: Sequence[str]
    repeats: int
    check: Callable[[bytes], None] = lambda output: None


def run(command: Sequence[str], stdin: str | None = None) -> tuple[Run, bytes]:
    """Run to the end; what it took, and what it said."""
    with tempfile.TemporaryFile() as said:
        source = subprocess.Popen(["sh", "-c", stdin], stdout=subprocess.PIPE) if stdin else None
        started = time.perf_counter()
        with subprocess.Popen(
            command,
            stdin=source.stdout if source else subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.DEVNULL,
        ) as process:
            _, status, usage = os.wait4(process.pid, 0)
            elapsed = time.perf_counter() - started
            process.returncode = os.waitstatus_to_exitcode(status)
        if source:
            source.wait()
        if process.returncode:
            raise SystemExit(f"{command[0]} ended with status {process.returncode}")
        said.seek(0)
        return Run(elapsed, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024), said.read()


def contestants(log: Path, small: Path, folder: Path, options: argparse.Namespace) -> list[Contestant]:
    """All that are installed; our own figures are what the others' are held against."""
    out = str(folder / "report")
    ours = [str(BIN / "twisted-suite"), "accesslog", "--output", "json"]
    found = json.loads(run([*ours, str(log)])[1])

    def same(output: bytes) -> None:
        """As awk counts, odd lines and all: they may differ by what awk takes for a client."""
        lines, views, visitors = map(int, output.split())
        odd = found["recovered"] + found["invalid"]
        assert lines == found["lines"], (lines, found["lines"])
        assert abs(views - found["pageviews"]) <= odd + 100
        assert abs(visitors - found["visitors"]) <= odd + 100

    panels = [str(BIN / "twist"), "accesslog", "--output", "html", "--out", out]
    every = [
        Contestant("four figures", [*ours, str(log)], options.repeats),
        Contestant("panels", [*panels, str(log)], options.repeats),
        Contestant("wc -l", ["wc", "-l", str(log)], options.repeats),
        Contestant("rg, three fields", ["rg", "-c", THREE_FIELDS, str(log)], options.repeats),
        Contestant("mawk, four figures", ["mawk", FIGURES, str(log)], options.repeats, same),
        Contestant(
            "GoAccess, all panels",
            ["goaccess", str(log), "--log-format=COMBINED", "--no-progress", "-o", out + ".html"],
            options.goaccess_repeats,
        ),
        Contestant(
            f"lecture's method, {LINES_FOR_LECTURE:,} lines",
            [sys.executable, "-c", LECTURE, str(small)],
            1,
        ),
        Contestant("four figures, the same lines", [*ours, str(small)], options.repeats),
        Contestant("twist, small log", [str(BIN / "twist"), "accesslog", str(SAMPLE)], 2 * options.repeats),
        Contestant(
            "twisted-suite, small log",
            [str(BIN / "twisted-suite"), "accesslog", str(SAMPLE)],
            2 * options.repeats,
        ),
    ]
    there = [each for each in every if shutil.which(each.command[0])]
    for each in every:
        if each not in there:
            print(f"{each.command[0]} is not installed", file=sys.stderr)
    return there


def measure(every: Sequence[Contestant]) -> dict[str, list[Run]]:
    """All in turn, again and again."""
    runs: dict[str, list[Run]] = {each.name: [] for each in every}
    for repeat in range(max(each.repeats for each in every)):
        for each in every:
            if repeat < each.repeats:
                print(f"{repeat + 1}: {each.name}", file=sys.stderr)
                found, output = run(each.command)
                each.check(output)
                runs[each.name].append(found)
    return runs


def rows(runs: dict[str, list[Run]], lines: int) -> Iterator[str]:
    yield "| program | seconds | processor seconds | MB |"
    yield "|---|---|---|---|"
    for name, some in runs.items():
        wall = [each.wall_s for each in some]
        cpu, memory = median(each.cpu_s for each in some), max(each.memory_mb for each in some)
        yield f"| {name} | {median(wall):.2f} ({min(wall):.2f}–{max(wall):.2f}) | {cpu:.2f} | {memory:.0f} |"
    yield ""
    yield f"{lines:,} lines, {len(os.sched_getaffinity(0))} processors."


def goals(runs: dict[str, list[Run]], large: Run | None) -> Iterator[str]:
    yield "| goal | measured | holds |"
    yield "|---|---|---|"
    for ours, theirs, factor in GOALS:
        if theirs in runs:
            ratios = [b.wall_s / a.wall_s for a, b in zip(runs[ours], runs[theirs], strict=False)]
            text = f"{median(ratios):.1f} ({min(ratios):.1f}–{max(ratios):.1f})"
            yield f"| {ours}: ≥ {factor:g} × {theirs} | {text} | {_said(median(ratios) >= factor)} |"
    for name, most_s in MAX_SMALL_S.items():
        wall_s = median(each.wall_s for each in runs[name])
        yield f"| {name}: ≤ {most_s} s | {wall_s:.2f} s | {_said(wall_s <= most_s)} |"
    memory_mb = max(each.memory_mb for each in runs["panels"])
    yield f"| panels: ≤ {MAX_MEMORY_MB} MB | {memory_mb:.0f} MB | {_said(memory_mb <= MAX_MEMORY_MB)} |"
    if large is not None:
        text = f"{large.memory_mb:.0f} MB, {large.wall_s:.1f} s"
        holds = large.memory_mb <= MAX_MEMORY_MB
        goal = f"panels, the same lines {TIMES_FOR_LARGE} times: ≤ {MAX_MEMORY_MB} MB"
        yield f"| {goal} | {text} | {_said(holds)} |"


def _said(holds: bool) -> str:
    return "yes" if holds else "**no**"


def main() -> None:
    parser = argparse.ArgumentParser(description="Access logs, beside GoAccess, mawk, ripgrep and wc.")
    parser.add_argument("--lines", type=int, default=LINES)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--goaccess-repeats", type=int, default=1)
    parser.add_argument("--large", action="store_true", help="the same lines ten times, too")
    parser.add_argument("--folder", type=Path, help="where the logs are made, and kept for the next time")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        folder.mkdir(exist_ok=True)
        log, small = folder / f"{options.lines}.log", folder / f"{LINES_FOR_LECTURE}.log"
        for path, lines in ((log, options.lines), (small, LINES_FOR_LECTURE)):
            if not path.exists():
                write(path, lines)
        runs = measure(contestants(log, small, folder, options))
        large = None
        if options.large:
            command = [
                str(BIN / "twist"),
                "accesslog",
                "--output",
                "html",
                "--out",
                str(folder / "report"),
                "-",
            ]
            large, _ = run(command, stdin=f"cat{f' {log}' * TIMES_FOR_LARGE}")
        print("\n".join((*rows(runs, options.lines), "", *goals(runs, large))))


if __name__ == "__main__":
    main()
