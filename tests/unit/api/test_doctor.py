"""/v1/doctor, asked of a whole daemon over its socket: all checks once, a fix as a change, and its undo."""

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from tests.unit.api.caller import Caller
from tests.unit.home import Home

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="the route asks for root")

PERMS = {"only": ["secret.perms"]}


async def ended(api: Caller, change: str | None) -> dict[str, Any]:
    while not (found := (await api.get(f"/v1/changes/{change}")).result)["ended"]:
        await api.get(f"/v1/changes/{change}/wait?timeout=30&after={found['revision']}")
    return found


def runs(home: Home) -> list[Path]:
    return list(home.paths.doctor.iterdir())


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.fixture
def secrets(home: Home) -> Path:
    """Wider than it should be, and with a file in it."""
    home.paths.secrets.mkdir(parents=True, exist_ok=True)
    (home.paths.secrets / "redis-password").write_text("0" * 48)
    home.paths.secrets.chmod(0o755)
    return home.paths.secrets


async def test_everything_is_asked_once_without_a_trace(api: Caller, home: Home) -> None:
    found = (await api.post("/v1/doctor", {})).result
    assert sum(found["summary"].values()) == len(found["findings"])
    assert {it["id"] for it in found["findings"]} >= {"docker.down", "config.invalid", "tarsd.down"}
    assert [it["status"] for it in found["findings"] if it["id"] == "docker.down"] == ["pass"]
    listed = (await api.get("/v1/doctor/checks")).result["checks"]
    costs = {it["id"]: it["cost"]["asked"] for it in listed}
    assert costs["docker.down"] >= 1
    assert {name for it in found["sections"] for name in it["checks"]} <= costs.keys()


async def test_a_part_is_asked_and_an_unknown_name_refused(api: Caller) -> None:
    found = (await api.post("/v1/doctor", {"only": ["host.*"], "skip": ["host.cpu"]})).result
    assert {it["id"].split(".")[0] for it in found["findings"]} == {"host"}
    reply = await api.post("/v1/doctor", {"only": ["host.cup"]})
    assert (reply.status, reply.error["kind"]) == (400, "bad-request")
    assert "host.cpu" in reply.error["details"]["near"]


async def test_one_is_explained(api: Caller) -> None:
    found = (await api.get("/v1/doctor/checks/secret.perms")).result
    assert found["remedies"] == [{"id": "secret.restrict", "class": "automatic"}]
    assert found["about"]["why"]
    reply = await api.get("/v1/doctor/checks/secret.prms")
    assert (reply.status, reply.error["kind"]) == (404, "not-found")


@root_only
async def test_a_fix_is_a_change_that_can_be_taken_back(api: Caller, secrets: Path) -> None:
    (finding,) = (await api.post("/v1/doctor", PERMS)).result["findings"]
    assert finding["remedy"]["id"] == "secret.restrict"
    act = {"id": finding["id"], "subject": finding["subject"], "remedy": "secret.restrict"}
    change = await ended(api, (await api.post("/v1/doctor/fix", {"acts": [act]})).change)
    assert change["status"] == "done", change
    (outcome,) = change["result"]["acts"]
    assert outcome["end"] == "fixed", outcome
    assert mode(secrets) == 0o700
    run = change["result"]["run"]
    undone = await ended(api, (await api.post("/v1/doctor/undo", {"run": run})).change)
    assert undone["result"]["undone"] == [str(secrets)]
    assert mode(secrets) == 0o755


@root_only
async def test_an_undo_of_what_was_changed_since_says_how_all_the_same(
    api: Caller, secrets: Path
) -> None:
    act = {"id": "secret.perms", "subject": str(secrets), "remedy": "secret.restrict"}
    change = await ended(api, (await api.post("/v1/doctor/fix", {"acts": [act]})).change)
    os.chmod(secrets, 0o711)  # noqa: PTH101  what a test does is no loop's
    run = change["result"]["run"]
    refused = await ended(api, (await api.post("/v1/doctor/undo", {"run": run})).change)
    assert refused["status"] == "undone"
    assert refused["error"]["message"].endswith("has been changed since; nothing was undone")
    assert refused["error"]["fix"] == f"sudo tarsctl doctor undo {run} --yes"
    assert mode(secrets) == 0o711
    forced = {"run": run, "force": True}
    assert (await ended(api, (await api.post("/v1/doctor/undo", forced)).change))["result"]
    assert mode(secrets) == 0o755


@root_only
async def test_what_is_no_remedy_is_refused_and_leaves_no_run(api: Caller, home: Home) -> None:
    act = {"id": "secret.perms", "subject": "/x", "remedy": "secret.resrict"}
    reply = await api.post("/v1/doctor/fix", {"acts": [act]})
    assert reply.status == 400
    assert not home.paths.doctor.exists()
    assert (await api.post("/v1/doctor/undo", {"run": "7"})).status == 404
    assert (await api.post("/v1/doctor/undo", {"run": "../7"})).status == 404
    assert (await api.post("/v1/doctor/fix", {"acts": []})).status == 400


@root_only
async def test_two_at_once_are_one_and_a_conflict(api: Caller, home: Home, secrets: Path) -> None:
    act = {"id": "secret.perms", "subject": str(secrets), "remedy": "secret.restrict"}
    replies = await asyncio.gather(*(api.post("/v1/doctor/fix", {"acts": [act]}) for _ in range(2)))
    assert sorted(it.status for it in replies) == [202, 409]
    (begun,) = [it.change for it in replies if it.status == 202]
    assert (await ended(api, begun))["status"] == "done"
    assert len(runs(home)) == 1, "the refused one has left none"
