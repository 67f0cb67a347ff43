"""Runs of the bundle."""

from pathlib import Path

import pytest

from tests.unit.bundle.making import Making


@pytest.fixture
def making(tmp_path: Path) -> Making:
    return Making(tmp_path)
