"""Why Compose could not act: its words, and those of the Engine behind it, as errors that a person can act on.

The patterns are of what Docker 20.10 to 28 print.
"""

import re

from tarsd.errors import EngineUnavailable, NoSpace, PortUnavailable, StackInvalid, TarsError
from tarsd.host.docker_api import RESTART
from tarsd.host.jobs import Outcome

OUTPUT_KEPT = 4000
"""Characters of Compose's words that go into the details of an error, for a report."""

_NO_ENGINE = re.compile(r"(cannot|failed to) connect to the docker (daemon|api)", re.IGNORECASE)
"""Its client library's words: those up to version 27, and those since 28."""

_TAKEN = (
    re.compile(r"listen \w+ (\S+):(\d+): bind: address already in use"),
    re.compile(r"failed to bind host port (?:for )?(\S+?):(\d+)[:/]\S* address already in use"),
)
"""A program has the port: the words of versions up to 27, and of 28."""

_HELD = re.compile(r"Bind for (\S+):(\d+) failed: port is already allocated")
"""A container has it, or Docker for one that is gone."""

_NO_SUBNET = re.compile(
    r"non-overlapping IPv4 address pool|address pools have been fully subnetted"
)
"""All subnets are taken: the words of versions up to 27, and of 28."""


def act_refused(verb: str, outcome: Outcome) -> TarsError:
    """The error for a failed act of `verb` ("start", "remove")."""
    said = outcome.errors
    details = {"output": said[-OUTPUT_KEPT:]}
    for pattern in _TAKEN:
        if taken := pattern.search(said):
            return _taken(taken[1], int(taken[2]))
    if held := _HELD.search(said):
        return _held(held[1], int(held[2]))
    if "no space left on device" in said:
        return NoSpace(
            f"cannot {verb} the stack: the disk of the Engine is full",
            fix="docker system df; df -h; free space, and try again",
            details=details,
        )
    if _NO_SUBNET.search(said):
        return StackInvalid(
            f"cannot {verb} the stack: Docker has no subnet left for a network of it",
            fix="docker network ls; docker network prune; or set default-address-pools in /etc/docker/daemon.json",
            details=details,
        )
    if _NO_ENGINE.search(said):
        return EngineUnavailable(
            f"cannot {verb} the stack: the Docker Engine does not answer Compose",
            fix=RESTART,
            details=details,
        )
    return StackInvalid(
        f"cannot {verb} the stack: Compose says: {last_words(outcome)}",
        fix="tarsctl status",
        details=details,
    )


def last_words(outcome: Outcome) -> str:
    """Compose's last word: the line that says what is wrong, without its progress before it."""
    lines = [line.strip() for line in outcome.errors.splitlines() if line.strip()]
    if not lines:
        return f"nothing (exit status {outcome.status})"
    return re.sub(r"^(Error response from daemon: |validating )", "", lines[-1])


def _taken(address: str, port: int) -> PortUnavailable:
    return PortUnavailable(
        address,
        port,
        f"cannot start the stack: port {port} on {address} is taken by another program",
        fix=f"sudo ss -ltnp 'sport = :{port}'; free it, or set another one under [ports] "
        "in /etc/tars-home/tars-home.toml",
    )


def _held(address: str, port: int) -> PortUnavailable:
    return PortUnavailable(
        address,
        port,
        f"cannot start the stack: Docker itself holds port {port} on {address}",
        fix=f"docker ps --filter publish={port}; where that shows nothing, a power cut left it: "
        "sudo systemctl restart docker",
        by_docker=True,
    )
