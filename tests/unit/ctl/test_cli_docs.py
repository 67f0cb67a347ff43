"""The manual pages and the bash completion that packaging/cli-docs makes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tarsd.ctl.commands import NAMES
from tests.tree import ROOT


def made(folder: Path) -> dict[str, str]:
    """Every file that was made, by its name, with its text."""
    subprocess.run(
        [sys.executable, ROOT / "packaging/cli-docs", folder],
        env={**os.environ, "SOURCE_DATE_EPOCH": "1795318324"},
        check=True,
    )
    return {path.name: path.read_text() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return made(tmp_path_factory.mktemp("docs"))


def test_a_page_for_every_command(files: dict[str, str]) -> None:
    pages = {f"tarsctl-{name.replace(' ', '-')}.1" for name in NAMES}
    assert set(files) == {"tarsctl", "tarsctl.1", *pages}
    for page in pages:
        assert ".SH EXAMPLES" in files[page]
        assert r"\-\-json" in files[page]


def test_the_same_twice(files: dict[str, str], tmp_path: Path) -> None:
    assert made(tmp_path) == files


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("incidents re", "resolve release"),
        ("incidents --op", "--open"),
        ("sta", "status start"),
        ("config ch", "check"),
        ("install --im", "--image-archive"),
    ],
)
def test_completion(files: dict[str, str], line: str, words: str) -> None:
    given = f"tarsctl {line}".split()
    script = f"""{files["tarsctl"]}
        COMP_WORDS=({" ".join(given)}) COMP_CWORD={len(given) - 1}
        _shtab_tarsctl; echo "${{COMPREPLY[@]}}" """
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == words.split()


def test_needs_to_know_where() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "packaging/cli-docs"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("usage: cli-docs OUTDIR")
