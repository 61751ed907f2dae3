"""Clean virtual environments, and clean copies of the project to install into them."""

import base64
import csv
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.support import ROOT

PATIENCE_S = 300.0
DISTRIBUTION = "twisted-suite"
# Not the project: what work on it leaves in a folder that git does not list for us.
_LEFT_BY_WORK = shutil.ignore_patterns(".*", "build", "dist", "*.egg-info", "__pycache__", "*.cache", "*.pyc")


def run(*command: str | Path, folder: Path) -> str:
    """Run `command` to its end, away from the checkout; returns its standard output. It must succeed."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    ran = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env=clean,
        timeout=PATIENCE_S,
        check=False,
        capture_output=True,
        encoding="utf-8",
    )
    said = f"{' '.join(ran.args)}: status {ran.returncode}\n{ran.stdout}\n{ran.stderr}"
    assert ran.returncode == 0, said
    return ran.stdout


def project_files() -> list[Path]:
    """The files of the project: those that git tracks, or would; without git, all but what work leaves."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout.decode()
        names = [Path(name) for name in listed.split("\0") if name]
    except (OSError, subprocess.CalledProcessError):  # no git, or no repository: an unpacked sdist
        names = [path.relative_to(ROOT) for path in _walk(ROOT)]
    return [name for name in names if ROOT.joinpath(name).is_file()]


def _walk(folder: Path) -> Iterator[Path]:
    names = os.listdir(folder)
    for name in sorted(set(names) - _LEFT_BY_WORK(str(folder), names)):
        path = folder / name
        if path.is_dir():
            yield from _walk(path)
        else:
            yield path


def copy_project(folder: Path) -> Path:
    """A new copy of the project's files: builds leave things behind, and pack what they find."""
    shutil.rmtree(folder, ignore_errors=True)
    for name in project_files():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target)
    return folder


def interpreter(version: str) -> str | None:
    """A Python of `version`, such as ``3.11``, that can make virtual environments; None without one."""
    name = f"python{version}"
    folders = os.get_exec_path()
    pyenv = os.environ.get("PYENV_ROOT")
    if pyenv:
        folders += [str(path) for path in Path(pyenv).glob(f"versions/{version}*/bin")]
    candidates = [sys.executable, *(os.path.join(folder, name) for folder in folders)]
    # A shim may stand on PATH for a Python that is not there, and Debian's may lack ensurepip.
    probe = f"import ensurepip, sys, venv; sys.exit('%d.%d' % sys.version_info[:2] != '{version}')"
    for candidate in candidates:
        if (
            os.access(candidate, os.X_OK)
            and not subprocess.run(
                [candidate, "-c", probe], check=False, capture_output=True, timeout=PATIENCE_S
            ).returncode
        ):
            return candidate
    return None


def _named(record: Path) -> str:
    """The distribution whose RECORD this is."""
    return record.parent.name.partition("-")[0].lower()


class Environment:
    """A virtual environment, new; the project is installed into it from one target after the other."""

    def __init__(self, python: str, folder: Path) -> None:
        self.folder = folder
        self.elsewhere = folder / "elsewhere"  # an unrelated folder to run commands in
        self._programs = folder / "venv" / "bin"
        self._installed: Sequence[str] = ()
        self.elsewhere.mkdir(parents=True)
        run(python, "-m", "venv", folder / "venv", folder=self.elsewhere)
        where = "import sysconfig; print(sysconfig.get_path('purelib'))"
        self.site_packages = Path(self.run("python", "-c", where).strip())

    @property
    def plugins(self) -> Path:
        """Where the plugins lie once they are installed."""
        return self.site_packages / "twisted" / "plugins"

    def program(self, name: str) -> str:
        """The path of one of its programs."""
        return str(self._programs / name)

    def run(self, program: str, *arguments: str) -> str:
        """Run one of its programs in an unrelated folder; returns standard output. It must succeed."""
        return run(self.program(program), *arguments, folder=self.elsewhere)

    def have(self, *target: str) -> None:
        """Have the project installed from `target`, the words that pip takes for it."""
        if self._installed != target:
            self.uninstall()
            self.run("python", "-m", "pip", "install", *target)
            self._installed = target

    def uninstall(self) -> None:
        """Have it not installed."""
        if self._installed:
            self.run("python", "-m", "pip", "uninstall", "-y", DISTRIBUTION)
            self._installed = ()

    def listed(self, program: str) -> set[str]:
        """The plugins that ``twist`` or ``twistd`` lists."""
        _, _, commands = self.run(program, "--help").partition("\nCommands:\n")
        indented = [line for line in commands.splitlines() if line[:4].isspace() and line[4:5].strip()]
        return {line.split()[0] for line in indented}

    def ours(self) -> list[str]:
        """What is there with our name."""
        names = ("twisted_suite", "twisted-suite")
        folders = (self.site_packages, self._programs)
        return [
            str(path)
            for folder in folders
            for path in folder.rglob("*")
            if any(name in path.name.lower() for name in names)
        ]

    def damage(self, distribution: str) -> list[str]:
        """The files of `distribution` that are not as pip installed them."""
        (record,) = (path for path in self.site_packages.glob("*/RECORD") if _named(path) == distribution)
        rows = list(csv.reader(record.read_text("utf-8").splitlines()))
        return [name for name, recorded, _ in rows if recorded and recorded != self._digest(name)]

    def _digest(self, name: str) -> str | None:
        """A file's hash as RECORD writes it: PEP 376, without padding."""
        path = self.site_packages / name
        if not path.is_file():
            return None
        digest = base64.urlsafe_b64encode(hashlib.sha256(path.read_bytes()).digest())
        return f"sha256={digest.decode().rstrip('=')}"
