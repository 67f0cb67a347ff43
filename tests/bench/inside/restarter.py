"""A restarter of the usual kind, to stand beside tarsd: every 5 s it restarts what Docker calls unhealthy."""

import subprocess
import time

EVERY = 5.0
UNHEALTHY = (
    "docker",
    "ps",
    "--quiet",
    "--filter",
    "health=unhealthy",
    "--filter",
    "label=tars.role",
)


def main() -> None:
    """Until it is killed."""
    while True:
        found = subprocess.run(UNHEALTHY, capture_output=True, text=True, check=True, timeout=60)
        for container in found.stdout.split():
            subprocess.run(
                ["docker", "restart", container], check=True, timeout=120, stdout=subprocess.DEVNULL
            )
        time.sleep(EVERY)


if __name__ == "__main__":
    main()
