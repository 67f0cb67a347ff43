"""The libraries that the package carries, as their wheels describe them."""

import hashlib
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from email.message import Message
from email.parser import Parser
from pathlib import Path, PurePosixPath

from trim import is_carried

LICENCE_FILE = re.compile(r"^[^/]+\.dist-info/(licenses/)?(.*/)?(LICEN[CS]E|COPYING|NOTICE)[^/]*$")
# Names that metadata uses for what SPDX calls otherwise.
SPDX = {"Apache 2": "Apache-2.0", "Apache 2.0": "Apache-2.0", "BSD": "BSD-3-Clause"}
CLASSIFIERS = {"License :: OSI Approved :: MIT License": "MIT"}
TITLES = {"The MIT License (MIT)": "MIT"}


@dataclass(frozen=True)
class Library:
    """One library: `licence` is an SPDX expression, `sources` the SHA-256 of each file as locked."""

    name: str
    version: str
    summary: str
    licence: str
    texts: tuple[str, ...]
    sources: dict[str, str]


def libraries(directory: Path) -> list[Library]:
    """The libraries whose wheels lie in `directory`, by name; ValueError if one has no licence."""
    wheels: dict[str, list[Path]] = defaultdict(list)
    for wheel in filter(is_carried, sorted(directory.glob("*.whl"))):
        wheels["-".join(wheel.name.split("-")[:2])].append(wheel)
    return [_library(found, _sdists(directory, name)) for name, found in sorted(wheels.items())]


def _sdists(directory: Path, name: str) -> list[Path]:
    """What the wheel was built from here; the lock knows that file, not the wheel."""
    return sorted(directory.glob(f"{name}.tar.gz"))


def _library(wheels: list[Path], sdists: list[Path]) -> Library:
    with zipfile.ZipFile(wheels[0]) as archive:
        metadata = _metadata(archive)
        texts = [archive.read(name).decode() for name in _licence_files(archive.namelist())]
    return Library(
        name=metadata["Name"],
        version=metadata["Version"],
        summary=metadata["Summary"] or "without a summary",
        licence=_licence(metadata, texts),
        texts=tuple(texts),
        sources={file.name: _sha256(file) for file in sdists or wheels},
    )


def _metadata(archive: zipfile.ZipFile) -> Message:
    name = next(
        name for name in archive.namelist() if PurePosixPath(name).match("*.dist-info/METADATA")
    )
    return Parser().parsestr(archive.read(name).decode())


def _licence_files(names: Iterable[str]) -> list[str]:
    return sorted(name for name in names if LICENCE_FILE.match(name))


def _licence(metadata: Message, texts: Iterable[str]) -> str:
    said = metadata.get("License-Expression") or metadata.get("License") or ""
    if said in ("", "UNKNOWN"):
        classifiers = [str(value) for value in metadata.get_all("Classifier") or []]
        said = next((CLASSIFIERS[value] for value in classifiers if value in CLASSIFIERS), "")
    if not said:  # pyrage's metadata says nothing, and its file has a title
        said = next(
            (name for text in texts for head, name in TITLES.items() if text.startswith(head)), ""
        )
    if not said:
        raise ValueError(f"cannot name the licence of {metadata['Name']}: its metadata has none")
    return SPDX.get(said, said)


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
