"""Why a share cannot be mounted: one word for programs, a sentence and the exact fix for people."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from tarsd.nas_source import Source

Reason = Literal[
    "path", "program", "kernel", "name", "port", "not-a-file-server", "version", "password", "account",
    "access", "share", "directory", "export", "slow", "unknown",
]  # fmt: skip


@dataclass(frozen=True)
class Refusal:
    """`message` begins with "cannot"; `fix` is a command, or what to change where."""

    reason: Reason
    message: str
    fix: str

    def as_json(self) -> dict[str, str]:
        """For the way out of a job."""
        return dict(asdict(self))


def nearest(wrong: str, offered: Sequence[str] | None, otherwise: str) -> str:
    """The offer that was most likely meant; `otherwise` where there is none."""
    import difflib  # only a mistake needs it

    close = difflib.get_close_matches(wrong, offered or [], n=1, cutoff=0.0)
    return close[0] if close else otherwise


def slow(source: Source, what: str, seconds: float) -> Refusal:
    """A server that takes connections and then says nothing more."""
    return Refusal(
        "slow",
        f"cannot mount {source.text}: {source.host} did not {what} within {seconds:.0f} s; it is overloaded, "
        "asleep or frozen, or a firewall drops its answers",
        "wake or restart the NAS, then try again",
    )


def no_program(source: Source) -> Refusal:
    """mount(8) has no helper for this kind of share."""
    package = "cifs-utils" if source.kind == "cifs" else "nfs-common"
    return Refusal(
        "program",
        f"cannot mount {source.text}: mount.{source.kind} is not installed",
        f"sudo apt install {package}",
    )


def no_kernel(source: Source, release: str) -> Refusal:
    """The running kernel cannot do it, and has no module that could."""
    return Refusal(
        "kernel",
        f"cannot mount {source.text}: the running kernel ({release}) has no {source.kind} file system, "
        "neither built in nor as a module",
        f"sudo modprobe {source.kind} says why; after a kernel upgrade: reboot; in a container: run on the machine "
        f"itself; on Ubuntu: sudo apt install linux-modules-extra-{release}",
    )
