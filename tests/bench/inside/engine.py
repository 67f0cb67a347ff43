"""Engine restart -> events again and all looked at: engine.py COUNT. Prints one JSON object. Standard library only.

Measured: from the moment at which systemd calls docker.service started (the new Engine takes connections) to
`engine.followed`, which tarsd tells when the stream is open and the look after it is done.
"""

import json
import statistics
import sys
import time
from datetime import datetime, timezone

from tests.bench.inside import host

LONGEST = 60.0


def main() -> None:
    """Restart it, wait for the word, wait until all is well."""
    taken: list[float] = []
    for _ in range(int(sys.argv[1])):
        host.wait("tarsd to call all healthy", host.healthy, 300)
        host.run(
            "systemctl", "reset-failed", "docker"
        )  # it lets itself be started three times a minute
        since = time.time()
        host.run("systemctl", "restart", "docker")
        host.wait("tarsd to follow the Engine", lambda since=since: bool(followed(since)), LONGEST)
        taken.append(followed(since)[0] - started())
    print(json.dumps({"median": statistics.median(taken), "worst": max(taken), "all": taken}))


def followed(since: float) -> list[float]:
    """When that was told (Unix time)."""
    return [
        host.when(it) for it in host.journal(since) if it.get("TARS_EVENT") == "engine.followed"
    ]


def started() -> float:
    """When the Engine was (Unix time)."""
    shown = host.run(
        *("systemctl", "show", "--timestamp=us+utc", "--value"),
        *("--property", "ActiveEnterTimestamp", "docker"),
    )
    return (
        datetime.strptime(shown.strip(), "%a %Y-%m-%d %H:%M:%S.%f %Z")
        .replace(tzinfo=timezone.utc)
        .timestamp()
    )


if __name__ == "__main__":
    main()
