"""`tarsd bundle WHAT`: asked in JSON; it answers with a line of JSON for each step, and the envelope as the last.

The same program is a job of the daemon's, and what tarsctl runs where no daemon answers.
"""

import json
import os
import resource
import signal
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, TextIO

from tarsd.errors import BadRequest, BundleFailed, TarsError
from tarsd.operations.bundle.encrypt import recipient
from tarsd.operations.bundle.run import Parts, Run, Wants, estimate
from tarsd.operations.bundle.shelf import Shelf
from tarsd.operations.bundle.space import RESERVE, Space, free_bytes
from tarsd.operations.bundle.verify import verified
from tarsd.times import ago

ALL_IN_ALL = 540
"""Seconds after which a run gives up by itself, and so tidies up; the job's own deadline is later."""

DESCRIPTORS = 16384
"""Files that may be open at once: every raw file is one."""

KINDEST = 10
"""nice(1): the stack, and the daemon, go first."""


class Program:
    """Answers one question. `parts` is called for those that collect."""

    def __init__(
        self, directory: Path, parts: Callable[[], Parts], out: TextIO | None = None
    ) -> None:
        self._directory = directory
        self._parts = parts
        self._out = out or sys.stdout

    def answer(self, what: str, told: Mapping[str, Any]) -> int:
        """Write the lines; returns the exit status."""
        acts: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
            "make": self._make,
            "plan": self._plan,
            "list": self._list,
            "rm": self._remove,
            "verify": self._verify,
        }
        try:
            envelope: dict[str, Any] = {"type": "sync", "result": acts[what](told)}
        except TarsError as error:
            envelope = {"type": "error", "error": error.as_json()}
        except OSError as error:
            where = f" {error.filename}" if error.filename else ""
            failed = BundleFailed(
                f"cannot make a bundle:{where} {error.strerror or error}; nothing is kept of it",
                fix="df -h /var/lib/tars-home; ls -ld /var/lib/tars-home/bundles",
            )
            envelope = {"type": "error", "error": failed.as_json()}
        self._say(envelope)
        return 0 if envelope["type"] == "sync" else 1

    def _make(self, told: Mapping[str, Any]) -> dict[str, Any]:
        os.nice(KINDEST)
        _many_descriptors()
        with _ending():
            return Run(self._parts(), wants(told), self._moved).make()

    def _plan(self, told: Mapping[str, Any]) -> dict[str, Any]:
        """What a run would do. Raises what it would be refused for at once."""
        wanted, parts = wants(told), self._parts()
        chosen = wanted.chosen(parts.collectors)
        if wanted.encrypt_to:
            recipient(wanted.encrypt_to)
        place = next(it for it in (parts.directory, *parts.directory.parents) if it.is_dir())
        needed = estimate(chosen)
        Space(place).need(needed)
        return {
            "collectors": [
                {
                    "id": it.id,
                    "title": it.title,
                    "about": it.about,
                    "seconds": it.deadline,
                    "bytes": it.cap,
                }
                for it in chosen
            ],
            "needed_bytes": 2 * needed + RESERVE,
            "free_bytes": free_bytes(place),
            "directory": str(parts.directory),
        }

    def _list(self, _: Mapping[str, Any]) -> dict[str, Any]:
        return {"bundles": [it.as_json() for it in Shelf(self._directory).all()]}

    def _remove(self, told: Mapping[str, Any]) -> dict[str, Any]:
        return Shelf(self._directory).remove(str(told.get("name"))).as_json()

    def _verify(self, told: Mapping[str, Any]) -> dict[str, Any]:
        return verified(Path(str(told.get("file"))))

    def _moved(self, words: str, done: int, total: int) -> None:
        self._say({"type": "step", "detail": words, "done": done, "total": total})

    def _say(self, line: Mapping[str, Any]) -> None:
        self._out.write(json.dumps(line) + "\n")
        self._out.flush()


def wants(told: Mapping[str, Any]) -> Wants:
    """What was asked for, as the API's body has it. Raises BadRequest."""
    text = told.get("since")
    try:
        since = ago(text or "24h", datetime.now(timezone.utc))
    except (ValueError, OverflowError, TypeError, AttributeError) as error:
        raise BadRequest(f"cannot make a bundle: since {error}") from error
    return Wants(
        since,
        int(told.get("log_lines", 1000)),
        tuple(told.get("include", ())),
        tuple(told.get("exclude", ())),
        told.get("encrypt_to"),
    )


class _Ended(SystemExit):
    """Told to end: what is there is put away on the way out."""


@contextmanager
def _ending() -> Generator[None]:
    """A signal, or too long a run, ends it as an error would, so that nothing is left."""

    def told_to(number: int, _: object) -> None:
        raise _Ended(128 + number)

    def too_long(_: int, __: object) -> None:
        raise BundleFailed(
            f"cannot make a bundle: it is not done after {ALL_IN_ALL} s; nothing is kept of it",
            fix="tarsctl bundle --exclude ID, without what takes so long",
        )

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, told_to)
    signal.signal(signal.SIGALRM, too_long)
    signal.alarm(ALL_IN_ALL)
    try:
        yield
    finally:
        signal.alarm(0)


def _many_descriptors() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(DESCRIPTORS, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
