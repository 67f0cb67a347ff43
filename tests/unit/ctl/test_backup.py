"""tarsctl backup: what is kept, where, and that it is not yet anywhere else."""

import pytest

from tests.unit.ctl.facts import Json, change
from tests.unit.ctl.fake_daemon import FakeDaemon, started, sync
from tests.unit.ctl.runs import Tarsctl

KEPT = "/var/lib/tars-home/backups"


def backup(service: str, kind: str, holds: int | None = None) -> Json:
    return {
        "name": f"{service}-1",
        "service": service,
        "kind": kind,
        "made": "2026-11-20T01:00:00.000+00:00",
        "size_bytes": 2048,
        "holds": holds,
        "path": f"{KEPT}/{service}-1/data.tar.gz",
    }


MADE = [
    backup("chromadb", "chroma", 2),
    backup("postgres", "pg_dumpall"),
    backup("webui", "files:/app/backend/data"),
]


def cells(out: str) -> list[list[str]]:
    return [[it.strip() for it in line.split("  ") if it.strip()] for line in out.splitlines()]


def test_what_was_made_is_shown(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    daemon.on("POST", "/v1/backups", started("7"))
    daemon.on("GET", "/v1/changes/7", sync(change(id="7", result={"backups": MADE})))
    ran = tarsctl("backup")
    assert ran.status == 0, ran.err
    rows = cells(ran.out)
    assert rows[0] == ["SERVICE", "MADE", "SIZE", "HOLDS", "FILE"]
    assert [row[3] for row in rows[1:4]] == ["2 collections", "-", "/app/backend/data"]
    assert rows[3][4] == f"{KEPT}/webui-1/data.tar.gz"
    assert "copy it to another machine" in ran.err


def test_named_services_are_asked_for(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    daemon.on("POST", "/v1/backups", started("7"))
    daemon.on("GET", "/v1/changes/7", sync(change(id="7")))
    assert tarsctl("backup", "--only", "postgres").status == 0
    assert [it.json for it in daemon.asked("POST", "/v1/backups")] == [{"services": ["postgres"]}]


def test_where_it_could_not_be_made(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    daemon.on("POST", "/v1/backups", started("7"))
    error = {"kind": "no-space", "message": "cannot keep a backup in X: it is full", "fix": "df -h"}
    failed = change(id="7", status="undone", error=error)
    daemon.on("GET", "/v1/changes/7", sync(failed))
    ran = tarsctl("backup")
    assert ran.status == 1
    assert "cannot keep a backup in X: it is full; try: df -h" in ran.err
    assert "copy it" not in ran.err


@pytest.mark.parametrize("words", [("backup", "list"), ("backup", "list", "--json")])
def test_list(tarsctl: Tarsctl, daemon: FakeDaemon, words: tuple[str, ...]) -> None:
    daemon.on("GET", "/v1/backups", sync({"backups": MADE}))
    assert f"{KEPT}/postgres-1/data.tar.gz" in tarsctl(*words).out


def test_none_yet(tarsctl: Tarsctl, daemon: FakeDaemon) -> None:
    daemon.on("GET", "/v1/backups", sync({"backups": []}))
    ran = tarsctl("backup", "list")
    assert (ran.status, ran.out) == (0, "")
    assert "tarsctl backup" in ran.err
