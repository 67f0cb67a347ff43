"""tarsctl bundle: made by tarsd or by its program, written whole or not at all, and what is told of it."""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tarsd.ctl import bundles
from tests.unit.ctl.facts import Json, change
from tests.unit.ctl.fake_daemon import FakeDaemon, http, refused, started, sync
from tests.unit.ctl.runs import Tarsctl

NAME = "tars-bundle-3f9a1c-20261125T140945Z.tar.gz"
CONTENT = b"packed" * 1000
SUM = hashlib.sha256(CONTENT).hexdigest()


def made(**facts: object) -> Json:
    return {
        "name": NAME,
        "path": f"/var/lib/tars-home/bundles/{NAME}",
        "size_bytes": len(CONTENT),
        "sha256": SUM,
        "files": 41,
        "redactions": {"secret": 25, "host": 1},
        "needles": 936,
        "withheld": [{"name": "logs/x.log", "why": "it is binary, not text"}],
        "missing": [
            {
                "collector": "doctor",
                "name": "doctor/doctor.json",
                "why": "late",
                "text": "no answer",
            }
        ],
        **facts,
    }


@pytest.fixture
def target(tmp_path: Path) -> Path:
    directory = tmp_path / "here"
    directory.mkdir()
    return directory


@pytest.fixture
def able(daemon: FakeDaemon) -> FakeDaemon:
    """tarsd makes one."""
    daemon.on("GET", "/v1/version", sync({"version": "2.0"}))
    daemon.on("POST", "/v1/bundles", started("17"))
    daemon.changes("17", change("done", result={"bundle": made()}))
    daemon.on("GET", f"/v1/bundles/{NAME}/content", http(200, CONTENT, "application/octet-stream"))
    return daemon


def test_written_with_its_sum_and_told(tarsctl: Tarsctl, able: FakeDaemon, target: Path) -> None:
    ran = tarsctl("bundle", "-o", str(target), "--since", "7d", "--exclude", "gpu")
    assert (ran.status, ran.out) == (0, f"{target}/{NAME}\n")
    assert (target / NAME).read_bytes() == CONTENT
    assert (target / f"{NAME}.sha256").read_text() == f"{SUM}  {NAME}\n"
    assert {it.stat().st_mode & 0o777 for it in target.iterdir()} == {0o600}
    assert "26 values replaced by tokens; searched for 936 needles, none is in it" in ran.err
    assert "withheld: logs/x.log: it is binary, not text" in ran.err
    assert "missing: doctor/doctor.json: no answer" in ran.err
    asked = next(it for it in able.requests if it.target == "/v1/bundles")
    assert (asked.json["since"], asked.json["exclude"]) == ("7d", ["gpu"])


def test_for_a_program(tarsctl: Tarsctl, able: FakeDaemon, target: Path) -> None:
    found = json.loads(tarsctl("bundle", "-o", str(target), "--json").out)
    assert (found["schema"], found["path"]) == (1, f"{target}/{NAME}")


def test_what_arrives_otherwise_than_it_was_made_is_not_kept(
    tarsctl: Tarsctl, able: FakeDaemon, target: Path
) -> None:
    able.changes("17", change("done", result={"bundle": made(sha256="0" * 64)}))
    ran = tarsctl("bundle", "-o", str(target))
    assert ran.status == 1
    assert "not what was made has arrived" in ran.err
    assert list(target.iterdir()) == []


def test_directory_that_cannot_be_written_is_seen_before_anything_is_made(
    tarsctl: Tarsctl, able: FakeDaemon, tmp_path: Path
) -> None:
    for place in (tmp_path / "nowhere", tmp_path / "file"):
        (tmp_path / "file").touch()
        ran = tarsctl("bundle", "-o", str(place))
        assert ran.status == 2
        assert "it is no directory" in ran.err
    assert not [it for it in able.requests if it.method == "POST"]


def test_refusals_and_failures_keep_their_status(
    tarsctl: Tarsctl, able: FakeDaemon, target: Path
) -> None:
    able.on(
        "POST",
        "/v1/bundles",
        refused(400, "bad-request", "cannot encrypt to 'x': no", "age-keygen"),
    )
    assert tarsctl("bundle", "-o", str(target)).status == 2
    able.on("POST", "/v1/bundles", started("17"))
    error = {
        "kind": "bundle-failed",
        "message": "cannot make a bundle: the redactor",
        "fix": "this",
    }
    able.changes("17", change("undone", error=error))
    ran = tarsctl("bundle", "-o", str(target))
    assert ran.status == 1
    assert "cannot make a bundle: the redactor" in ran.err
    assert list(target.iterdir()) == []


Program = Callable[[str], Path]


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """What tarsctl runs where no tarsd answers; as root."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)

    def write(script: str) -> Path:
        path = tmp_path / "tarsd"
        path.write_text(
            f'#!/bin/sh\ncat > {tmp_path}/asked\necho "$@" > {tmp_path}/words\n{script}\n'
        )
        path.chmod(0o755)
        monkeypatch.setattr(bundles, "PROGRAM", str(path))
        return path

    return write


def test_without_tarsd_its_program_makes_it(
    tarsctl: Tarsctl, program: Program, target: Path, tmp_path: Path
) -> None:
    (tmp_path / NAME).write_bytes(CONTENT)
    step = json.dumps({"type": "step", "detail": "redacting", "done": 9, "total": 9})
    end = json.dumps({"type": "sync", "result": made(path=str(tmp_path / NAME))})
    program(f"echo '{step}'\necho '{end}'")
    ran = tarsctl("bundle", "-o", str(target))
    assert (ran.status, ran.out) == (0, f"{target}/{NAME}\n")
    assert "its program works in its place" in ran.err
    assert "redacting  9 of 9" in ran.err
    assert (target / NAME).read_bytes() == CONTENT
    assert json.loads((tmp_path / "asked").read_text())["since"] == "24h"
    assert (tmp_path / "words").read_text() == "bundle make\n"


@pytest.mark.parametrize("script", ["exit 1", "echo nonsense", "echo '[]'", "echo '{}'"])
def test_program_that_says_nothing_sensible(
    tarsctl: Tarsctl, program: Program, target: Path, script: str
) -> None:
    program(script)
    ran = tarsctl("bundle", "-o", str(target))
    assert ran.status == 1
    assert "has said nothing that makes sense" in ran.err
    assert list(target.iterdir()) == []


def test_error_of_the_program_is_told_as_tarsd_s(
    tarsctl: Tarsctl, program: Program, target: Path
) -> None:
    error: Json = {
        "kind": "no-space",
        "message": "cannot make a bundle: full",
        "fix": "df -h",
        "details": {},
    }
    program(f"echo '{json.dumps({'type': 'error', 'error': error})}'; exit 1")
    ran = tarsctl("bundle", "-o", str(target))
    assert ran.status == 1
    assert "cannot make a bundle: full; try: df -h" in ran.err


def test_without_tarsd_and_root(
    tarsctl: Tarsctl, program: Program, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program("true")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert tarsctl("bundle", "-o", str(target)).status == 4


def test_verify_needs_neither(
    tarsctl: Tarsctl, program: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    checks: list[Json] = [
        {"what": "sum", "good": None, "words": "there is none beside it"},
        {"what": "signature", "good": True, "words": "it is signed"},
    ]
    program(f"echo '{json.dumps({'type': 'sync', 'result': {'intact': True, 'checks': checks}})}'")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    ran = tarsctl("bundle", "verify", "x.tar.gz")
    assert ran.status == 0
    assert ran.out.splitlines() == [
        "-   sum        there is none beside it",
        "ok  signature  it is signed",
    ]
    assert json.loads((tmp_path / "asked").read_text()) == {"file": f"{Path.cwd()}/x.tar.gz"}
    checks[1]["good"] = False
    program(f"echo '{json.dumps({'type': 'sync', 'result': {'intact': False, 'checks': checks}})}'")
    ran = tarsctl("bundle", "verify", "x.tar.gz")
    assert ran.status == 1
    assert "do not rely on it" in ran.err
    assert json.loads(tarsctl("bundle", "verify", "x", "--json").out)["intact"] is False


def test_list_and_rm(tarsctl: Tarsctl, able: FakeDaemon) -> None:
    able.on("GET", "/v1/bundles", sync({"bundles": [made(made="2026-11-25T14:09:45.000Z")]}))
    assert NAME in tarsctl("bundle", "list").out
    able.on("GET", "/v1/bundles", sync({"bundles": []}))
    assert "no bundles are kept" in tarsctl("bundle", "list").err
    able.on("POST", "/v1/bundles/remove", sync(made()))
    assert f"removed: {NAME}" in tarsctl("bundle", "rm", NAME).err


def test_dry_run(tarsctl: Tarsctl, able: FakeDaemon, target: Path) -> None:
    plan = {
        "collectors": [{"id": "logs", "title": "Logs", "about": "what services say"}],
        "needed_bytes": 1 << 20,
        "free_bytes": 1 << 30,
        "directory": "/var/lib/tars-home/bundles",
    }
    able.on("POST", "/v1/bundles/plan", sync(plan))
    ran = tarsctl("bundle", "--dry-run", "-o", str(target))
    assert "logs  what services say" in ran.out
    assert "1 MiB are needed in /var/lib/tars-home/bundles meanwhile, 1 GiB are free" in ran.err
    assert list(target.iterdir()) == []


@pytest.mark.parametrize("lines", ["-1", "x", "1000000"])
def test_log_lines_that_are_none(tarsctl: Tarsctl, able: FakeDaemon, lines: str) -> None:
    ran = tarsctl("bundle", "--log-lines", lines)
    assert ran.status == 2
