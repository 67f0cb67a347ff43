"""One share and how it is mounted."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tarsd.nas_source import AUTO, Source

SAFE = ("ro", "nosuid", "nodev", "noexec", "_netdev", "nofail", "soft")
"""Of every mount. `soft`: a server that is gone becomes an error for the reader after a while, not a process that
nothing can end; nothing is written, so nothing can be lost by it (nfs(5), mount.cifs(8))."""

CIFS = ("echo_interval=15", "file_mode=0444", "dir_mode=0555")
"""A server counts as gone after three missed echoes (mount.cifs(8)): 45 s instead of 180. Modes: containers read
as any user."""

NFS = ("timeo=100", "retrans=2", "retry=0", "nolock")
"""Tenths of a second, growing with each of two repetitions (nfs(5)): an error after about a minute instead of ten.
`retry=0`: mount.nfs would go on for two minutes. `nolock`: nobody locks what nobody writes, and version 3 needs no
rpc.statd."""


@dataclass(frozen=True)
class Share:
    """`credentials` is a file as mount.cifs(8) reads it; a CIFS share without one is asked for as a guest."""

    source: Source
    version: str = AUTO
    credentials: Path | None = None

    def options(self) -> Sequence[str]:
        """Of mount(8)."""
        version = [] if self.version == AUTO else [f"vers={self.version}"]
        if self.source.kind == "nfs":
            return [*SAFE, *NFS, *version]
        # Else mount.cifs asks the resolver, which has none where this machine has no IPv6 address yet.
        address = [f"ip={self.source.host}"] if self.source.is_ipv6 else []
        who = "guest" if self.credentials is None else f"credentials={self.credentials}"
        return [*SAFE, *CIFS, *version, *address, who]
