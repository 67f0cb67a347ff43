"""What machines are given: the apt repository and the stack's images, built as a release is."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.tree import ROOT

BUILD_DEADLINE = 900  # seconds; the first build of the images downloads Debian packages


@dataclass(frozen=True)
class Supply:
    """Where the built things are on this host."""

    package: Path
    repository: Path
    images: Path


def build() -> Supply:
    """Build what is not up to date; the scripts know that themselves."""
    _run("packaging/repo")
    _run("packaging/images")
    dist = ROOT / "dist"
    package = max(dist.glob("tars-home_*_amd64.deb"), key=lambda path: path.stat().st_mtime)
    return Supply(package, dist / "apt", dist / "stack-images.tar")


def _run(*command: str) -> None:
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=BUILD_DEADLINE
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
