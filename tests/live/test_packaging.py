"""What users install, into clean environments: what is in it, what Twisted finds, what stays after it."""

import os
import pickle
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.live.environments import Environment, copy_project, interpreter, run
from tests.live.processes import Children
from tests.support import need
from twisted_suite import __version__

VERSIONS = ("3.11", "3.12", "3.13")
NEEDED_IN_CI = ("3.11", "3.13")
PLUGINS = {"echo", "files", "chat", "accesslog", "suite"}
PLUGIN_FILE = "twisted_suite_plugins.py"
PLUGIN_FILES = {PLUGIN_FILE, "twisted_suite_reactors.py", "twisted_suite_endpoints.py"}
CACHE = "dropin.cache"
COMPILED = "twisted_suite/accesslog/kernel.abi3.so"

# Loads every module and the options of every plugin: only installed packages can be imported here.
LOAD_ALL = """
import importlib, pkgutil
import twisted_suite
from twisted.application.service import IServiceMaker
from twisted.plugin import getPlugins
for module in pkgutil.walk_packages(twisted_suite.__path__, "twisted_suite."):
    importlib.import_module(module.name)
ours = [maker for maker in getPlugins(IServiceMaker) if maker.module.startswith("twisted_suite.")]
for maker in sorted(ours, key=lambda maker: maker.tapname):
    print(maker.tapname, maker.options().getSynopsis(), maker.makeService)
"""


@dataclass(frozen=True)
class Built:
    """The two files that are published, and the files of the checkout that they were built from."""

    wheel: Path
    sdist: Path
    sources: set[str]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The sdist, and the wheel built from it, out of a checkout in which Twisted has left its cache."""
    need(find_spec("build"), "the build package is not installed")
    folder = tmp_path_factory.mktemp("build")
    checkout = copy_project(folder / "checkout")
    sources = {str(path.relative_to(checkout)) for path in checkout.rglob("*") if path.is_file()}
    checkout.joinpath("twisted", "plugins", CACHE).write_bytes(pickle.dumps({}))
    run(sys.executable, "-m", "build", "--outdir", folder / "dist", checkout, folder=folder)
    (wheel,) = folder.glob("dist/*.whl")
    (sdist,) = folder.glob("dist/*.tar.gz")
    return Built(wheel, sdist, sources)


@pytest.fixture(scope="module")
def environments(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[Environment]]]:
    """An environment for each version that is there, made side by side: ``pip install .``."""

    def make(python: str, folder: Path) -> Environment:
        environment = Environment(python, folder)
        environment.have(str(copy_project(folder / "checkout")))
        return environment

    pythons = {version: interpreter(version) for version in VERSIONS}
    with ThreadPoolExecutor(max_workers=2) as pool:
        yield {
            version: pool.submit(make, python, tmp_path_factory.mktemp(f"python{version}"))
            for version, python in pythons.items()
            if python is not None
        }


@pytest.fixture(scope="module", params=VERSIONS)
def environment(request: pytest.FixtureRequest, environments: dict[str, Future[Environment]]) -> Environment:
    """The environment of one version of Python."""
    version: str = request.param
    reason = f"no Python {version} that can make virtual environments"
    if version in NEEDED_IN_CI:
        need(version in environments, reason)
    elif version not in environments:
        pytest.skip(reason)
    return environments[version].result()


@pytest.fixture(scope="module")
def some_environment(environments: dict[str, Future[Environment]]) -> Environment:
    """The environment of one version, where one will do, with ``pip install .`` done."""
    need(environments, f"none of the Pythons {', '.join(VERSIONS)} can make virtual environments")
    environment = next(iter(environments.values())).result()
    environment.have(str(environment.folder / "checkout"))
    return environment


TARGETS = ("regular", "editable", "wheel", "sdist")


@pytest.fixture(scope="module", params=TARGETS)
def installed(request: pytest.FixtureRequest, environment: Environment, built: Built) -> Environment:
    """The environment with the project installed into it, from one target."""
    checkout = environment.folder / "checkout"
    if request.param == "editable":
        checkout = copy_project(environment.folder / "editable")
    targets = {
        "regular": [str(checkout)],
        "editable": ["-e", str(checkout)],
        "wheel": [str(built.wheel)],
        "sdist": [str(built.sdist)],
    }
    environment.have(*targets[request.param])
    return environment


def test_the_wheel_holds_only_plugins_below_twisted(built: Built) -> None:
    """One more, such as an ``__init__.py``, would overwrite Twisted's own, and take it along when it goes."""
    names = {name for name in zipfile.ZipFile(built.wheel).namelist() if name.startswith("twisted/")}
    assert names == {f"twisted/plugins/{name}" for name in PLUGIN_FILES}


def test_the_wheel_holds_the_whole_package_and_no_more(built: Built) -> None:
    """Every module and data file of the package; nothing that work on it left, no tests."""
    packed = {name for name in zipfile.ZipFile(built.wheel).namelist() if ".dist-info/" not in name}
    ours = {name for name in built.sources if name.startswith(("twisted/", "twisted_suite/"))}
    assert packed == ours | {COMPILED}


def test_a_machine_without_a_compiler(built: Built, tmp_path: Path) -> None:
    """The package is built there all the same, without its compiled part, which nothing needs."""
    sources = tmp_path / "sources"
    with tarfile.open(built.sdist) as packed:
        packed.extractall(sources, filter="data")
    (checkout,) = sources.iterdir()
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", tmp_path, checkout],
        env={**os.environ, "CC": "false"},
        check=True,
        timeout=300,
    )
    (wheel,) = tmp_path.glob("*.whl")
    names = [set(zipfile.ZipFile(each).namelist()) for each in (built.wheel, wheel)]
    assert {name for name in names[0] - names[1] if ".dist-info/" not in name} == {COMPILED}


def test_the_sdist_holds_what_a_distributor_needs(built: Built) -> None:
    """Tests with their data, documents, and what builds it; no cache."""
    with tarfile.open(built.sdist) as archive:
        packed = {name.partition("/")[2] for name in archive.getnames()}
    tops = ("docs/", "tests/", "twisted/", "twisted_suite/")
    texts = {"README.md", "README.ko.md", "CHANGELOG.md", "setup.cfg", "pyproject.toml", "MANIFEST.in"}
    needed = texts | {name for name in built.sources if name.startswith(tops)}
    assert needed <= packed, f"missing: {sorted(needed - packed)}"
    assert not [name for name in packed if name.endswith((CACHE, ".pyc"))]


@pytest.mark.parametrize("program", ["twist", "twistd"])
def test_the_plugins_are_listed(installed: Environment, program: str) -> None:
    """From an unrelated folder, in every way to install."""
    assert installed.listed(program) >= PLUGINS


def test_everything_loads(installed: Environment) -> None:
    """No module and no data was left out of the package."""
    loaded = installed.run("python", "-c", LOAD_ALL).splitlines()
    assert [line.split()[0] for line in loaded] == sorted(PLUGINS)


def test_the_command_is_there(installed: Environment) -> None:
    """``twisted-suite`` runs, and knows its version."""
    assert __version__ in installed.run("twisted-suite", "--version")
    assert "Usage:" in installed.run("twisted-suite", "--help")


def test_uninstalling_leaves_twisted_as_it_was(installed: Environment) -> None:
    """Nothing of ours stays, nothing of Twisted's goes, and `twist` works on."""
    installed.uninstall()
    assert not installed.ours()
    assert not installed.damage("twisted")
    assert installed.plugins.joinpath("__init__.py").is_file()
    for program in ("twist", "twistd"):
        listed = installed.listed(program)
        assert "web" in listed
        assert not listed & PLUGINS
    assert not installed.ours()  # in the cache either, as `twist` has written it anew
    assert b"twisted_suite" not in installed.plugins.joinpath(CACHE).read_bytes()


# --- plugin caches ---------------------------------------------------------------------------------------


@pytest.fixture
def read_only(some_environment: Environment) -> Iterator[tuple[str, ...]]:
    """site-packages that may not be written to; and the words before a command that make root obey."""
    bound: tuple[str, ...] = ()
    if os.geteuid() == 0:
        need(shutil.which("setpriv"), "setpriv is not installed, and root may write to anything")
        bound = ("setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner")
    some_environment.plugins.joinpath(CACHE).unlink(missing_ok=True)
    site_packages = some_environment.site_packages
    folders = [site_packages, *(path for path in site_packages.rglob("*") if path.is_dir())]
    modes = {folder: folder.stat().st_mode for folder in folders}
    for folder, mode in modes.items():
        folder.chmod(mode & ~0o222)
    try:
        probe = [*bound, "test", "!", "-w", str(some_environment.plugins)]
        binds = not subprocess.run(probe, check=False, capture_output=True).returncode
        need(binds, "root cannot be kept from writing here: a capability cannot be dropped")
        yield bound
    finally:
        for folder, mode in modes.items():
            folder.chmod(mode)


def content(folder: Path) -> set[Path]:
    """Everything below `folder`."""
    return set(folder.rglob("*"))


async def start_and_stop(children: Children, *command: str) -> str:
    """Start an echo service, stop it when it is up; returns what it logged. It must say nothing else."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    listen = ("echo", "--listen", "tcp:0:interface=127.0.0.1")
    service = children.spawn(*command, *listen, env={**clean, "PYTHONUNBUFFERED": "1"})
    await service.port()
    service.signal("TERM")
    await service.ended()
    assert service.stderr == "", service.transcript("something on standard error")
    assert "Traceback" not in service.stdout, service.transcript("a traceback")
    assert "#critical" not in service.stdout, service.transcript("an error")
    assert "#error" not in service.stdout, service.transcript("an error")
    return service.stdout


def foreground(environment: Environment, program: str) -> tuple[str, ...]:
    """The command that runs `program` in the foreground, logging text to standard output."""
    options = {"twist": ("--log-format", "text"), "twistd": ("-n", "--pidfile=")}
    return environment.program(program), *options[program]


@pytest.mark.parametrize("program", ["twist", "twistd"])
async def test_a_read_only_installation_starts(
    children: Children, some_environment: Environment, read_only: tuple[str, ...], program: str
) -> None:
    """Where Twisted cannot write its plugin cache, a service starts and stops as ever, and writes nothing."""
    before = content(some_environment.site_packages)
    await start_and_stop(children, *read_only, *foreground(some_environment, program))
    assert content(some_environment.site_packages) == before


@pytest.mark.parametrize("program", ["twist", "twistd"])
async def test_a_read_only_installation_does_not_litter_the_log(
    children: Children, some_environment: Environment, read_only: tuple[str, ...], program: str
) -> None:
    """That Twisted could not write its cache is nothing that a user could care about at every start."""
    log = await start_and_stop(children, *read_only, *foreground(some_environment, program))
    assert "plugin cache" not in log, log


def test_a_read_only_installation_says_nothing_on_help(
    some_environment: Environment, read_only: tuple[str, ...]
) -> None:
    """A short command stays clean as well."""
    help_text = run(
        *read_only, some_environment.program("twist"), "--help", folder=some_environment.elsewhere
    )
    assert "plugin cache" not in help_text


def older_cache(environment: Environment) -> None:
    """Leave the cache that an older version, without the suite, would have left."""
    plugin_file = environment.plugins / PLUGIN_FILE
    text, times = plugin_file.read_text("utf-8"), plugin_file.stat()
    older, _, _ = text.partition("\nsuite = ")
    assert older != text
    plugin_file.write_text(older, "utf-8")
    assert environment.listed("twist") & PLUGINS == PLUGINS - {"suite"}
    plugin_file.write_text(text, "utf-8")
    # As image builders do, and pip does not: the file is older than the cache.
    os.utime(plugin_file, ns=(times.st_atime_ns, times.st_mtime_ns - 10**12))


@pytest.fixture
def stale(some_environment: Environment) -> Iterator[Environment]:
    """An environment whose cache is stale, and newer than what it caches."""
    older_cache(some_environment)
    yield some_environment
    some_environment.plugins.joinpath(CACHE).unlink(missing_ok=True)


async def test_a_stale_cache_does_not_break_or_litter_a_start(children: Children, stale: Environment) -> None:
    """What it knows starts, without a word."""
    log = await start_and_stop(children, *foreground(stale, "twist"))
    assert "plugin cache" not in log


def test_a_stale_cache_is_cured_by_removing_it(stale: Environment) -> None:
    """Twisted does not see a new plugin in a file older than its cache; without the cache, it does."""
    assert "suite" not in stale.listed("twist")
    stale.plugins.joinpath(CACHE).unlink()
    assert stale.listed("twist") >= PLUGINS


def test_installing_again_cures_a_stale_cache(stale: Environment) -> None:
    """pip gives the file the time of its installation: an upgrade needs no remedy."""
    stale.run(
        "python", "-m", "pip", "install", "--force-reinstall", "--no-deps", str(stale.folder / "checkout")
    )
    assert stale.listed("twist") >= PLUGINS


@pytest.mark.parametrize("garbage", [b"", b"not a pickle"], ids=["empty", "garbage"])
async def test_a_broken_cache_does_not_break_or_litter_a_start(
    children: Children, some_environment: Environment, garbage: bytes
) -> None:
    """Such as a full disk leaves: it is written anew."""
    some_environment.plugins.joinpath(CACHE).write_bytes(garbage)
    log = await start_and_stop(children, *foreground(some_environment, "twist"))
    assert "plugin cache" not in log
    assert some_environment.listed("twist") >= PLUGINS
