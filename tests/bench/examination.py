"""The figures of `tarsctl doctor`."""

from collections.abc import Mapping
from typing import Any

from tests.bench.figures import Figure


def doctor(measured: Mapping[str, Any]) -> list[Figure]:
    """On a warm daemon with the stack up."""
    fast, deep = measured["fast"], measured["deep"]
    return [
        Figure("doctor: findings", fast["findings"], ""),
        Figure("doctor: wall", fast["wall"], "s", 2),
        Figure("doctor: CPU of the daemon and its jobs", fast["cpu"], "s", 0.7),
        Figure("doctor: CPU of the daemon alone", fast["daemon_cpu"], "s"),
        Figure("doctor --deep: wall (longest)", deep["longest"], "s", 15),
    ]
