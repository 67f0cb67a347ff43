"""Who examines: tarsd, or, where it does not answer, its program in its place."""

from __future__ import annotations

import json
import os

from tarsd.ctl.errors import NotAllowedError, RefusedError, TarsctlError, UnreachableError
from tarsd.ctl.follow import Follower
from tarsd.ctl.outcome import tell_failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping
    from typing import Any

    from tarsd.ctl.console import Console
    from tarsd.ctl.daemon import Daemon
    from tarsd.ctl.shapes import Examined, Fixed

PROGRAM = "/usr/lib/tars-home/tarsd"
EXAMINE_SECONDS = 240.0  # every check has a deadline of its own; Compose on a slow disk has 75
OFFLINE_SECONDS = 900.0


class Doctors:
    """Once the program had to look, it also does what is to be done about that."""

    def __init__(self, args: Namespace, console: Console, daemon: Daemon) -> None:
        self._args = args
        self._console = console
        self._daemon = daemon
        self._alone = False
        self._told = False

    def examine(self, body: Mapping[str, object]) -> Examined:
        """All that is asked for, once."""
        return self._ask("/v1/doctor", "examine", body)

    def checks(self) -> Any:
        """All checks there are; everyone may know them."""
        return self._ask("/v1/doctor/checks", "checks", None, rights=False)

    def check(self, name: str) -> Any:
        """One of them."""
        from urllib.parse import quote

        target = f"/v1/doctor/checks/{quote(name, safe='')}"
        return self._ask(target, "check", {"id": name}, rights=False)

    def fix(self, acts: list[dict[str, str]]) -> Fixed:
        """Does what was chosen, to the end."""
        return self._change("fix", {"acts": acts})

    def undo(self, run: str, *, force: bool) -> Fixed:
        """Takes a run back."""
        return self._change("undo", {"run": run, "force": force})

    def _change(self, what: str, body: Mapping[str, object]) -> Fixed:
        if not self._alone:
            try:
                number = self._daemon.start(f"/v1/doctor/{what}", body)
            except UnreachableError as error:
                self._go_alone(error, rights=True)
            else:
                timeout = getattr(self._args, "timeout", None)
                change = Follower(self._daemon, self._console, number, timeout).to_the_end()
                if change.get("status") != "done":
                    raise tell_failure(change)
                return change.get("result") or {}  # type: ignore[return-value]  a result has its change's shape
        result: Fixed = self._run(what, body)
        self._alone = False  # a tarsd that was started answers again
        return result

    def _ask(
        self, target: str, what: str, body: Mapping[str, object] | None, *, rights: bool = True
    ) -> Any:
        if not self._alone:
            try:
                if what == "examine":
                    return self._daemon.post(target, body, patience=EXAMINE_SECONDS)
                return self._daemon.get(target)
            except UnreachableError as error:
                self._go_alone(error, rights=rights)
        return self._run(what, body or {})

    def _go_alone(self, why: UnreachableError, *, rights: bool) -> None:
        if not os.path.exists(PROGRAM):  # noqa: PTH110  pathlib costs 5 ms
            raise why
        if rights and os.geteuid() != 0:
            raise NotAllowedError(f"{why.message}; to look without it asks for root") from why
        if rights and not self._told:
            self._told = True
            reason = why.message.removeprefix("cannot reach tarsd: ")
            self._console.say(f"tarsd does not answer ({reason}): its program looks in its place")
        self._alone = True

    def _run(self, what: str, body: Mapping[str, object]) -> Any:
        import subprocess

        try:
            ran = subprocess.run(  # noqa: S603  our own program, and nothing of the command line
                [PROGRAM, "doctor", what],
                input=json.dumps(body).encode(),
                stdout=subprocess.PIPE,
                timeout=OFFLINE_SECONDS,
                check=False,
            )
            envelope: Any = json.loads(ran.stdout)
            if envelope["type"] == "error":
                raise RefusedError(envelope["error"])
            return envelope["result"]
        except subprocess.TimeoutExpired:
            raise TarsctlError(
                f"cannot {what}: {PROGRAM} has not ended for {OFFLINE_SECONDS:.0f} s"
            ) from None
        except (ValueError, TypeError, KeyError):
            raise TarsctlError(
                f"cannot {what}: {PROGRAM} has said nothing that makes sense",
                "journalctl -u tarsd -e",
            ) from None
