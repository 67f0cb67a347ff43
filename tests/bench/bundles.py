"""The figures of a whole support bundle."""

from collections.abc import Mapping
from typing import Any

from tests.bench.figures import Figure

MEGABYTE = 1_000_000


def bundle(measured: Mapping[str, Any]) -> list[Figure]:
    """From the command to the finished file, of a machine with the stack up."""
    return [
        Figure("support bundle of the whole machine: wall (longest)", measured["wall"], "s", 10),
        Figure("the same: memory of its job (PSS)", measured["memory"] / MEGABYTE, "MB", 250),
        Figure("the same: size of the file", measured["size"] / MEGABYTE, "MB"),
    ]
