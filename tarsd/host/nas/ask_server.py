"""What a server offers, for those who mistyped a share's name. For jobs: it runs the tools that there are."""

import os
import subprocess
from collections.abc import Sequence

from tarsd.host.nas.share import Share

SECONDS = 8.0


def shares(share: Share) -> list[str] | None:
    """Names of the CIFS shares that this user is shown, or None if the server or smbclient does not tell."""
    who = ["-N"] if share.credentials is None else ["-A", str(share.credentials)]
    said = _ask(["smbclient", "-g", "-t", "5", *who, "-L", share.source.host])
    return None if said is None else parse_shares(said)


def exports(host: str) -> list[str] | None:
    """Paths that the server exports, or None if it or showmount does not tell."""
    said = _ask(["showmount", "--no-headers", "-e", host])
    return None if said is None else parse_exports(said)


def parse_shares(said: str) -> list[str]:
    """`smbclient -g -L`: `Disk|docs|a comment`; a name with `$` at its end is hidden or administrative."""
    rows = [line.split("|") for line in said.splitlines()]
    return [
        row[1] for row in rows if len(row) > 1 and row[0] == "Disk" and not row[1].endswith("$")
    ]


def parse_exports(said: str) -> list[str]:
    """`showmount -e`: a path, and to whom."""
    return [line.rsplit(maxsplit=1)[0] for line in said.splitlines() if line.startswith("/")]


def _ask(command: Sequence[str]) -> str | None:
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": os.sep}
    try:
        done = subprocess.run(  # noqa: S603  the words are ours, the host is validated
            command, capture_output=True, check=False, timeout=SECONDS, env=environment
        )
    except (OSError, subprocess.TimeoutExpired):  # not installed, or the server is silent: not told
        return None
    return done.stdout.decode(errors="replace") if done.returncode == 0 else None
