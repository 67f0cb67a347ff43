"""The figures of what tarsd does about faults."""

from collections.abc import Mapping
from typing import Any

from tests.bench.figures import Figure

PER_HOUR = 6
HUNG_ACT = 2 * 10 + 1
"""Seconds: two periods of the probe and one."""


def engine(measured: Mapping[str, Any]) -> list[Figure]:
    return [Figure("Engine restart to events and a full look (worst)", measured["worst"], "s", 3)]


def crashes(measured: Mapping[str, Any]) -> list[Figure]:
    what = f"Engine event to incident on disk, {measured['count']} kill -9"
    return [
        Figure(f"{what}: median", 1000 * measured["median"], "ms", 15),
        Figure(f"{what}: p99", 1000 * measured["p99"], "ms", 50),
        Figure(f"{what}: worst", 1000 * measured["worst"], "ms"),
        Figure(f"{what}: without an incident", measured["missed"], "", 0),
    ]


def hangs(measured: Mapping[str, Any]) -> list[Figure]:
    ours, theirs = measured["ours"], measured["theirs"]
    return [
        Figure("hung service to act (worst)", measured["act"]["worst"], "s", HUNG_ACT),
        Figure("hung service to serving again, tarsd: median", ours["median"], "s"),
        Figure("hung service to serving again, tarsd: worst", ours["worst"], "s"),
        Figure(
            "the same, a restarter of what Docker calls unhealthy: median", theirs["median"], "s"
        ),
        Figure("the same, a restarter of what Docker calls unhealthy: worst", theirs["worst"], "s"),
        Figure("restarter / tarsd: median", theirs["median"] / ours["median"], "times"),
        Figure("restarter / tarsd: worst", theirs["worst"] / ours["worst"], "times"),
    ]


def storm(measured: Mapping[str, Any]) -> list[Figure]:
    what = f"storm of {measured['blows']} blows"
    return [
        Figure(
            f"{what}: GET /v1/status, p99 of {measured['asked']}", 1000 * measured["p99"], "ms", 50
        ),
        Figure(f"{what}: GET /v1/status, worst", 1000 * measured["worst"], "ms"),
        Figure(f"{what}: acts that count", measured["counted_acts"], "", PER_HOUR),
        Figure(f"{what}: acts", measured["acts"], ""),
        Figure(f"{what}: incidents", measured["incidents"], ""),
        Figure(
            f"{what}: incidents beyond one for each fault and subject", measured["doubled"], "", 0
        ),
    ]


def deaths(measured: Mapping[str, Any]) -> list[Figure]:
    what = f"{measured['deaths']} kill -9 of tarsd in a storm of {measured['blows']} blows"
    return [
        Figure(f"{what}: lost, doubled or forgotten", len(measured["wrong"]), "", 0),
        Figure(f"{what}: incidents", measured["incidents"], ""),
        Figure(f"{what}: acts that count", measured["counted_acts"], "", PER_HOUR),
    ]
