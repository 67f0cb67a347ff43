"""The figures of the LAN's listener."""

from collections.abc import Mapping
from typing import Any

from tests.bench.figures import Figure
from tests.bench.footprint import MEGABYTE

BARS = {"/ops/health-snapshot": 10, "/ops/summary": 15, "/metrics": 15}
"""Milliseconds."""


def lan(measured: Mapping[str, Any]) -> list[Figure]:
    """With TLS, on kept connections, with a token."""
    found: list[Figure] = []
    for path, bar in BARS.items():
        taken = measured[path]
        what = f"{path}, {taken['rate']:.0f} a second"
        found += [
            Figure(f"{what}: p99", 1000 * taken["p99"], "ms", bar),
            Figure(f"{what}: of a core", 100 * taken["core"], "%"),
        ]
    beside = measured["node_exporter"]
    what = f"beside it, node_exporter's /metrics without TLS, {beside['rate']:.0f} a second"
    found += [
        Figure("/metrics: median", 1000 * measured["/metrics"]["median"], "ms"),
        Figure(f"{what}: median", 1000 * beside["median"], "ms"),
        Figure(f"{what}: p99", 1000 * beside["p99"], "ms"),
        Figure(f"{what}: of a core", 100 * beside["core"], "%"),
    ]
    most, streams = measured["most"], measured["streams"]
    rss = sum(it["rss"] for it in measured["processes"]) / MEGABYTE
    return [
        *found,
        Figure("/ops/health-snapshot: most a second", most["rate"], ""),
        Figure("a minute after all that: RSS", rss, "MB"),
        Figure(f"{streams['streams']} event streams: of a core", streams["cpu_percent"], "%", 1),
        Figure("SIGTERM to exit, all of them open", streams["stop"], "s", 2),
    ]
