"""Engine event -> incident on disk: crashes.py COUNT. Prints one JSON object. Standard library only.

Measured: from the `timeNano` of the `die` event, as `docker events` tells it, to the moment at which journald has
`incident.opened` or `incident.reopened`, which tarsd tells when the commit
has returned. So it is a little too long, never too short.
"""

import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench.inside import host, ledger, serving

TOLD = ("incident.opened", "incident.reopened")
FRESH = 4
"""Crashes of a service on one ledger: after more returns than three it would count as flapping."""

APART = (2.5, 4.0)
"""Seconds between two crashes: more than ten for one service, after which Docker starts it again without a pause."""

SETTINGS = "[monitor]\ncrash_loop_exits = 100\n"
EVENTS = Path("/srv/bench-events")


def main() -> None:
    """Crash the services one after the other, then read what was told of it."""
    count, seed = int(sys.argv[1]), random.randrange(10**6)
    chance, since = random.Random(seed), time.time()
    with host.settings(SETTINGS), events() as stream:
        done = 0
        while done < count:
            ledger.forget()
            done += crash(chance, min(count - done, FRESH * len(serving.SERVICES)))
        time.sleep(1)
        stream.terminate()
    taken, missed = pair(deaths(), host.journal(since))
    print(json.dumps({"seed": seed, "count": count, "missed": missed, **summary(taken)}))


@contextmanager
def events() -> Generator["subprocess.Popen[bytes]"]:
    """`docker events`, written down as they come: the Engine remembers 256."""
    command = ("docker", "events", "--filter", "type=container", "--filter", "event=die")
    with (
        EVENTS.open("wb") as file,
        subprocess.Popen([*command, "--format", "{{json .}}"], stdout=file) as stream,
    ):
        try:
            yield stream
        finally:
            stream.kill()


def crash(chance: random.Random, count: int) -> int:
    """So many, in turn; each service serves again before its next one."""
    found, names = host.containers(), sorted(serving.SERVICES)
    for number in range(count):
        service = names[number % len(names)]
        serving.until_serving([service], 60)
        host.crash(found[service])
        time.sleep(chance.uniform(*APART))
    return count


def deaths() -> list[tuple[str, float]]:
    """Service and time (Unix) of each end."""
    found: list[tuple[str, float]] = []
    for line in EVENTS.read_text().splitlines():
        event: Mapping[str, Any] = json.loads(line)
        labels: Mapping[str, str] = event["Actor"]["Attributes"]
        found.append((labels["com.docker.compose.service"], event["timeNano"] / 1e9))
    return found


def pair(
    ends: Sequence[tuple[str, float]], told: Sequence[Mapping[str, Any]]
) -> tuple[list[float], int]:
    """Seconds from each end to the first incident of its service told before its next end; how many have none."""
    incidents = [
        (str(it["TARS_SUBJECT"]), host.when(it))
        for it in told
        if it.get("TARS_EVENT") in TOLD and it.get("TARS_INCIDENT")
    ]
    taken: list[float] = []
    for number, (service, at) in enumerate(ends):
        until = next((then for other, then in ends[number + 1 :] if other == service), float("inf"))
        after = [
            then - at for subject, then in incidents if subject == service and at < then < until
        ]
        taken += after[:1]
    return taken, len(ends) - len(taken)


def summary(taken: Sequence[float]) -> dict[str, float]:
    """In seconds."""
    return {
        "median": statistics.median(taken),
        "p99": host.percentile(taken, 99),
        "worst": max(taken),
    }


if __name__ == "__main__":
    main()
