"""The mount unit: its name and its text."""

import re
from pathlib import Path

from tarsd.host.nas.share import Share

DIRECTORY = Path("/etc/systemd/system")

HEADER = "# Written by tarsctl nas setup, which is also how to change it; tarsctl nas remove takes it away.\n"

TIMEOUT = 15
"""Seconds for mounting and unmounting: long enough for disks that have to spin up, short enough for a boot."""

_TEXT = """\
{header}# Not an automount: a container that binds the parent directory would hold on to the autofs mount.
[Unit]
Description=Documents for tars-home: {source}
Documentation=man:tarsctl-nas-setup(1)

[Mount]
What={device}
Where={where}
Type={type}
Options={options}
TimeoutSec={timeout}
# Unmounting a server that is gone, or files that a container holds open, must not hang.
LazyUnmount=yes

[Install]
WantedBy=remote-fs.target
"""


def unit_name(path: str) -> str:
    """The name systemd insists on for a mount at `path`, an absolute one (systemd-escape(1), `--path`)."""
    parts = [part for part in path.split("/") if part]
    return (
        "-".join(_escaped(part, first=number == 0) for number, part in enumerate(parts)) + ".mount"
    )


def unit_text(share: Share, path: str) -> str:
    """The whole file."""
    return _TEXT.format(
        header=HEADER,
        source=_literal(share.source.text),
        device=_literal(share.source.device),
        where=_literal(path),
        type=share.source.kind,
        options=_literal(",".join(share.options())),
        timeout=TIMEOUT,
    )


def _escaped(part: str, *, first: bool) -> str:
    kept = re.compile(rb"[A-Za-z0-9:_.]")
    raw = part.encode()
    return "".join(
        chr(byte)
        if kept.match(bytes([byte])) and not (first and at == 0 and byte == ord("."))
        else f"\\x{byte:02x}"
        for at, byte in enumerate(raw)
    )


def _literal(text: str) -> str:
    """Without what systemd would take for a specifier (systemd.unit(5))."""
    return text.replace("%", "%%")
