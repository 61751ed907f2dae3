"""Run all tests, as users and CI do: ``python -m tests`` from the checkout.

The unit tests run under pytest (with branch coverage) and under trial, the live tests in a session of their
own: pytest-twisted leaves its reactor running, which breaks trial tests that wait (pytest-twisted issue 147).
Those of web pages, in a headless browser, have a session too.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
MIN_COVERAGE_PERCENT = 95

RUNS: list[tuple[str, list[str]]] = [
    ("unit tests under pytest", [PYTHON, "-m", "coverage", "run", "-m", "pytest", "-q"]),
    (
        "branch coverage",
        [PYTHON, "-m", "coverage", "report", f"--fail-under={MIN_COVERAGE_PERCENT}", "--skip-covered"],
    ),
    ("unit tests under trial", [PYTHON, "-m", "twisted.trial", "--reporter=summary", "tests"]),
    ("live tests", [PYTHON, "-m", "pytest", "-q", "-rs", "tests/live"]),
    ("browser tests", [PYTHON, "-m", "pytest", "-q", "-rs", "tests/browser"]),
]


def main() -> int:
    failed = []
    for title, command in RUNS:
        print(f"=== {title}", flush=True)
        if subprocess.run(command, cwd=ROOT, check=False).returncode:
            failed.append(title)
    print("=== failed: " + ", ".join(failed) if failed else "=== all passed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
