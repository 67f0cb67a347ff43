"""The figures of the idle daemon, of asking it, and of an install."""

from collections.abc import Mapping
from typing import Any

from tests.bench.figures import Figure

MEGABYTE = 1_000_000


def idle(measured: Mapping[str, Any]) -> list[Figure]:
    """What it takes while nobody wants anything, and `tarsctl status` beside `docker compose ps`."""
    found = [
        Figure(
            f"{process['name']} ({process['unit']}): {key.upper()}", process[key] / MEGABYTE, "MB"
        )
        for process in measured["processes"]
        for key in ("rss", "pss")
    ]
    rss = sum(process["rss"] for process in measured["processes"]) / MEGABYTE
    ours, theirs = measured["tarsctl status"], measured["docker compose ps"]
    return [
        *found,
        Figure("idle daemon and its jobs: RSS", rss, "MB", 50),
        Figure("idle daemon: CPU, share of a core", measured["idle_cpu_percent"], "%", 0.2),
        Figure("idle daemon: jobs begun", measured["idle_jobs"], "", 0),
        Figure("tarsctl status: CPU", 1000 * ours["cpu"], "ms", 50),
        Figure("tarsctl status: wall", 1000 * ours["wall"], "ms"),
        Figure("docker compose ps: CPU", 1000 * theirs["cpu"], "ms"),
        Figure("docker compose ps: wall", 1000 * theirs["wall"], "ms"),
        Figure("tarsctl status / docker compose ps: CPU", ours["cpu"] / theirs["cpu"], "", 0.5),
        Figure("tarsctl status / docker compose ps: wall", ours["wall"] / theirs["wall"], "", 0.5),
        Figure("start to READY (longest of 5)", measured["ready"], "s", 3),
        Figure("SIGTERM to exit, a stream open (longest of 5)", measured["stop"], "s", 2),
    ]


def install(measured: Mapping[str, Any]) -> list[Figure]:
    """Ours beside plain Docker's, on the same machine from the same state."""
    ours, theirs = measured["ours"], measured["theirs"]
    return [
        Figure("install from an archive: tarsctl to GO", ours, "s"),
        Figure("docker load + compose up + the services' own start", theirs, "s"),
        Figure("install from an archive: our overhead", ours - theirs, "s", 5),
    ]
