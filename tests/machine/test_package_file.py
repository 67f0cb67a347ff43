"""The package as a file: what is in it, how big it is, and what lintian says of it."""

import json
import os
import re
import subprocess
import tarfile
from io import BytesIO
from pathlib import Path

import pytest

from tests.machine.supply import Supply

MEGABYTE = 1_000_000
LARGEST = 12 * MEGABYTE
PYTHONS = {"310", "311", "312", "313"}
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")
EXTENSION = re.compile(r"(.+)\.cpython-(\d+)-x86_64-linux-gnu\.so$")


@pytest.fixture(scope="module")
def contents(supply: Supply) -> dict[str, tarfile.TarInfo]:
    """What the package would put on a machine, by path."""
    packed = run("dpkg-deb", "--fsys-tarfile", supply.package)
    with tarfile.open(fileobj=BytesIO(packed)) as archive:
        return {member.name.removeprefix("."): member for member in archive}


def run(*command: str | Path) -> bytes:
    return subprocess.run(command, capture_output=True, check=True, timeout=120).stdout


def test_is_small(supply: Supply) -> None:
    assert supply.package.stat().st_size <= LARGEST


def test_lintian_finds_no_error_and_no_warning(supply: Supply) -> None:
    command = ["lintian", "--allow-root", "--fail-on", "error,warning", supply.package]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout


def test_holds_no_compiled_python(contents: dict[str, tarfile.TarInfo]) -> None:
    assert not [path for path in contents if path.endswith(".pyc")]


def test_extensions_fit_every_supported_python(contents: dict[str, tarfile.TarInfo]) -> None:
    found: dict[str, set[str]] = {}
    for path in contents:
        if match := EXTENSION.match(path):
            found.setdefault(match[1], set()).add(match[2])
    assert found
    assert {name: pythons for name, pythons in found.items() if pythons != PYTHONS} == {}


def test_nothing_but_root_may_write(contents: dict[str, tarfile.TarInfo]) -> None:
    loose = [
        path for path, member in contents.items() if member.mode & 0o022 and not member.issym()
    ]
    assert not loose
    assert {(member.uid, member.gid) for member in contents.values()} == {(0, 0)}


def test_links_between_its_documents_lead_somewhere(supply: Supply, tmp_path: Path) -> None:
    run("dpkg-deb", "--extract", supply.package, tmp_path)
    shared = tmp_path / "usr" / "share" / "doc" / "tars-home"
    found = [
        (page.relative_to(shared), link)
        for page in shared.rglob("*.md")
        for link in LINK.findall(page.read_text())
    ]
    assert len(found) > 20
    assert not [
        (page, link) for page, link in found if not os.path.lexists(shared / page.parent / link)
    ]


def test_names_its_parts_in_an_sbom(supply: Supply, tmp_path: Path) -> None:
    run("dpkg-deb", "--extract", supply.package, tmp_path)
    shared = tmp_path / "usr" / "share" / "doc" / "tars-home"
    sbom = json.loads((shared / "sbom.cdx.json").read_text())
    assert sbom["bomFormat"] == "CycloneDX"
    parts = {part["name"].lower().replace("_", "-") for part in sbom["components"]}
    vendor = tmp_path / "usr" / "lib" / "tars-home" / "vendor"
    carried = {
        path.name.split("-")[0].lower().replace("_", "-") for path in vendor.glob("*.dist-info")
    }
    assert carried
    assert carried <= parts
