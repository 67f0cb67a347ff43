"""Compose, the plugin itself, run as a job: what it is told, and what its failures become."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tarsd.errors import DataAtRisk, EngineUnavailable, JobFailed, StackInvalid
from tarsd.host.compose import By, Compose
from tarsd.host.jobs import Job, Outcome


class Jobs:
    """Ends every job as told."""

    def __init__(self, outcome: Outcome | JobFailed) -> None:
        self.ran: list[Job] = []
        self._outcome = outcome

    async def run(self, job: Job) -> Outcome:
        self.ran.append(job)
        if isinstance(self._outcome, JobFailed):
            raise self._outcome
        return self._outcome

    async def stop_leftovers(self) -> list[str]:
        return []

    @property
    def strays(self) -> Sequence[str]:
        return ()

    def close(self) -> None:
        """Nothing is open."""


def compose(tmp_path: Path, jobs: Jobs, plugins: Sequence[str] = ("one",)) -> Compose:
    for name in plugins:
        (tmp_path / name).mkdir()
        (tmp_path / name / "docker-compose").touch()
    directories = [tmp_path / name for name in ("none", "one", "two")]
    return Compose(jobs, "tars", tmp_path, "/run/docker.sock", directories)


def refused(said: str) -> Jobs:
    return Jobs(Outcome(15, b"", said))


def test_the_plugin_is_found_where_dockers_cli_finds_it_first(tmp_path: Path) -> None:
    found = compose(tmp_path, refused(""), ["two", "one"]).binary()
    assert found == tmp_path / "one" / "docker-compose"


def test_no_plugin_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(
        EngineUnavailable, match=r"Compose v2 is not installed|only Compose v1"
    ) as it:
        compose(tmp_path, refused(""), []).binary()
    assert it.value.fix is not None
    assert "Debian 12 has only v1" in it.value.fix


async def test_what_compose_refuses_to_merge_is_told_in_its_last_words(tmp_path: Path) -> None:
    said = 'time="..." level=warning msg="..."\n\nvalidating /etc/x.yaml: services.redis.imag is wrong\n\n'
    with pytest.raises(StackInvalid) as caught:
        await compose(tmp_path, refused(said)).resolve(
            [tmp_path / "a", tmp_path / "b"], [], {}, tmp_path
        )
    assert caught.value.message == (
        "cannot render the stack: Compose says: /etc/x.yaml: services.redis.imag is wrong"
    )


async def test_a_refusal_without_a_word_tells_the_exit_status(tmp_path: Path) -> None:
    with pytest.raises(StackInvalid, match=r"Compose says: nothing \(exit status 15\)"):
        await compose(tmp_path, refused("\n \n")).down(tmp_path / "compose.json")


@pytest.mark.parametrize("output", [b"", b"services:\n", b"\xff", b"[]", b"7", b"{}", b"null"])
async def test_a_merge_that_is_not_a_stack_is_refused(tmp_path: Path, output: bytes) -> None:
    jobs = Jobs(Outcome(0, output, ""))
    with pytest.raises(StackInvalid, match="cannot render the stack"):
        await compose(tmp_path, jobs).resolve([tmp_path / "compose.yaml"], [], {}, tmp_path)


async def test_a_failed_act_keeps_all_of_composes_words_for_a_report(tmp_path: Path) -> None:
    said = (
        "Container tars-redis-1 Starting\nError response from daemon: port is already allocated\n"
    )
    with pytest.raises(StackInvalid, match=r"Compose says: port is already allocated$") as caught:
        await compose(tmp_path, refused(said)).up(
            tmp_path / "compose.json", ["redis"], recreate=True
        )
    assert caught.value.details == {"output": said}


@pytest.mark.parametrize(
    "said",
    [
        "Cannot connect to the Docker daemon at unix:///run/docker.sock. Is the docker daemon running?\n",
        "failed to connect to the docker API at unix:///run/docker.sock; check if the path is correct "
        "and if the daemon is running: dial unix /run/docker.sock: connect: no such file or directory\n",
    ],
)
async def test_an_engine_that_is_down_is_not_called_a_wrong_stack(
    tmp_path: Path, said: str
) -> None:
    with pytest.raises(EngineUnavailable, match="cannot start the stack") as caught:
        await compose(tmp_path, refused(said)).up(tmp_path / "c.json", [], recreate=False)
    assert caught.value.fix is not None
    assert "sudo systemctl restart docker" in caught.value.fix
    assert caught.value.details == {"output": said}


UNSET = r'''time="2026-11-22T03:12:04Z" level=warning msg="The \"FOO\" variable is not set. Defaulting to a blank string."'''


async def test_what_compose_warns_of_is_kept_once(tmp_path: Path) -> None:
    said = f'{UNSET}\n{UNSET}\ntime=x level=info msg="warning"\nlevel=warning msg=odd\n'
    jobs = Jobs(Outcome(0, b'{"services": {"redis": {}}}', said))
    resolved = await compose(tmp_path, jobs).resolve([tmp_path / "a"], [], {}, tmp_path)
    assert resolved.warnings == (
        'The "FOO" variable is not set. Defaulting to a blank string.',
        "odd",
    )


async def test_a_job_that_could_not_run_is_told_as_it_is(tmp_path: Path) -> None:
    jobs = Jobs(JobFailed("cannot finish docker-compose: it ran past its 600 s"))
    with pytest.raises(JobFailed, match="ran past"):
        await compose(tmp_path, jobs).up(tmp_path / "compose.json", [], recreate=False)


async def test_names_that_look_like_options_never_reach_compose_as_such(tmp_path: Path) -> None:
    """Service names come from the generation; this is the last fence."""
    jobs = Jobs(Outcome(0, b"", ""))
    await compose(tmp_path, jobs).up(tmp_path / "compose.json", ["redis"], recreate=False)
    argv = list(jobs.ran[0].argv)
    assert argv[argv.index("--file") + 1] == str(tmp_path / "compose.json")
    assert argv[-1] == "redis"
    assert jobs.ran[0].deadline == 600


class Forbids:
    """A guard that says no to all, and what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[object, ...]] = []

    async def before_up(
        self, generation: Path, services: Sequence[str], *, recreate: bool, by: By
    ) -> None:
        self.asked.append((generation.name, *services, recreate, by))
        raise DataAtRisk("cannot create redis: its data is in the container itself")

    async def before_down(self) -> None:
        self.asked.append(("down",))
        raise DataAtRisk("cannot remove redis: its data is in the container itself")


async def test_what_its_guard_forbids_is_not_begun(tmp_path: Path) -> None:
    jobs, guard = refused(""), Forbids()
    guarded = replace(compose(tmp_path, jobs), guard=guard)
    generation = tmp_path / "compose.json"
    for by in ("owner", "healer", "undo"):
        with pytest.raises(DataAtRisk):
            await guarded.up(generation, ["redis"], recreate=by == "owner", by=by)
    with pytest.raises(DataAtRisk):
        await guarded.down(generation)
    assert guard.asked == [
        ("compose.json", "redis", True, "owner"),
        ("compose.json", "redis", False, "healer"),
        ("compose.json", "redis", False, "undo"),
        ("down",),
    ]
    assert jobs.ran == []
