"""The plan of an install: what it would do, told without doing any of it."""

from pathlib import Path
from typing import Any

import pytest

from tarsd.catalogue.preflight import CHECKS
from tarsd.host.compose import Compose
from tarsd.host.containers import Containers
from tarsd.host.generations import Generations
from tarsd.host.gpu import Gpus
from tarsd.host.kernel_notes import KernelNotes
from tarsd.host.nvidia.senses import nvidia
from tarsd.host.ollama import Ollama
from tarsd.host.own_jobs import OwnJobs
from tarsd.host.secret_files import SecretFiles
from tarsd.operations.answers import Answers
from tarsd.operations.foresight import Foresight
from tarsd.operations.render import Renderer
from tarsd.operations.worlds import Sources, Worlds
from tests.unit.catalogue.test_host import card
from tests.unit.fake_engine import FakeContainer
from tests.unit.fake_sight import FakeSight
from tests.unit.home import Home
from tests.unit.senses import senses
from tests.unit.worlds import never_asked


@pytest.fixture
def gpus(tmp_path: Path) -> Path:
    return tmp_path / "gpus"


@pytest.fixture
def foresight(home: Home, tmp_path: Path, gpus: Path) -> Foresight:
    docker, paths = home.app.docker, home.paths
    compose = Compose(home.compose, "tars", paths.state, "/nowhere", [tmp_path / "cli-plugins"])
    renderer = Renderer(paths, compose, Gpus(docker, gpus), lambda: home.app.configured.settings)
    jobs = OwnJobs(home.compose, paths.program)
    kernel = KernelNotes()
    sources = Sources(
        nas=FakeSight(),
        nvidia=nvidia(docker, jobs, renderer.gpus, kernel),
        kernel=kernel,
        ollama=Ollama(home.app.http, lambda: 1),
        http=home.app.http,
        deep=never_asked(docker),
    )
    worlds = Worlds(docker, jobs, renderer, senses(tmp_path / "sensed"), sources)
    containers = Containers(docker, "tars")
    generations = Generations(paths.generations)
    return Foresight(CHECKS, paths, worlds, containers, generations, SecretFiles(paths.secrets))


@pytest.fixture
def plan(home: Home, foresight: Foresight) -> Any:
    async def ask(
        *, pull: bool = True, archive: dict[str, str | None] | None = None, **answers: Any
    ) -> dict[str, Any]:
        in_force = home.app.configured.settings
        told = Answers.of(answers)
        return await foresight.plan(told, in_force, pull=pull, archive=archive or {})

    return ask


def services(plan: dict[str, Any]) -> dict[str, str]:
    return {it["name"]: it["what"] for it in plan["services"]}


async def test_a_first_install(home: Home, plan: Any) -> None:
    home.engine.registry["redis:8"] = home.engine.images.pop("redis:8")
    found = await plan(with_frontend=True)
    assert found["verdict"] == "GO", found
    assert services(found) == {"postgres": "create", "redis": "create", "webui": "create"}
    assert {it["reference"]: it["from"] for it in found["images"]} == {
        "postgres:17": "here",
        "redis:8": "registry",
        "webui:1": "here",
    }
    assert "redis-password" in found["secrets"]
    assert found["settings"] == [{"key": "stack.frontend", "from": False, "to": True}]


async def test_looking_changes_nothing(home: Home, plan: Any) -> None:
    await home.install()
    before = {it: it.stat().st_mtime_ns for it in home.paths.state.rglob("*")}
    calls = len(home.engine.calls)
    await plan(with_frontend=True, models=["a"], backend_image="api:1")
    assert {it: it.stat().st_mtime_ns for it in home.paths.state.rglob("*")} == before
    assert all(call.startswith("GET ") for call in home.engine.calls[calls:])
    assert home.app.configured.settings.stack.frontend is False


async def test_the_same_again_keeps_all(home: Home, plan: Any) -> None:
    await home.install(with_frontend=True)
    found = await plan()
    assert set(services(found).values()) == {"keep"}
    assert (found["settings"], found["secrets"]) == ([], [])


async def test_each_service_is_told_by_what_would_become_of_it(home: Home, plan: Any) -> None:
    await home.install(with_frontend=True)
    home.compose.stack["services"]["redis"]["environment"] = {"A": "1"}
    home.engine.containers["postgres"].state = "exited"
    found = await plan(with_frontend=False)
    told = {it["name"]: (it["what"], it["why"]) for it in found["services"]}
    assert told == {
        "postgres": ("start", "exited"),
        "redis": ("recreate", "environment"),
        "webui": ("remove", "no longer wanted"),
    }


async def test_a_container_that_is_gone_or_half_made_would_be_made_anew(
    home: Home, plan: Any
) -> None:
    await home.install()
    home.engine.containers["postgres"].state = "created"
    del home.engine.containers["redis"]
    assert services(await plan()) == {"postgres": "recreate", "redis": "create"}


async def test_another_image_of_the_same_name_would_be_taken(home: Home, plan: Any) -> None:
    await home.install()
    home.engine.images["redis:8"] = {"Id": "sha256:newer"}
    found = await plan()
    told = {it["name"]: (it["what"], it["why"]) for it in found["services"]}
    assert told["redis"] == ("recreate", "image")
    assert told["postgres"] == ("keep", None)


@pytest.mark.parametrize(
    ("held", "what"),
    [("sha256:redis:8", "keep"), ("sha256:other", "unknown"), (None, "unknown")],
)
async def test_an_archive_may_hold_another_image_of_the_same_name(
    home: Home, plan: Any, held: str | None, what: str
) -> None:
    await home.install()
    found = await plan(pull=False, archive={"redis:8": held})
    assert services(found) == {"postgres": "keep", "redis": what}
    assert {it["from"] for it in found["images"]} == {"archive", "here"}


async def test_an_image_that_comes_from_nowhere_refuses_it(home: Home, plan: Any) -> None:
    del home.engine.images["redis:8"]
    found = await plan(pull=False, archive={"postgres:17": None})
    assert found["verdict"] == "NO-GO"
    (failure,) = found["failures"]
    assert failure["id"] == "image.missing"
    assert failure["fix"] == "make the archive again with all of: postgres:17 redis:8"


async def test_a_volume_whose_secret_is_gone_refuses_it(home: Home, plan: Any) -> None:
    await home.install()
    (home.paths.secrets / "postgres-password").unlink()
    found = await plan()
    assert [it["id"] for it in found["failures"]] == ["secret.missing"]
    assert "tars_postgres" in found["failures"][0]["summary"]


async def test_a_lost_admin_password_that_open_webui_knows_is_a_warning(
    home: Home, plan: Any
) -> None:
    await home.install()
    (home.paths.secrets / "admin-password").unlink()
    assert "secret.remade" not in [it["id"] for it in (await plan())["warnings"]]
    home.engine.volumes["tars_webui"] = "tars"
    found = await plan()
    assert found["verdict"] == "GO"
    assert "secret.remade" in [it["id"] for it in found["warnings"]]


async def test_what_cannot_be_known_without_an_engine_is_null(home: Home, plan: Any) -> None:
    await home.engine.stop()
    found = await plan(cpu_only=True)
    assert (found["images"], found["services"]) == (None, None)
    assert [it["id"] for it in found["failures"]] == ["docker.down"]
    assert found["settings"] == [{"key": "stack.cpu_only", "from": False, "to": True}]


async def test_another_version_that_is_still_to_be_pulled_would_be_taken(
    home: Home, plan: Any
) -> None:
    await home.install()
    home.compose.stack["services"]["redis"]["image"] = "redis:9"
    home.engine.registry["redis:9"] = {"Id": "sha256:9"}
    told = {it["name"]: (it["what"], it["why"]) for it in (await plan())["services"]}
    assert told == {"redis": ("recreate", "image"), "postgres": ("keep", None)}


async def test_an_image_that_is_gone_and_would_be_pulled_again_may_be_the_same(
    home: Home, plan: Any
) -> None:
    await home.install()
    home.engine.registry["redis:8"] = home.engine.images.pop("redis:8")
    assert services(await plan()) == {"redis": "unknown", "postgres": "keep"}


async def test_a_container_that_no_generation_knows_would_be_removed(home: Home, plan: Any) -> None:
    await home.install()
    home.engine.add(FakeContainer("stray"))
    assert services(await plan())["stray"] == "remove"


async def test_an_engine_that_refuses_to_tell_is_told_in_its_words(home: Home, plan: Any) -> None:
    home.engine.say("/redis:8/json", 500, {"message": "database is locked"})
    found = await plan(pull=False)
    assert found["verdict"] == "NO-GO"
    assert found["services"] is None
    assert [it["id"] for it in found["failures"]] == ["engine-refused"]
    assert "database is locked" in found["failures"][0]["summary"]


async def test_a_damaged_generation_would_be_made_anew(home: Home, plan: Any) -> None:
    await home.install()
    assert home.generation is not None
    home.generation.compose_file.write_text("{")
    assert set(services(await plan()).values()) == {"unknown"}


async def test_questions_are_about_what_matters_here_and_nobody_has_answered(
    home: Home, plan: Any, gpus: Path
) -> None:
    assert [it["answer"] for it in (await plan())["questions"]] == ["with_frontend"]
    card(gpus)
    home.paths.settings.write_text('[nas]\npath = "/mnt/nas/docs"\n')
    asked = [it["answer"] for it in (await plan())["questions"]]
    assert asked == ["with_frontend", "cpu_only", "skip_nas"]
    answers = {"with_frontend": False, "cpu_only": False, "skip_nas": True}
    assert (await plan(**answers))["questions"] == []
    await home.install(**answers)
    assert (await plan())["questions"] == []
