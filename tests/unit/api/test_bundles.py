"""/v1/bundles, asked of a whole daemon over its socket; its job is a double."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from tarsd.host.jobs import Job, Outcome
from tarsd.host.own_jobs import OwnJobs
from tarsd.operations.bundle_job import BundleJob
from tests.unit.api.caller import Caller
from tests.unit.home import Home

NAME = "tars-bundle-3f9a1c-20261125T140945Z.tar.gz"
MADE = {"name": NAME, "files": 3}
PLAN: dict[str, Any] = {"collectors": [], "needed_bytes": 1, "free_bytes": 2, "directory": "/x"}


class Program:
    """What `tarsd bundle` would do."""

    def __init__(self, home: Home) -> None:
        self.seen: list[tuple[str, Any]] = []
        self.jobs: list[Job] = []
        self.answers: dict[str, Mapping[str, Any]] = {
            "plan": {"type": "sync", "result": PLAN},
            "make": {"type": "sync", "result": MADE},
        }
        self.steps: Sequence[Mapping[str, Any]] = ()
        home.compose.bundle = self.run

    def run(self, job: Job) -> Outcome:
        self.jobs.append(job)
        what = job.argv[-1]
        self.seen.append((what, json.loads(job.given)))
        lines = [*self.steps, self.answers[what]]
        output = b"".join(json.dumps(it).encode() + b"\n" for it in lines)
        assert job.heard is not None
        for at in range(0, len(output), 7):
            job.heard(output[at : at + 7])
        return Outcome(0, output, "")

    def refuse(self, what: str, kind: str) -> None:
        error: dict[str, Any] = {"kind": kind, "message": "cannot: no", "fix": "do this"}
        self.answers[what] = {"type": "error", "error": error}


@pytest.fixture
def program(home: Home) -> Program:
    return Program(home)


def put(home: Home, name: str = NAME, content: bytes = b"packed") -> None:
    home.paths.bundles.mkdir(exist_ok=True)
    (home.paths.bundles / name).write_bytes(content)
    (home.paths.bundles / f"{name}.sha256").write_text(f"{'a' * 64}  {name}\n")


async def ended(api: Caller, change: str | None) -> dict[str, Any]:
    while not (found := (await api.get(f"/v1/changes/{change}")).result)["ended"]:
        await api.get(f"/v1/changes/{change}/wait?timeout=30&after={found['revision']}")
    return found


async def test_a_job_makes_it_and_the_change_has_it(api: Caller, program: Program) -> None:
    reply = await api.post("/v1/bundles", {"since": "1h", "exclude": ["doctor"]})
    change = await ended(api, reply.change)
    assert (change["status"], change["result"]) == ("done", {"bundle": MADE})
    assert [what for what, _ in program.seen] == ["plan", "make"]
    asked = program.seen[1][1]
    assert asked["exclude"] == ["doctor"]
    assert asked["since"].endswith("Z"), "a change that is resumed means the same time"


async def test_steps_are_heard_as_they_come(home: Home, program: Program) -> None:
    program.steps = [
        {"type": "step", "detail": "collecting: Docker", "done": 1, "total": 9},
        {"type": "step", "detail": "redacting", "done": 3, "total": 9},
    ]
    seen: list[tuple[str, int, int]] = []

    def moved(words: str, done: int, total: int) -> None:
        seen.append((words, done, total))

    job = BundleJob(OwnJobs(home.compose, home.paths.program), home.paths)
    assert await job.make({}, moved) == MADE
    assert seen == [("collecting: Docker", 1, 9), ("redacting", 3, 9)]


async def test_its_job_may_write_in_two_places_and_is_last_in_line(
    api: Caller, home: Home, program: Program
) -> None:
    await ended(api, (await api.post("/v1/bundles", {})).change)
    rights = program.jobs[-1].rights
    assert rights["ReadWritePaths"] == ("as", [f"-{home.paths.bundles}", f"-{home.paths.keys}"])
    assert rights["CPUWeight"] == ("t", 20)
    assert program.jobs[-1].memory == 250 * 10**6


@pytest.mark.parametrize(
    ("kind", "status"), [("bad-request", 400), ("no-space", 500), ("change-conflict", 409)]
)
async def test_what_cannot_be_is_refused_before_there_is_a_change(
    api: Caller, program: Program, kind: str, status: int
) -> None:
    program.refuse("plan", kind)
    reply = await api.post("/v1/bundles", {})
    assert (reply.status, reply.error["kind"], reply.error["fix"]) == (status, kind, "do this")
    assert (await api.get("/v1/changes")).result["changes"] == []


async def test_what_fails_later_is_the_change_s_error_and_nothing_is_left(
    api: Caller, home: Home, program: Program
) -> None:
    program.refuse("make", "bundle-failed")
    home.paths.bundles.mkdir()
    (home.paths.bundles / ".work-x.tarsd-new").mkdir()
    change = await ended(api, (await api.post("/v1/bundles", {})).change)
    assert (change["status"], change["error"]["kind"]) == ("undone", "bundle-failed")
    assert not list(home.paths.bundles.glob(".work*"))


async def test_program_that_dies_is_told_with_its_last_words(api: Caller, home: Home) -> None:
    home.compose.bundle = lambda _: Outcome(1, b"", "Traceback\nImportError: no redactor\n")
    reply = await api.post("/v1/bundles", {})
    assert "ImportError: no redactor" in reply.error["message"]


async def test_dry_run(api: Caller, program: Program) -> None:
    assert (await api.post("/v1/bundles/plan", {"include": ["logs"]})).result == PLAN
    assert [what for what, _ in program.seen] == ["plan"]


@pytest.mark.parametrize(
    "body",
    [
        {"since": "yesterday"},
        {"include": ["../x"]},
        {"log_lines": -1},
        {"log_lines": 10**9},
        {"encrypt_to": 5},
        {"directory": "/tmp"},
    ],
)
async def test_what_makes_no_sense_reaches_no_job(
    api: Caller, program: Program, body: dict[str, Any]
) -> None:
    for path in ("/v1/bundles", "/v1/bundles/plan"):
        assert (await api.post(path, body)).error["kind"] == "bad-request"
    assert program.seen == []


async def test_list_and_content_and_removal(api: Caller, home: Home) -> None:
    assert (await api.get("/v1/bundles")).result == {"bundles": []}
    put(home)
    put(home, "notes.txt")
    (row,) = (await api.get("/v1/bundles")).result["bundles"]
    assert (row["name"], row["size_bytes"], row["sha256"]) == (NAME, 6, "a" * 64)
    async with api.session.get(f"/v1/bundles/{NAME}/content") as answer:
        assert (answer.status, await answer.read()) == (200, b"packed")
    assert (await api.post("/v1/bundles/remove", {"name": NAME})).result["name"] == NAME
    assert not (home.paths.bundles / f"{NAME}.sha256").exists()
    assert (await api.post("/v1/bundles/remove", {"name": NAME})).error["kind"] == "not-found"


@pytest.mark.parametrize("name", ["..%2f..%2fetc%2fpasswd", "notes.txt", ".lock", f"{NAME}.sha256"])
async def test_nothing_else_is_ever_handed_out(api: Caller, home: Home, name: str) -> None:
    put(home)
    put(home, "notes.txt")
    (home.paths.bundles / ".lock").touch()
    assert (await api.get(f"/v1/bundles/{name}/content")).status == 404
    assert (await api.post("/v1/bundles/remove", {"name": name})).status == 400


async def test_link_is_no_bundle(api: Caller, home: Home) -> None:
    home.paths.bundles.mkdir()
    (home.paths.bundles / NAME).symlink_to("/etc/passwd")
    assert (await api.get(f"/v1/bundles/{NAME}/content")).status == 404
