"""The import rule, the sizes, and the mirror of tests: what `docs/architecture.md` promises of the code."""

import ast
import re
from collections.abc import Iterator
from configparser import ConfigParser
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from tests.support import ROOT

PACKAGE = ROOT / "twisted_suite"
FEATURES = {"echo", "files", "chat", "accesslog", "check", "doctor"}
FORBIDDEN_IN_CORES = {
    "asyncio", "click", "multiprocessing", "os", "random", "rich", "secrets", "selectors", "signal", "socket",
    "sqlite3", "ssl", "subprocess", "threading", "time", "twisted",
}  # fmt: skip
MAY_IMPORT_REACTOR = {"tap", "__main__"}
MAX_FILE_LINES, MAX_FUNCTION_LINES = 300, 40


@cache
def modules() -> dict[str, tuple[Path, ast.Module]]:
    """The modules of the package by name, read once."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        found[name] = path, ast.parse(path.read_text(encoding="utf-8"))
    return found


def imports(tree: ast.AST) -> Iterator[str]:
    """Every module that `tree` imports, wherever the statement stands; ``from a import b`` also as a.b."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def layer(name: str) -> str:
    """What the docstring of module `name` says that it is: a Core decides, an Adapter does I/O."""
    said = set(re.findall(r"\b(?:Core|Adapter)\b", ast.get_docstring(modules()[name][1]) or ""))
    return said.pop() if len(said) == 1 else ""


def is_core(name: str) -> bool:
    return modules()[name][0].name == "__init__.py" or layer(name) == "Core"


def feature(name: str) -> str:
    """The folder of `name`, such as ``echo``; empty for the package's own modules."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in FEATURES | {"runtime"} else ""


class ArchitectureTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.modules = modules()
        self.imports = {name: set(imports(tree)) for name, (_, tree) in self.modules.items()}
        self.own_imports = {name: found & set(self.modules) - {name} for name, found in self.imports.items()}

    def test_the_rule_sees_the_code(self) -> None:
        """The tests below look at all features, and at imports that exist."""
        self.assertEqual({feature(name) for name in self.modules}, FEATURES | {"runtime", ""})
        self.assertIn("twisted_suite.runtime.connections", self.own_imports["twisted_suite.echo.tap"])
        self.assertTrue(is_core("twisted_suite.chat.hub"))
        self.assertFalse(is_core("twisted_suite.chat.server"))

    def test_features_do_not_know_each_other(self) -> None:
        """Features never import each other, and runtime imports no feature."""
        for name, found in self.own_imports.items():
            if feature(name):
                allowed = {"", "runtime", feature(name)}
                self.assertEqual([other for other in found if feature(other) not in allowed], [], name)

    def test_cores_do_no_io(self) -> None:
        """Cores import only cores and pure parts of the standard library."""
        for name, found in self.imports.items():
            if is_core(name):
                roots = {module.partition(".")[0] for module in found}
                self.assertEqual(roots & FORBIDDEN_IN_CORES, set(), name)
                self.assertEqual([other for other in self.own_imports[name] if not is_core(other)], [], name)

    def test_the_reactor_is_imported_late_and_by_few(self) -> None:
        """Only tap and __main__ import the reactor, and inside a function."""
        for name, (_, tree) in self.modules.items():
            if "twisted.internet.reactor" in self.imports[name]:
                self.assertIn(name.rpartition(".")[2], MAY_IMPORT_REACTOR, name)
            self.assertNotIn("twisted.internet.reactor", set(imports(ast.Module(_top_level(tree), []))), name)

    def test_no_cycles(self) -> None:
        """The import graph has an order."""
        tuple(TopologicalSorter(self.own_imports).static_order())

    def test_sizes(self) -> None:
        """A file and a function fit into one head."""
        for name, (path, tree) in self.modules.items():
            self.assertLessEqual(len(path.read_text().splitlines()), MAX_FILE_LINES, name)
            for node in ast.walk(tree):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    lines = (node.end_lineno or 0) - node.lineno + 1
                    self.assertLessEqual(lines, MAX_FUNCTION_LINES, f"{name}.{node.name}")

    def test_every_module_says_what_it_is(self) -> None:
        """Every module opens with a docstring that names its layer: Core or Adapter."""
        for name, (path, tree) in self.modules.items():
            if path.name != "__init__.py":
                self.assertIn(layer(name), ("Core", "Adapter"), name)
            elif tree.body:
                self.assertTrue(ast.get_docstring(tree), name)

    def test_tests_mirror_modules(self) -> None:
        """Every module with code has a test module at the same path below tests."""
        for name, (path, _) in self.modules.items():
            if path.name != "__init__.py":
                relative = path.relative_to(PACKAGE)
                mirror = ROOT / "tests" / relative.with_name(f"test_{relative.stem.strip('_')}.py")
                self.assertTrue(mirror.exists(), f"{name} has no {mirror.relative_to(ROOT)}")

    def test_setup_names_every_package(self) -> None:
        """setup.cfg lists the packages by name, so a new folder has to be added there."""
        config = ConfigParser()
        config.read(ROOT / "setup.cfg")
        listed = set(config["options"]["packages"].split())
        found = {name for name, (path, _) in self.modules.items() if path.name == "__init__.py"}
        self.assertEqual(listed, found | {"twisted.plugins"})

    def test_nothing_below_twisted_but_the_plugins(self) -> None:
        """An __init__.py there would overwrite Twisted's own."""
        found = {path.relative_to(ROOT).as_posix() for path in (ROOT / "twisted").rglob("*.py")}
        self.assertEqual(
            found,
            {f"twisted/plugins/twisted_suite_{name}.py" for name in ("plugins", "reactors", "endpoints")},
        )


def _top_level(tree: ast.Module) -> list[ast.stmt]:
    """The statements that run at import: what stands in no function."""
    return [node for node in tree.body if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
