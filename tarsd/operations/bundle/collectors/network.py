"""The network: addresses, routes, names, who listens, and what the firewall lets through."""

from collections.abc import AsyncGenerator
from pathlib import Path

from tarsd.operations.bundle.collectors.page import Run, page, program, reading
from tarsd.operations.bundle.collectors.protocol import Asked, Collector, File
from tarsd.operations.bundle.collectors.system import Read


def network(run: Run, read: Read, root: Path = Path("/")) -> Collector:
    """`ss` tells the owners of sockets only to who has CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH, firewalls answer to
    CAP_NET_ADMIN."""
    pages = {
        "addresses": [
            program(run, "ip", "address"),
            program(run, "ip", "-statistics", "link"),
            program(run, "ip", "neighbour"),
        ],
        "routes": [
            program(run, "ip", "route", "show", "table", "all"),
            program(run, "ip", "-6", "route"),
            program(run, "ip", "rule"),
        ],
        "dns": [
            reading(read, root / "etc/resolv.conf"),
            program(run, "resolvectl", "--no-pager", "status"),
        ],
        "listeners": [
            program(run, "ss", "--tcp", "--udp", "--listening", "--numeric", "--processes"),
            program(run, "ss", "--summary"),
        ],
        "firewall": [
            program(run, "nft", "list", "chains"),
            program(run, "iptables", "--list-rules", "FORWARD"),
            program(run, "iptables", "--list-rules", "DOCKER-USER", fine=(0, 1)),
            program(run, "ufw", "status", "verbose"),
            program(run, "firewall-cmd", "--state", fine=(0, 252)),
        ],
    }

    async def files(_: Asked) -> AsyncGenerator[File, None]:
        for name, parts in pages.items():
            yield File(f"network/{name}.txt", lambda parts=parts: page(parts))

    return Collector(
        "network",
        "Network",
        "addresses, routes, names, listening sockets and a summary of the firewall",
        files,
    )
