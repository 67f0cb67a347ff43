"""A throw-away real machine, driven through packaging/machine."""

import secrets
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.tree import ROOT

PROGRAM = ROOT / "packaging" / "machine"
BUILD_DEADLINE = 900.0  # seconds; the first machine of a suite builds its image
TIMED_OUT = 124  # the exit status of timeout(1)
BOOT_DEADLINE = 120.0  # seconds; packaging/machine gives up well before


@dataclass(frozen=True)
class Ran:
    """What a command in a machine left: exit status, output, and how long it took in seconds."""

    command: str
    status: int
    out: str
    err: str
    seconds: float

    def __str__(self) -> str:
        return f"{self.command}\n  status {self.status}\n  out: {self.out}\n  err: {self.err}"


@dataclass(frozen=True)
class Machine:
    """One machine by its name; `slowness` multiplies every deadline, for a virtual machine."""

    name: str
    slowness: float = 1.0

    @classmethod
    def up(cls, suite: str = "trixie", *, bare: bool = False, virtual: bool = False) -> "Machine":
        """Make a machine and wait until it has booted; `bare` means without Docker in it."""
        name = f"test-{suite}-{secrets.token_hex(2)}"
        options = ["--name", name, "--suite", suite, *["--bare"] * bare, *["--vm"] * virtual]
        made = _call(["up", *options], BUILD_DEADLINE * (1 + virtual))
        if made.status != 0:
            raise MachineError(str(made))
        return cls(name, 10.0 if virtual else 1.0)

    def exec(
        self, *command: str, check: bool = True, stdin: str | bytes = b"", within: float = 60.0
    ) -> Ran:
        """Run a command as root; raises MachineError if it fails (unless not `check`) or hangs."""
        limit = within * self.slowness
        # The limit holds in the machine too: a hung command must not outlive its test.
        limited = ["timeout", "--kill-after=5", f"{limit:g}", *command]
        ran = _call(["exec", self.name, "--", *limited], limit + 15, stdin)
        if ran.status == TIMED_OUT and ran.seconds >= limit:
            raise MachineError(f"{ran}\n  still running after {limit:g} s")
        if check and ran.status != 0:
            raise MachineError(str(ran))
        return ran

    def sh(self, script: str, *, check: bool = True, within: float = 60.0) -> Ran:
        """Run a few lines of bash there."""
        return self.exec("bash", "-euo", "pipefail", "-c", script, check=check, within=within)

    def write(self, path: str, content: str | bytes, mode: str = "0644") -> None:
        """Write a small file, its directories included."""
        self.exec("install", "-D", "-m", mode, "/dev/stdin", path, stdin=content)

    def read(self, path: str) -> str:
        return self.exec("cat", path).out

    def put(self, source: Path, target: str) -> None:
        self._do("put", str(source), target, within=300)

    def get(self, source: str, target: Path) -> None:
        self._do("get", source, str(target), within=300)

    def reboot(self) -> None:
        """Shut down cleanly, boot, wait until it is up."""
        self._do("reboot", within=BOOT_DEADLINE)

    def cut(self) -> None:
        """Cut the power, boot, wait until it is up."""
        self._do("cut", within=BOOT_DEADLINE)

    def down(self) -> None:
        """Remove the machine with all that is in it."""
        self._do("down", within=BOOT_DEADLINE)

    def wait(self, what: str, probe: Callable[[], bool], within: float = 30.0) -> None:
        """Wait until `probe` says yes; raises MachineError if it never does."""
        deadline = time.monotonic() + within * self.slowness
        while not probe():
            if time.monotonic() > deadline:
                raise MachineError(f"{self.name}: waited {within * self.slowness:g} s for: {what}")
            time.sleep(0.3)

    def _do(self, verb: str, *arguments: str, within: float) -> None:
        ran = _call([verb, self.name, *arguments], within * self.slowness)
        if ran.status != 0:
            raise MachineError(str(ran))


class MachineError(AssertionError):
    """A machine did not do what a test needed; an assertion, so that the test fails."""


def _call(arguments: list[str], within: float, stdin: str | bytes = b"") -> Ran:
    started = time.monotonic()
    command = f"packaging/machine {' '.join(arguments)}"
    try:
        done = subprocess.run(
            [PROGRAM, *arguments],
            cwd=ROOT,
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            capture_output=True,
            check=False,
            timeout=within,
        )
    except subprocess.TimeoutExpired as error:
        raise MachineError(f"{command}: still running after {within:g} s") from error
    out, err = (stream.decode(errors="replace") for stream in (done.stdout, done.stderr))
    return Ran(command, done.returncode, out, err, time.monotonic() - started)
