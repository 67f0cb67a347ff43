"""The rooms of tarsd and the one way their arrows go."""

import ast
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from tests.tree import ROOT, files

# From below: host, catalogue, operations and engine, api, the composition root. A room may use its own level and those
# below; a module that is in no room (errors, settings, ...) is below them all.
LEVELS = (
    {"host", "redaction"},
    {"catalogue"},
    {"alerts", "changes", "engine", "observe", "operations", "store"},
    {"api", "web"},
    {"configured", "heartbeat", "leftovers", "upkeep", "wiring"},
    {"app"},
    {"__main__"},
)
MODULES = {
    ".".join(path.with_suffix("").parts).removesuffix(".__init__"): path
    for path in files("tarsd/*.py")
}


def level(module: str) -> int:
    room = module.split(".")[1] if "." in module else ""
    return next((number for number, rooms in enumerate(LEVELS) if room in rooms), -1)


def is_client(module: str) -> bool:
    return module.startswith("tarsd.ctl")


def imports(path: Path, *, at_run_time: bool = False) -> Iterator[str]:
    """Full names of what a module imports, wherever in it the import stands."""
    for node in nodes(ast.parse((ROOT / path).read_text(encoding="utf-8")), at_run_time):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            full = [f"{node.module}.{name.name}" for name in node.names]
            yield from (name if name in MODULES else str(node.module) for name in full)


def nodes(tree: ast.AST, at_run_time: bool) -> Iterator[ast.AST]:
    """All nodes below one; at run time what stands under `if TYPE_CHECKING` does not."""
    for node in ast.iter_child_nodes(tree):
        if at_run_time and isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        yield node
        yield from nodes(node, at_run_time)


@pytest.mark.parametrize("module", sorted(set(MODULES) - {"tarsd"}))
def test_imports_only_from_below(module: str) -> None:
    used = {name for name in imports(MODULES[module]) if name in MODULES}
    if is_client(module):
        outside = {name for name in used if not is_client(name)}
    else:
        outside = {name for name in used if is_client(name) or level(name) > level(module)}
    assert not outside, f"{module} may not import {', '.join(sorted(outside))}"


def test_no_two_modules_import_each_other() -> None:
    graph = {
        module: set(imports(path, at_run_time=True)) & set(MODULES)
        for module, path in MODULES.items()
    }
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle


def test_client_needs_the_standard_library_only() -> None:
    client = [path for module, path in MODULES.items() if is_client(module)]
    names = {name.split(".")[0] for path in client for name in imports(path)}
    assert names - {"tarsd"} <= sys.stdlib_module_names


def test_nvml_is_loaded_in_jobs_only_and_not_before_it_is_asked() -> None:
    """It hangs where a card does, and keeps the library of a driver that an update has replaced."""
    trees = {
        name: ast.parse((ROOT / path).read_text(encoding="utf-8")) for name, path in MODULES.items()
    }
    users = {name: tree for name, tree in trees.items() if "'pynvml'" in ast.dump(tree)}
    assert users
    for name, tree in users.items():
        assert name.startswith("tarsd.host.in_job."), name
        loaded_at_once = [
            node
            for node in tree.body
            if not isinstance(node, ast.FunctionDef | ast.ClassDef) and "'pynvml'" in ast.dump(node)
        ]
        assert not loaded_at_once, name


def test_contributing_draws_the_levels() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    drawing = text.partition("`tests/unit/test_rooms.py` holds that:\n```\n")[2].partition("\n```")[
        0
    ]
    drawn = [set(line.split()) for line in drawing.splitlines()[:-1]]
    there = {module.split(".")[1] for module in MODULES if "." in module}
    assert drawn == [rooms & there for rooms in reversed(LEVELS)]
