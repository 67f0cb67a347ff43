"""Why systemd could not mount the share: from what mount said in the journal and the kernel in its log.

Reads root's journal and credentials, needs SYSLOG for the kernel's log. It signs in to the NAS only where that took user and
password, to ask for the names of its shares: a wrong password is never tried once more.
"""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tarsd.host.in_job import CannotAnswer
from tarsd.host.nas import kernel_log
from tarsd.host.nas.mount_refusal import mount_refusal
from tarsd.host.nas.share import Share
from tarsd.nas_source import parse

SECONDS = 8.0
"""For journalctl: a journal on a slow disk."""

TOOK = 20.0
"""Seconds before the end of a try in which the kernel said why: mount's own limit (`nas.unit.TIMEOUT`), and some."""


def answer(given: Mapping[str, Any]) -> dict[str, Any] | None:
    """Given: `source`, `version`, `credentials` (a path or None), `invocation` of the mount unit, `ended` (seconds since
    the boot). Returns the refusal, or None where mount said nothing. Raises CannotAnswer."""
    said = _said(given["invocation"])
    if not said:
        return None
    credentials = given["credentials"]
    share = Share(
        parse(given["source"]), given["version"], Path(credentials) if credentials else None
    )
    kernel = kernel_log.between(given["ended"] - TOOK, given["ended"] + 1.0)
    return mount_refusal(share, said, "\n".join(kernel), TOOK).as_json()


def _said(invocation: str) -> str:
    """What the processes of this very start of the unit wrote."""
    wanted = [f"_SYSTEMD_INVOCATION_ID={invocation}"]
    command = ["journalctl", "--no-pager", "--quiet", "--output=cat", "--lines=20", *wanted]
    try:
        done = subprocess.run(  # noqa: S603  the words are ours, the number is systemd's
            command,
            capture_output=True,
            check=False,
            timeout=SECONDS,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotAnswer(f"cannot read the journal of the mount unit: {error}") from error
    return done.stdout.decode(errors="replace").strip()
