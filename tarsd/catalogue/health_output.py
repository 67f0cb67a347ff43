"""What Docker's health check said: its last words, and whether it says anything of the service at all."""

import re

from tarsd.host.conversation import one_line

_BROKEN = re.compile(
    r"executable file not found|(?:command )?not found$|no such file or directory"
    r"|OCI runtime exec failed|permission denied$",
    re.IGNORECASE | re.MULTILINE,
)
"""The words of runc, of shells and of busybox where the command of a health check is not in the image."""


def cannot_run(output: str) -> bool:
    """Whether a health check fails because its command cannot be run at all, whatever the service does."""
    return _BROKEN.search(output.strip()) is not None


def last_line(output: str) -> str:
    """What a health check said in the end."""
    return one_line((output.strip().splitlines() or ["it says nothing"])[-1])[:120]
