"""Prometheus, Alertmanager and their tools, from Debian's packages: unpacked aside, so that nothing of them is started."""

import os
import platform
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

PACKAGES = ("prometheus", "prometheus-alertmanager")
CACHE = Path(os.environ.get("TARS_CACHE", "/var/cache/tars-home-dev"))
DOWNLOAD = 180
"""Seconds for 30 MB."""


def tool(name: str) -> str:
    """The path of one of their programs."""
    here = shutil.which(name)
    return here if here is not None else str(_unpacked() / "usr/bin" / name)


def alertmanager() -> Sequence[str]:
    """How it is started: its templates must lie where its package has them, so it sees a /usr/share with nothing else."""
    place = "/usr/share/prometheus"
    if Path(place, "alertmanager").is_dir():
        return [tool("prometheus-alertmanager")]
    share = f"mount -t tmpfs tmpfs /usr/share && cp -r {_unpacked()}{place} /usr/share"
    return [
        "unshare",
        "-m",
        "sh",
        "-c",
        f'{share} && exec "$0" "$@"',
        tool("prometheus-alertmanager"),
    ]


def run(name: str, *words: object, given: str | None = None, within: float = 60) -> str:
    """What it says; it must be content."""
    done = subprocess.run(
        [tool(name), *map(str, words)],
        input=given,
        capture_output=True,
        text=True,
        timeout=within,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return said


def _unpacked() -> Path:
    place = CACHE / f"prometheus-{platform.freedesktop_os_release().get('VERSION_CODENAME', '')}"
    if not place.is_dir():
        CACHE.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=CACHE) as work:
            _unpack(Path(work))
            (Path(work) / "root").rename(place)
    return place


def _unpack(work: Path) -> None:
    try:
        _apt(("download", *PACKAGES), work)
    except subprocess.CalledProcessError:  # lists that are none, or too old
        _apt(("update",), work)
        _apt(("download", *PACKAGES), work)
    for package in work.glob("*.deb"):
        subprocess.run(["dpkg-deb", "-x", package, work / "root"], check=True, timeout=60)


def _apt(words: Sequence[str], work: Path) -> None:
    subprocess.run(
        ["apt-get", "-q", "-o", "APT::Sandbox::User=root", *words],
        cwd=work,
        check=True,
        capture_output=True,
        timeout=DOWNLOAD,
    )
