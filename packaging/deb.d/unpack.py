"""Unpacks the wheels of all supported Pythons into one directory.

Extension modules carry their Python's tag in the name, so only equal files may meet.

Usage: unpack.py WHEELS TARGET
"""

import re
import sys
import zipfile
from pathlib import Path

from trim import is_carried, is_trimmed
from undocumented import undocumented

# What only compilers, type checkers and the libraries' own developers read. What is left of
# dist-info is what importlib.metadata and scanners look at; licences go to debian/copyright.
UNWANTED = re.compile(
    r"\.(pyi|pyx|pxd|pxi|h|c|js|typed)$"
    r"|(^|/)tests?/|/_testcapi\."
    r"|\.dist-info/(?!METADATA$|entry_points\.txt$|sboms/)"
    r"|^example\.py$"  # of nvidia-ml-py
)
# May differ between the wheels of one version: by their tags, by what each was linked with.
VARYING = re.compile(r"\.dist-info/(METADATA$|sboms/)")


def unpack(wheel: Path, target: Path) -> None:
    """Unpack one wheel; ValueError if it would change a file of another."""
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if name.endswith("/") or UNWANTED.search(name) or is_trimmed(name):
                continue
            if ".data/" in name:
                raise ValueError(f"cannot place {name} of {wheel.name}: not a module")
            content = archive.read(name)
            if name.endswith(".py"):
                content = undocumented(content.decode()).encode()
            _write(target / name, content, wheel.name)


def _write(path: Path, content: bytes, wheel: str) -> None:
    if path.exists() and not VARYING.search(str(path)) and path.read_bytes() != content:
        raise ValueError(f"cannot unpack {wheel}: it has another {path.name} at {path}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


if __name__ == "__main__":
    for found in filter(is_carried, sorted(Path(sys.argv[1]).glob("*.whl"))):
        unpack(found, Path(sys.argv[2]))
