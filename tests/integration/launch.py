"""Runs the daemon on directories of its own: launch.py ROOT PROJECT ENGINE_SOCKET PLUGIN_DIRECTORY..."""

import asyncio
import sys
from pathlib import Path

from tarsd.app import App
from tarsd.paths import Paths
from tests.integration.jobs import SubprocessJobs
from tests.tree import ROOT


def paths(root: Path) -> Paths:
    """The four roots of a machine in one directory, with the tree's own templates."""
    return Paths(root / "etc", ROOT / "etc" / "stack", root / "state", root / "run")


if __name__ == "__main__":
    directory, name, socket, *plugins = sys.argv[1:]
    app = App(
        paths(Path(directory)),
        project=name,
        engine_socket=socket,
        jobs=SubprocessJobs(),
        plugins=[Path(plugin) for plugin in plugins],
    )
    asyncio.run(app.run())
