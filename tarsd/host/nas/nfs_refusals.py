"""What mount.nfs says when an export is refused, in words and with the fix.

Its sentences are nfs-utils' own (utils/mount/error.c). Recorded with nfs-utils 2.8 and Linux 6.12 (tests/unit/host/nas).
"""

from collections.abc import Sequence

from tarsd.host.nas.refusal import Refusal, nearest, no_kernel, slow
from tarsd.host.nas.share import Share

SLOW = (
    "Connection timed out",
    "timed out",
    "Input/output error",
    "Resource temporarily unavailable",
)
VERSION = (
    "requested NFS version or transport protocol is not supported",
    "Protocol not supported",
    "an incorrect mount option was specified",
    "Program not registered",
)


def refusal(share: Share, said: str, seconds: float, exports: Sequence[str] | None) -> Refusal:
    """`said` is mount's output, `exports` what the server exports, or None if it did not say."""
    source = share.source
    if "access denied by server" in said or "Operation not permitted" in said:
        return _denied(share, exports)
    if "No such file or directory" in said:
        return Refusal(
            "export",
            f"cannot mount {source.text}: {source.host} has no {source.share}; {_offers(exports)}",
            f"sudo tarsctl nas setup {source.beside(nearest(source.share, exports, '/EXPORT'))}",
        )
    if any(words in said for words in VERSION):
        return version(share, [])
    if "No such device" in said or "unknown filesystem type" in said:
        return no_kernel(source, "uname -r")
    if any(words in said for words in SLOW):
        return slow(source, "answer the mount", seconds)
    last = (said.strip().splitlines() or ["mount gave no reason"])[-1]
    return Refusal("unknown", f"cannot mount {source.text}: {last}", "sudo dmesg | tail")


def version(share: Share, served: Sequence[str]) -> Refusal:
    """The server does not speak the version asked for; `served` are those it does, as far as known."""
    source = share.source
    asked = "NFS 3 or 4" if share.version == "auto" else f"NFS {share.version}"
    speaks = f"; it speaks NFS {', '.join(served)}" if served else ""
    other = served[0] if served and share.version == "auto" else "auto"
    return Refusal(
        "version",
        f"cannot mount {source.text}: {source.host} does not speak {asked}{speaks}",
        f"sudo tarsctl nas setup {source.typed} --vers {other}",
    )


def _denied(share: Share, exports: Sequence[str] | None) -> Refusal:
    source = share.source
    if exports is not None and source.share not in exports:
        return Refusal(
            "export",
            f"cannot mount {source.text}: {source.host} does not export {source.share}; {_offers(exports)}",
            f"sudo tarsctl nas setup {source.beside(nearest(source.share, exports, '/EXPORT'))}",
        )
    return Refusal(
        "access",
        f"cannot mount {source.text}: {source.host} denies this machine access to {source.share}: it is exported "
        "to others, or not at all",
        f"allow this machine's address for {source.share} in the NAS's NFS rules (read-only is enough), "
        "then try again",
    )


def _offers(exports: Sequence[str] | None) -> str:
    if exports is None:
        return "it did not tell what it exports"
    return f"it exports: {', '.join(exports)}" if exports else "it exports nothing"
