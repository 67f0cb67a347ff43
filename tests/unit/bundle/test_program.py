"""`tarsd bundle`: what it writes, line by line, and what it leaves when it is told to end."""

import io
import json
import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tarsd.operations.bundle.program import Program
from tarsd.operations.bundle.redactors import Machinery
from tests.unit.bundle.making import Making, collector


@pytest.fixture
def able(making: Making) -> Making:
    making.collectors = [collector("system", {"system/os.txt": b"Debian 13\n"})]
    return making


def answer(making: Making, what: str, told: Mapping[str, Any]) -> list[dict[str, Any]]:
    out = io.StringIO()
    status = Program(making.directory / "bundles", making.parts, out).answer(what, told)
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert status == (0 if lines[-1]["type"] == "sync" else 1)
    return lines


def forked_answer(making: Making, what: str, told: Mapping[str, Any]) -> list[dict[str, Any]]:
    """As a process of its own: a run makes itself last in line, and listens to signals."""
    path = making.directory / "out"
    pid = os.fork()
    if not pid:
        status = 1
        try:
            with path.open("w") as out:
                Program(making.directory / "bundles", making.parts, out).answer(what, told)
            status = 0
        finally:
            os._exit(status)
    os.waitpid(pid, 0)
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_steps_and_then_the_bundle(able: Making) -> None:
    *steps, last = forked_answer(able, "make", {"since": "1h"})
    assert [it["type"] for it in steps] == ["step"] * len(steps)
    assert {"collecting: System", "redacting", "proving"} <= {it["detail"] for it in steps}
    assert last["result"]["name"] in able.left()
    (kept,) = answer(able, "list", {})[0]["result"]["bundles"]
    assert kept["sha256"] == last["result"]["sha256"]
    assert answer(able, "verify", {"file": kept["path"]})[0]["result"]["intact"]
    answer(able, "rm", {"name": kept["name"]})
    assert able.left() == []


def test_plan_makes_nothing(able: Making) -> None:
    (plan,) = answer(able, "plan", {})
    assert [it["id"] for it in plan["result"]["collectors"]] == ["system"]
    assert not (able.directory / "bundles").exists()


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ({"since": "yesterday"}, "bad-request"),
        ({"include": ["nothing"]}, "bad-request"),
        ({"encrypt_to": "anna"}, "bad-request"),
    ],
)
def test_what_makes_no_sense(able: Making, told: Mapping[str, Any], kind: str) -> None:
    for what in ("plan", "make"):
        assert forked_answer(able, what, told)[-1]["error"]["kind"] == kind


def test_directory_that_cannot_be_written_is_named(able: Making) -> None:
    (able.directory / "bundles").write_text("a file")
    error = forked_answer(able, "make", {})[-1]["error"]
    assert error["kind"] == "bundle-failed"
    assert str(able.directory / "bundles") in error["message"]
    assert error["fix"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_end_it_puts_everything_away(able: Making, number: int) -> None:
    class Slow(Machinery):
        def ready(self) -> None:
            time.sleep(30)

    able.machinery = Slow
    pid = os.fork()
    if not pid:
        status = 1
        try:
            with Path(os.devnull).open("w") as out:
                Program(able.directory / "bundles", able.parts, out).answer("make", {})
        except SystemExit as ended:
            status = int(str(ended.code))
        finally:
            os._exit(status)
    end = time.monotonic() + 20
    while not list((able.directory / "bundles").glob(".work-*")) and time.monotonic() < end:
        time.sleep(0.05)
    time.sleep(0.3)
    os.kill(pid, number)
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 128 + number
    assert able.left() == []
