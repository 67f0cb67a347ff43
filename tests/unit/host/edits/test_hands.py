"""Which files may be touched, with which rights, and units that are enabled on record."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tarsd.errors import JobFailed, NotFound
from tarsd.host.edits.allowed import Allowed
from tarsd.host.edits.hands import FileEdits, rights
from tarsd.host.edits.record import Enabled, Record
from tarsd.host.edits.runs import KEPT, Runs
from tarsd.host.own_jobs import OwnJobs
from tarsd.host.systemd import Move
from tarsd.host.unit_hands import SystemdUnits
from tarsd.paths import Paths
from tests.unit.host.test_own_jobs import Answers, Outcome

ALLOWED = Allowed(Paths(), lambda: ["/home/ann/tars.env"])


@pytest.mark.parametrize(
    ("path", "root"),
    [
        ("/etc/docker/daemon.json", "/"),
        ("/etc/tars-home/conf.d/50-install.toml", "/etc/tars-home"),
        ("/var/lib/tars-home", "/var/lib/tars-home"),
        ("/home/ann/tars.env", "/"),
    ],
)
def test_what_may_be_touched(path: str, root: str) -> None:
    assert ALLOWED.root_of(path) == root


@pytest.mark.parametrize(
    "path",
    [
        "/etc/shadow",
        "/etc/docker/key.json",
        "/etc/tars-home/../shadow",
        "/etc/tars-homely/x",
        "etc/tars-home/x",
        "/etc/tars-home//x",
        "/home/ann/other.env",
        "/",
        "",
    ],
)
def test_nothing_else_may(path: str) -> None:
    with pytest.raises(JobFailed, match="not among the files"):
        ALLOWED.root_of(path)


def test_a_job_may_write_where_it_has_to_and_nowhere_else() -> None:
    assert rights(["/etc/docker/daemon.json"])["ReadWritePaths"][1] in (["/etc/docker"], ["/etc"])
    assert rights([])["ReadWritePaths"] == ("as", [])


async def test_an_act_is_one_job_that_knows_its_run(tmp_path: Path) -> None:
    jobs = Answers(Outcome(0, b'{"changed": true}', ""))
    edits = FileEdits(OwnJobs(jobs, tmp_path), ALLOWED, Runs(tmp_path / "doctor").new)
    await edits.set_mode("/var/lib/tars-home/secrets", 0o700)
    (job,) = jobs.seen
    assert b'"mode": 448' in job.given
    assert str(tmp_path / "doctor" / "1").encode() in job.given
    with pytest.raises(JobFailed, match="longer than"):
        await edits.write("/etc/docker/daemon.json", "x" * 70_000, was=None)
    with pytest.raises(JobFailed, match="not among"):
        await edits.read("/etc/shadow")
    assert len(jobs.seen) == 1


def test_runs_are_numbered_and_the_oldest_go(tmp_path: Path) -> None:
    runs = Runs(tmp_path / "doctor")
    assert runs.new().id == "1"
    assert runs.new().id == "2"
    assert runs.get("2").directory == tmp_path / "doctor" / "2"
    for name in ("3", "0x2", "../..", "", "²"):
        with pytest.raises(NotFound):
            runs.get(name)
    for _ in range(KEPT):
        runs.new()
    with pytest.raises(NotFound):
        runs.get("2")


class Manager:
    """systemd, as far as it is asked."""

    def __init__(self, **states: str) -> None:
        self.states = states
        self.acts: list[tuple[Any, ...]] = []
        self.end = "done"

    def unit_file_states(self, names: Sequence[str]) -> dict[str, str]:
        return {it: self.states[it] for it in names if it in self.states}

    def set_enabled(self, name: str, *, enabled: bool) -> None:
        self.acts.append((name, enabled))

    def reload(self) -> None:
        self.acts.append(("reload",))

    def move_unit(self, name: str, how: Move, deadline: float) -> str:
        self.acts.append((name, how))
        return self.end


async def test_a_unit_is_enabled_on_record(tmp_path: Path) -> None:
    run = Runs(tmp_path / "doctor").new()
    manager = Manager(off="disabled", on="enabled", gone="masked")
    units = SystemdUnits(lambda: run, manager)
    await asyncio.gather(units.enable("off"), units.enable("on"))
    assert Record(run.directory).entries() == [Enabled(1, "off", "disabled")]
    assert manager.acts == [("off", True), ("reload",)]
    with pytest.raises(JobFailed, match="masked"):
        await units.enable("gone")
    with pytest.raises(JobFailed, match="knows no such unit"):
        await units.enable("never")


async def test_a_unit_that_does_not_come_up_is_told(tmp_path: Path) -> None:
    manager = Manager()
    units = SystemdUnits(Runs(tmp_path / "doctor").new, manager)
    await units.start("it")
    await units.reload_or_restart("it")
    manager.end = "failed"
    with pytest.raises(JobFailed, match="cannot restart it: systemd says failed"):
        await units.restart("it")
    assert manager.acts == [("it", "start"), ("it", "reload-or-restart"), ("it", "restart")]
