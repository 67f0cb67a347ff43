"""Runs the daemon on directories of its own: launch.py ROOT PROJECT ENGINE_SOCKET PLUGIN_DIRECTORY..."""

import asyncio
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from tarsd.app import App
from tarsd.changes.model import TaskKind
from tarsd.paths import Paths
from tarsd.wiring import tasks
from tests.integration.held import Held
from tests.integration.jobs import SubprocessJobs
from tests.tree import ROOT


def paths(root: Path) -> Paths:
    """The four roots of a machine in one directory, with the tree's own templates."""
    return Paths(root / "etc", ROOT / "etc" / "stack", root / "state", root / "run")


def holding(make: Callable[..., Iterable[TaskKind]], root: Path) -> Callable[..., list[TaskKind]]:
    """The same tasks, each of which a test may hold."""
    return lambda *parts: [Held(kind, root) for kind in make(*parts)]


if __name__ == "__main__":
    directory, name, socket, *plugins = sys.argv[1:]
    tasks.stack_tasks = holding(tasks.stack_tasks, Path(directory))
    tasks.model_tasks = holding(tasks.model_tasks, Path(directory))
    app = App(
        paths(Path(directory)),
        project=name,
        engine_socket=socket,
        jobs=SubprocessJobs(),
        plugins=[Path(plugin) for plugin in plugins],
    )
    asyncio.run(app.run())
