"""What machines are given: the apt repositories and the stack's images, built as a release is."""

import fcntl
import os
import secrets
import shutil
import subprocess
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from tests.tree import ROOT

BUILD_DEADLINE = 900  # seconds; the first build of the images downloads Debian packages
DIST = ROOT / "dist"

RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID", secrets.token_hex(8))
"""Names this run of the tests, in each of its workers."""


class Supply:
    """Each thing is built when it is first asked for, at most once in a run."""

    @cached_property
    def repository(self) -> Path:
        """An apt repository of the package as the tree is now."""
        _once("apt", lambda: _run("packaging/repo"))
        return DIST / "apt"

    @cached_property
    def package(self) -> Path:
        """The newest package in the repository."""
        return max(self.repository.glob("pool/*.deb"), key=lambda path: path.stat().st_mtime)

    @cached_property
    def newer_repository(self) -> Path:
        """The same, with the same tree as a package of a higher version beside it."""
        package = self.package

        def build() -> None:
            version = (ROOT / "VERSION").read_text().strip() + "+1"
            packages = DIST / "newer"
            shutil.rmtree(packages, ignore_errors=True)
            _run("packaging/deb", "--version", version, "--output", str(packages))
            shutil.copy(package, packages)
            _run("packaging/repo", "--packages", str(packages), "--output", str(DIST / "apt-newer"))

        _once("apt-newer", build)
        return DIST / "apt-newer"

    @cached_property
    def images(self) -> Path:
        """The archive of the stack's images."""
        _once("images", lambda: _run("packaging/images"))
        return DIST / "stack-images.tar"


def _once(name: str, build: Callable[[], None]) -> None:
    """Build it, unless another worker of this run has: its readers must not see it made anew."""
    DIST.mkdir(exist_ok=True)
    with (DIST / f".{name}.run").open("a+") as stamp:
        fcntl.flock(stamp, fcntl.LOCK_EX)
        stamp.seek(0)
        if stamp.read() != RUN:
            build()
            stamp.truncate(0)
            stamp.write(RUN)


def _run(*command: str) -> None:
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=BUILD_DEADLINE
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
