"""tarsd beside a restarter of what Docker calls unhealthy: hangs.py COUNT. Prints one JSON object. Standard library only.

COUNT times a service is hung (SIGSTOP to all its processes), in turn, once with tarsd at work and once with the
restarter and tarsd's healing off. Measured: from the last SIGSTOP to the first answer of the service.
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

OFF = '[heal]\nmode = "off"\n'
LONGEST = 240.0
"""Seconds in which either must have it serving again."""

SETTLED = 20.0
"""Seconds, up to, between one round and the next: periods must not fall into step."""


def main() -> None:
    """They take turns, so that the machine is the same for both."""
    count = int(sys.argv[1])
    names = sorted(serving.SERVICES)
    ours: list[Mapping[str, Any]] = []
    theirs: list[Mapping[str, Any]] = []
    for number in range(count):
        service = names[number % len(names)]
        ledger.forget()  # six acts an hour are the most for one machine
        ours.append(hung(service))
        with host.settings(OFF), restarter():
            theirs.append(hung(service))
    print(
        json.dumps(
            {
                "ours": summary([it["serving"] for it in ours]),
                "theirs": summary([it["serving"] for it in theirs]),
                "act": summary([it["act"] for it in ours]),
                "rounds": {"ours": ours, "theirs": theirs},
            }
        )
    )


@contextmanager
def restarter() -> Generator[None]:
    """It is at work meanwhile."""
    with subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("restarter.py"))]
    ) as process:
        try:
            yield
        finally:
            process.kill()


def hung(service: str) -> Mapping[str, Any]:
    """Hang it; seconds to its next answer and, where tarsd acts, to its act."""
    serving.until_serving(list(serving.SERVICES), LONGEST)
    host.wait("tarsd to call all healthy", host.healthy, LONGEST)
    time.sleep(random.uniform(0, SETTLED))
    host.hang(host.containers()[service])
    wall, began = time.time(), time.monotonic()
    while not serving.serves(service, 1):
        assert time.monotonic() - began < LONGEST, f"{service} was not brought back"
        time.sleep(0.1)
    seconds = time.monotonic() - began
    acts = [
        host.when(it) - wall
        for it in host.journal(wall)
        if it.get("TARS_EVENT") == "act.started" and it.get("TARS_SUBJECT") == service
    ]
    return {"service": service, "serving": seconds, "act": acts[0] if acts else None}


def summary(taken: Sequence[float | None]) -> dict[str, float]:
    """In seconds."""
    known = [it for it in taken if it is not None]
    assert len(known) == len(taken), "tarsd did not act"
    return {"median": statistics.median(known), "worst": max(known)}


if __name__ == "__main__":
    main()
