"""Which versions of NVIDIA's driver are installed: they are what the next boot, and the next container, will load."""

import os
import re
import struct
from pathlib import Path

LIBRARY = "libnvidia-ml.so.1"

LIBRARIES = (
    "usr/lib/x86_64-linux-gnu",
    "usr/lib/aarch64-linux-gnu",
    "usr/lib/x86_64-linux-gnu/nvidia/current",
    "usr/lib64",
    "usr/lib",
)
"""Debian, Ubuntu, and NVIDIA's own installer."""

_VERSION = r"\d+(?:\.\d+)+"
_MODULE = re.compile(
    r"^(\S*/nvidia(?:-(?!drm|modeset|uvm|peermem|fs)[a-z0-9-]+?)?\.ko(?:\.\w+)?):", re.MULTILINE
)
"""In modules.dep. Debian's is called nvidia-current.ko."""

_PARTS = ("-drm", "-modeset", "-uvm", "-peermem", "-fs")


def installed(root: Path = Path("/"), kernel: str | None = None) -> dict[str, str | None]:
    """`module`: for the kernel that runs; `library`: NVML's. None where there is none or it cannot be told."""
    kernel = kernel or os.uname().release
    return {
        "kernel": kernel,
        "module": _by_dkms(root, kernel) or _by_file(root, kernel),
        "present": "yes" if _module(root, kernel) else None,
        "library": _library(root),
    }


def _by_dkms(root: Path, kernel: str) -> str | None:
    """DKMS keeps a link from each kernel to the version that it built and installed for it."""
    for link in sorted((root / "var/lib/dkms").glob(f"nvidia*/kernel-{kernel}-*")):
        found = re.match(_VERSION, str(link.readlink())) if link.is_symlink() else None
        if found:
            return found[0]
    return None


def _module(root: Path, kernel: str) -> Path | None:
    place = root / "lib/modules" / kernel
    try:
        listed = (place / "modules.dep").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    names = [it[1] for it in _MODULE.finditer(listed)]
    names = [it for it in names if not any(f"{part}." in it for part in _PARTS)]
    return place / names[0] if names else None


def _by_file(root: Path, kernel: str) -> str | None:
    """As modinfo reads it, from one that is not compressed; what distributions compress comes by DKMS mostly."""
    path = _module(root, kernel)
    if path is None or path.suffix != ".ko":
        return None
    try:
        return _modinfo_version(path)
    except (OSError, struct.error, IndexError):
        return None


def _modinfo_version(path: Path) -> str | None:
    """The section `.modinfo` of a 64-bit ELF file: `key=value` entries with a zero byte between them."""
    with path.open("rb") as file:
        head = file.read(64)
        if head[:5] != b"\x7fELF\x02":
            return None
        (table,) = struct.unpack_from("<Q", head, 40)
        size, count, names_at = struct.unpack_from("<HHH", head, 58)
        file.seek(table)
        rows = file.read(size * count)
        sections = [struct.unpack_from("<IIQQQQ", rows, number * size) for number in range(count)]
        file.seek(sections[names_at][4])
        names = file.read(sections[names_at][5])
        for name_at, _, _, _, offset, length in sections:
            if names[name_at:].startswith(b".modinfo\0"):
                file.seek(offset)
                found = re.search(rb"(?:^|\0)version=([\d.]+)\0", file.read(length))
                return found[1].decode() if found else None
    return None


def _library(root: Path) -> str | None:
    for directory in LIBRARIES:
        target = os.path.realpath(root / directory / LIBRARY)
        if found := re.search(rf"\.so\.({_VERSION})$", target):
            return found[1]
    return None
