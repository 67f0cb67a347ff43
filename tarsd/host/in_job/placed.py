"""Where a process belongs, by its control group."""

import re


def placed(cgroup: str) -> tuple[str | None, str | None]:
    """From the lines of cgroup(7): the system service that `systemctl stop` would end, and the id of Docker's container.

    A user's own service is none of them, nor is the scope of a login: ending it would end the login.
    """
    paths = [line.split(":", 2)[2] for line in cgroup.splitlines() if line.count(":") >= 2]
    for path in paths:
        if found := re.search(r"docker[-/]([0-9a-f]{64})", path):
            return None, found[1]
    for path in paths:
        services = re.findall(r"[^/]+\.service(?=/|$)", path)
        if services and not path.startswith("/user.slice/"):
            return services[-1], None
    return None, None
