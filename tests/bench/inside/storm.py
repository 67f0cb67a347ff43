"""Every service fails again and again: storm.py SECONDS. Prints one JSON object. Standard library only.

Measured: `GET /v1/status` over the socket, five times a second; acts and incidents as the ledger has them afterwards.
"""

import json
import random
import sys
import time
from collections import Counter
from collections.abc import Mapping

from tests.bench.inside import host, ledger, trouble

EVERY = 0.2


def main() -> None:
    """Storm, ask, count."""
    seconds, seed = float(sys.argv[1]), random.randrange(10**6)
    ledger.forget()
    with trouble.storm(seed) as storm:
        asked = ask(seconds)
    found = counts(ledger.read())
    slow = sorted(asked)
    print(
        json.dumps(
            {
                "seed": seed,
                "blows": storm.blows,
                "asked": len(asked),
                "p50": host.percentile(slow, 50),
                "p99": host.percentile(slow, 99),
                "worst": slow[-1],
                **found,
            }
        )
    )
    trouble.calm_down()


def ask(seconds: float) -> list[float]:
    """How long each answer took; one that does not come is a failure of the run."""
    taken: list[float] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.perf_counter()
        host.ask("/v1/status")
        taken.append(time.perf_counter() - began)
        time.sleep(max(EVERY - taken[-1], 0))
    return taken


def counts(found: ledger.Ledger) -> Mapping[str, object]:
    """`doubled` are faults of one subject that were told as more than one incident."""
    often = Counter(it.key for it in found.incidents)
    return {
        "incidents": len(found.incidents),
        "doubled": sum(number - 1 for number in often.values()),
        "faults": {f"{fault} {subject}": number for (fault, subject), number in often.items()},
        "acts": len(found.acts),
        "counted_acts": sum(it.counts for it in found.acts),
    }


if __name__ == "__main__":
    main()
