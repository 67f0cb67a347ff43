"""A machine whose Docker and whose state lie on small ext4 disks of their own, which can go full, bad or read-only."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.machine.home import ARCHIVE, STATE, Home
from tests.machine.supply import Supply

DOCKER = "/var/lib/docker"
DISKS = {DOCKER: ("docker.disk", "1200M", 30_000), STATE: ("state.disk", "96M", 4_000)}
"""Where each is mounted: its file, its size, its inodes."""

LOOPS = "for i in 0 1 2 3 4 5 6 7; do test -e /dev/loop$i || mknod /dev/loop$i b 7 $i; done"
CONTROL = "test -e /dev/loop-control || mknod /dev/loop-control c 10 237"
AVAILABLE = "df -B1 --output=size,avail"

NOISE = """
import hashlib, io, json, os, sys, tarfile
def add(archive, name, content):
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))
layer = io.BytesIO()
with tarfile.open(fileobj=layer, mode="w") as it:
    add(it, "noise", os.urandom(int(sys.argv[1]) << 20))
digest = "sha256:" + hashlib.sha256(layer.getvalue()).hexdigest()
config = {"architecture": "amd64", "os": "linux", "created": "2020-01-01T00:00:00Z", "config": {},
          "rootfs": {"type": "layers", "diff_ids": [digest]}}
with tarfile.open(fileobj=sys.stdout.buffer, mode="w|") as it:
    add(it, "config.json", json.dumps(config).encode())
    add(it, "layer.tar", layer.getvalue())
    add(it, "manifest.json", json.dumps([{"Config": "config.json", "RepoTags": None, "Layers": ["layer.tar"]}]).encode())
"""
"""An archive of a nameless image of some years ago."""


class SmallDisks:
    """Of one machine."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self._sh = home.machine.sh

    @classmethod
    def make(cls, home: Home, supply: Supply, room: Path) -> "SmallDisks":
        """Install everything on a bare machine whose disks these are."""
        if not shutil.which("mkfs.ext4"):
            pytest.skip("no mkfs.ext4 here: small disks go untested")
        made = cls(home)
        home.machine.sh("systemctl stop docker docker.socket")
        for at, (name, size, inodes) in DISKS.items():
            image = room / name
            subprocess.run(["truncate", "-s", size, image], check=True)
            subprocess.run(["mkfs.ext4", "-q", "-m", "0", "-N", str(inodes), image], check=True)
            packed = room / f"{name}.tgz"
            subprocess.run(["tar", "-cSzf", packed, "-C", room, name], check=True)
            home.machine.put(packed, f"/srv/{name}.tgz")
            home.machine.sh(f"{LOOPS}; {CONTROL}; tar -xSzf /srv/{name}.tgz -C /srv; mkdir -p {at}")
            made.mount(at)
        home.machine.sh("systemctl start docker")
        home.install_package()
        home.machine.put(supply.images, ARCHIVE)
        home.install_stack()
        home.wait_for("healthy")
        return made

    def mount(self, at: str) -> None:
        self._sh(f"mount -o loop /srv/{DISKS[at][0]} {at}")

    def leave(self, at: str, percent: float) -> None:
        """Fill it up to so little of its size; 0 is not one block."""
        size, free = (int(it) for it in self._sh(f"{AVAILABLE} {at} | tail -n 1").out.split())
        more = free - int(size * percent / 100) - (0 if percent else 4 << 20)
        self._sh(f"fallocate -l {more} {at}/filler.$RANDOM$RANDOM")
        if not percent:
            self._sh(f"dd if=/dev/zero of={at}/filler.rest bs=4k 2>/dev/null || true")

    def leave_inodes(self, at: str, count: int) -> None:
        """Make empty files until only so many more can be made."""
        free = int(self._sh(f"df --output=iavail {at} | tail -n 1").out)
        make = "for (( i = 0; i < $1; i++ )); do echo filler.inodes/$RANDOM.$i; done | xargs touch"
        self._sh(f"cd {at}; mkdir -p filler.inodes; set -- {free - 1 - count}; {make}")

    def free(self, at: str) -> None:
        """Take away all that filled it, so that nothing is left for the next test."""
        self._sh(f"rm -rf {at}/filler.*")

    def nameless_image(self, megabytes: int) -> str:
        """Load one; its id."""
        self.home.machine.write("/srv/noise.py", NOISE)
        told = self._sh(f"python3 /srv/noise.py {megabytes} | docker load").out
        return told.split()[-1]

    def images(self) -> set[str]:
        return set(self._sh("docker images -aq --no-trunc").out.split())

    def break_down(self, at: str) -> None:
        """As ext4 does upon an error with errors=remount-ro: read-only under everybody's hands."""
        self._sh(f"mount -o remount,abort {at}")

    def mend(self, at: str) -> None:
        """As an owner who has had it checked."""
        self._sh(f"umount --lazy {at}")
        self.mount(at)
