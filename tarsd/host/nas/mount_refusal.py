"""Why a mount was refused, by what mount said: in a trial or a try of systemd's. For jobs: it may ask the server."""

from tarsd.host.nas import ask_server, cifs_refusals, nfs_refusals
from tarsd.host.nas.refusal import Refusal
from tarsd.host.nas.share import Share


def mount_refusal(share: Share, said: str, kernel: str, seconds: float) -> Refusal:
    """`said` is mount's output, `kernel` what was logged meanwhile, `seconds` what it took."""
    if share.source.kind == "nfs":
        return nfs_refusals.refusal(share, said, seconds, ask_server.exports(share.source.host))
    wanted = "mount error(2)" in said or "mount error(6)" in said
    shares = ask_server.shares(share) if wanted else None
    return cifs_refusals.refusal(share, said, kernel, seconds, shares)
