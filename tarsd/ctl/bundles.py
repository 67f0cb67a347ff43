"""Who makes a bundle: tarsd, or, where it does not answer, its program in its place."""

from __future__ import annotations

import json
import os

from tarsd.ctl.errors import NotAllowedError, RefusedError, TarsctlError, UnreachableError
from tarsd.ctl.follow import Follower
from tarsd.ctl.outcome import tell_failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator, Mapping
    from typing import Any

    from tarsd.ctl.bundle_shapes import Bundle, BundlePlan, Verified
    from tarsd.ctl.console import Console
    from tarsd.ctl.daemon import Daemon

PROGRAM = "/usr/lib/tars-home/tarsd"
OFFLINE_SECONDS = 660.0  # the program gives up by itself after 540
BLOCK_BYTES = 1 << 20


class Bundles:
    """Once the program had to do it, it also does the rest."""

    def __init__(self, args: Namespace, console: Console, daemon: Daemon) -> None:
        self._args = args
        self._console = console
        self._daemon = daemon
        self._alone = False

    def make(self, body: Mapping[str, object]) -> Bundle:
        """A new one, on this machine."""
        try:
            number = self._daemon.start("/v1/bundles", body)
        except UnreachableError as error:
            self._go_alone(error)
            return self._run("make", body)
        change = Follower(self._daemon, self._console, number, self._args.timeout).to_the_end()
        if change.get("status") != "done":
            raise tell_failure(change)
        result: Any = change.get("result") or {}
        return result.get("bundle") or {}

    def plan(self, body: Mapping[str, object]) -> BundlePlan:
        """What would be in it."""
        try:
            return self._daemon.post("/v1/bundles/plan", body)
        except UnreachableError as error:
            self._go_alone(error)
            return self._run("plan", body)

    def all(self) -> list[Bundle]:
        """Those that are kept."""
        try:
            answer = self._daemon.get("/v1/bundles")
        except UnreachableError as error:
            self._go_alone(error)
            answer = self._run("list", {})
        return answer.get("bundles") or []

    def remove(self, name: str) -> Bundle:
        """Removes one."""
        try:
            return self._daemon.post("/v1/bundles/remove", {"name": name})
        except UnreachableError as error:
            self._go_alone(error)
            return self._run("rm", {"name": name})

    def verify(self, path: str) -> Verified:
        """Looks at a file, wherever it is from; tarsd is not needed, nor root."""
        if not os.path.exists(PROGRAM):  # noqa: PTH110  pathlib costs 5 ms
            raise TarsctlError(f"cannot verify {path}: there is no {PROGRAM}")
        return self._run("verify", {"file": os.path.abspath(path)})  # noqa: PTH100

    def content(self, made: Bundle) -> Iterator[bytes]:
        """One's bytes."""
        if not self._alone:
            yield from self._daemon.stream(f"/v1/bundles/{made.get('name')}/content", follow=False)
            return
        with open(made.get("path") or "", "rb") as stream:  # noqa: PTH123
            while block := stream.read(BLOCK_BYTES):
                yield block

    def _go_alone(self, why: UnreachableError) -> None:
        if not os.path.exists(PROGRAM):  # noqa: PTH110
            raise why
        if os.geteuid() != 0:
            raise NotAllowedError(f"{why.message}; to do it without tarsd asks for root") from why
        reason = why.message.removeprefix("cannot reach tarsd: ")
        self._console.say(f"tarsd does not answer ({reason}): its program works in its place")
        self._alone = True

    def _run(self, what: str, body: Mapping[str, object]) -> Any:
        import subprocess

        child = subprocess.Popen(  # noqa: S603  our own program, and nothing of the command line
            [PROGRAM, "bundle", what], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            child.stdin.write(json.dumps(body).encode())
            child.stdin.close()
            envelope: Any = {}
            for line in _lines(child.stdout.fileno(), what):
                envelope = json.loads(line)
                self._say(envelope)
            if envelope["type"] == "error":
                raise RefusedError(envelope["error"])
            return envelope["result"]
        except (ValueError, TypeError, KeyError, AttributeError, BrokenPipeError):
            raise TarsctlError(
                f"cannot {what} a bundle: {PROGRAM} has said nothing that makes sense"
            ) from None
        finally:
            _end(child)

    def _say(self, told: Mapping[str, object]) -> None:
        if told.get("type") == "step" and told.get("done") == told.get("total"):
            self._console.say(f"  {told.get('detail')}  {told.get('done')} of {told.get('total')}")


def _lines(descriptor: int, what: str) -> Iterator[bytes]:
    """Whole lines until the end. Raises TarsctlError once it takes too long."""
    import select
    import time

    end, left = time.monotonic() + OFFLINE_SECONDS, b""
    while select.select([descriptor], [], [], max(end - time.monotonic(), 0.0))[0]:
        piece = os.read(descriptor, BLOCK_BYTES)
        if not piece:
            return
        *lines, left = (left + piece).split(b"\n")
        yield from lines
    raise TarsctlError(
        f"cannot {what} a bundle: {PROGRAM} has not ended for {OFFLINE_SECONDS:.0f} s"
    )


def _end(child: Any) -> None:
    """It puts its things away when it is told to end, which takes it a moment."""
    import subprocess

    child.stdout.close()
    try:
        child.wait(timeout=0.0 if child.poll() is not None else 5.0)
    except subprocess.TimeoutExpired:
        child.terminate()
        try:
            child.wait(timeout=10.0)
        except subprocess.TimeoutExpired:
            child.kill()
