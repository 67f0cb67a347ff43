"""The linters as tests, so that one summary at the end of a run covers them too."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.tree import ROOT, scripts

TOOLS = Path(sys.executable).parent


def check(*command: str | Path) -> None:
    """Fail with the linter's own words if it complains."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.fail(f"{done.stdout}{done.stderr}", pytrace=False)


def test_ruff_finds_nothing() -> None:
    check(TOOLS / "ruff", "check", "--quiet", ".")


def test_ruff_would_format_nothing() -> None:
    check(TOOLS / "ruff", "format", "--check", "--quiet", ".")


@pytest.mark.timeout(170)
def test_pyright_accepts_every_type() -> None:
    check(
        TOOLS / "pyright", "--project", "pyproject.toml", "--warnings"
    )  # not one of a directory above


def test_shellcheck_accepts_every_script() -> None:
    check("shellcheck", "--external-sources", "--", *scripts())
