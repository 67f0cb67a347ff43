"""Disks of one's own that go full, read-only, bad or silent. Only root can mount them, else the test is skipped."""

import os
import shutil
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass
class SmallDisk:
    """A disk in memory of `size`."""

    at: Path
    size: str

    def __enter__(self) -> Path:
        if os.geteuid() != 0:
            pytest.skip("only root can mount a small disk: a full and a read-only disk go untested")
        self.at.mkdir()
        options = f"size={self.size}"
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", self.at], check=True)
        return self.at

    def __exit__(self, *_: object) -> None:
        subprocess.run(["umount", "--lazy", self.at], check=True)

    def remount(self, option: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{option}", self.at], check=True)

    def fill(self) -> Path:
        """Leave not one block free; returns what to remove."""
        filler = self.at / "filler"
        with filler.open("wb", 0) as stream, suppress(OSError):
            while True:
                stream.write(b"x" * 4096)
        return filler


@dataclass
class RealDisk:
    """An ext4 of 16 MB in a file, which can fail and stall as a disk does: whoever writes then waits in the kernel."""

    at: Path
    frozen: bool = False

    def __enter__(self) -> Path:
        if os.geteuid() != 0 or not shutil.which("mkfs.ext4"):
            pytest.skip("only root can mount a disk: one that fails or stalls goes untested")
        image = self._image
        with image.open("wb") as stream:
            stream.truncate(16 << 20)
        subprocess.run(["mkfs.ext4", "-q", image], check=True)
        self.at.mkdir()
        self.mount()
        return self.at

    def __exit__(self, *_: object) -> None:
        self.thaw()
        with suppress(subprocess.CalledProcessError):  # a test may have taken it away
            self.unmount()

    def mount(self) -> None:
        """May be skipped where there are no loop devices (a container)."""
        made = subprocess.run(
            ["mount", "-o", "loop", self._image, self.at], check=False, capture_output=True
        )
        if made.returncode != 0:
            pytest.skip(f"no disk can be mounted here: {made.stderr.decode().strip()}")

    def unmount(self) -> None:
        subprocess.run(["umount", self.at], check=True)

    def fail(self) -> None:
        """As an ext4 does that finds an error with errors=remount-ro: read-only under everybody's hands."""
        subprocess.run(["mount", "-o", "remount,abort", self.at], check=True)

    def freeze(self) -> None:
        """From now on every write waits, and cannot be killed while it does."""
        subprocess.run(["fsfreeze", "--freeze", self.at], check=True)
        self.frozen = True

    def thaw(self) -> None:
        """Let everything go on that waits."""
        if self.frozen:
            subprocess.run(["fsfreeze", "--unfreeze", self.at], check=True)
            self.frozen = False
            time.sleep(0.1)

    @property
    def _image(self) -> Path:
        return self.at.with_suffix(".img")
