"""Tries a share, from its name to a look at its files, and says at the first thing that fails exactly what it is.

Runs with CAP_SYS_ADMIN in a mount namespace of its own: the mount of the trial exists nowhere else and ends with it.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tarsd.host.in_job import CannotAnswer
from tarsd.host.nas import refusal
from tarsd.host.nas.kernel_log import KernelLog
from tarsd.host.nas.mount_refusal import mount_refusal
from tarsd.host.nas.network import name_of_server, server_speaks
from tarsd.host.nas.place import place_for
from tarsd.host.nas.refusal import Refusal
from tarsd.host.nas.share import Share
from tarsd.nas_source import parse

MOUNT_SECONDS = 14.0
"""For mount(8), and again for the look at the files: disks that sleep take up to ten to spin up."""


@dataclass
class Trial:
    """What was found, in order; `problem` ends it."""

    steps: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    problem: Refusal | None = None
    version: str | None = None

    def say(self, step: str, said: str) -> None:
        """One more thing that is right."""
        self.steps.append({"step": step, "said": said})


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    """Given: source, version, credentials (a path or None), path (where it is to go, or None) and `taken`, whether a
    mount of ours may be there. Returns steps, problem and the version spoken."""
    credentials = given["credentials"]
    share = Share(
        parse(given["source"]), given["version"], Path(credentials) if credentials else None
    )
    trial = Trial()
    trial.problem = _try(share, given, trial)
    return {**asdict(trial), "problem": trial.problem.as_json() if trial.problem else None}


def _try(share: Share, given: Mapping[str, Any], trial: Trial) -> Refusal | None:
    source = share.source
    if given["path"] is not None and (found := place_for(given["path"], ours=given["taken"])):
        return found
    if shutil.which(f"mount.{source.kind}", path="/usr/sbin:/sbin") is None:
        return refusal.no_program(source)
    if not _kernel_can(source.kind):
        return refusal.no_kernel(source, os.uname().release)
    addresses, problem = name_of_server(source)
    if problem is not None:
        return problem
    trial.say("name", f"{source.host} is {' or '.join(addresses)}")
    said, problem = server_speaks(share, addresses)
    if problem is not None:
        return problem
    trial.say("server", f"port {source.port} answers and speaks {said}")
    return _mount(share, trial)


def _mount(share: Share, trial: Trial) -> Refusal | None:
    target = Path(tempfile.mkdtemp(prefix="nas-"))
    log = KernelLog()
    options = ",".join(option for option in share.options() if option != "nofail")
    began = time.monotonic()
    ended = _within(
        ["mount", "-t", share.source.kind, "-o", options, share.source.device, str(target)]
    )
    took = time.monotonic() - began
    if ended is None:
        return refusal.slow(share.source, "finish the mount", took)
    status, said = ended
    if status != 0:
        return mount_refusal(share, said, log.since(), took)
    trial.version = _version(str(target))
    trial.say("mount", f"mounted read-only with version {trial.version or 'unknown'}")
    looked = _within(["ls", "-A", "--", str(target)])
    if looked is None:
        return refusal.slow(share.source, "show its files", MOUNT_SECONDS)
    status, said = looked
    if status != 0:
        return Refusal(
            "access",
            f"cannot read {share.source.text}: it can be mounted, but not listed: {said.strip().splitlines()[-1]}",
            "let this user (NFS: this machine, and everybody) read the share in the NAS's settings",
        )
    count = len(said.splitlines())
    trial.say("files", f"{count} {'entry' if count == 1 else 'entries'} at the top")
    _within(["umount", "--lazy", str(target)])
    return None


def _within(command: list[str], seconds: float = MOUNT_SECONDS) -> tuple[int, str] | None:
    """Status and output, or None if it did not end in time; it is then killed, but not waited for: a process that
    hangs in the kernel cannot be."""
    with tempfile.TemporaryFile() as output:
        try:
            child = subprocess.Popen(  # noqa: S603  the words are ours, the source is validated
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"},
            )
        except OSError as error:
            raise CannotAnswer(f"cannot run {command[0]}: {error.strerror}") from error
        try:
            status = child.wait(seconds)
        except subprocess.TimeoutExpired:
            child.kill()
            return None
        output.seek(0)
        return status, output.read(1 << 20).decode(errors="replace")


def _kernel_can(kind: str) -> bool:
    """Whether the kernel knows this file system, or can load it."""
    known = Path("/proc/filesystems").read_text(encoding="ascii").split()
    modules = Path("/lib/modules", os.uname().release)
    if kind in known:
        return True
    for name in ("modules.dep", "modules.builtin"):
        try:
            text = (modules / name).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        if f"/{kind}.ko" in text:
            return True
    return False


def _version(target: str) -> str | None:
    """The protocol version that was agreed on, as the kernel shows it."""
    for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
        left, _, right = line.partition(" - ")
        if left.split(" ")[4] == target:
            options = right.split(" ")[2].split(",")
            return next((each[5:] for each in options if each.startswith("vers=")), None)
    return None
