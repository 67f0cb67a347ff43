"""An install brings the stack up from nothing, converges when run again, and takes itself back when it fails."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from tarsd.changes.locks import STACK
from tarsd.changes.model import Change, ChangeStatus
from tarsd.operations import install
from tests.unit.fake_engine import FakeContainer
from tests.unit.home import Home
from tests.unit.names import names

SECRETS = [
    "admin-password",
    "encryption-key",
    "jwt-root",
    "postgres-password",
    "redis-password",
    "webui-secret-key",
]


def error_of(change: Change) -> dict[str, Any]:
    assert change.status is ChangeStatus.UNDONE, change
    assert change.error is not None
    return change.error


async def test_from_nothing_to_a_healthy_stack(home: Home) -> None:
    change = await home.install()
    assert change.status is ChangeStatus.DONE, change.error
    assert home.engine.containers.keys() == {"postgres", "redis"}
    assert home.generation is not None
    assert change.result is not None
    assert change.result["verdict"] == "GO"
    assert change.result["generation"] == home.generation.number == 1
    assert change.result["warnings"] == change.result["failures"] == []
    assert change.result["passed"] == 22 + 2  # findings about the machine, healthy services
    assert await home.intent() == {"postgres": "running", "redis": "running"}
    assert sorted(home.secrets()) == SECRETS


async def test_the_generation_runs_what_was_found_and_knows_what_it_was_called(home: Home) -> None:
    digest = "sha256:" + "d1" * 32
    home.engine.images["redis:8"] = {"Id": "sha256:1d", "RepoDigests": [f"redis@{digest}"]}
    await home.install()
    assert home.generation is not None
    stack = json.loads(home.generation.compose_file.read_text())
    assert stack["services"]["redis"]["image"] == f"redis:8@{digest}"
    assert stack["services"]["postgres"]["image"] == "sha256:postgres:17"
    assert home.generation.services["postgres"].image == "postgres:17"


async def test_what_depends_starts_when_what_it_needs_is_healthy(home: Home) -> None:
    home.compose.starts["postgres"] = FakeContainer("postgres", healthy_after=5)
    change = await home.install(with_frontend=True)
    assert change.status is ChangeStatus.DONE, change.error
    ups = [words[-2:] for words in home.compose.calls("up")]
    assert [list(it) for it in ups] == [["postgres", "redis"], ["--quiet-pull", "webui"]]


async def test_again_changes_nothing_at_all(home: Home) -> None:
    await home.install(with_frontend=True)
    before = (home.secrets(), home.generation, dict(home.engine.containers))
    change = await home.install()
    assert change.status is ChangeStatus.DONE
    assert (home.secrets(), home.generation, dict(home.engine.containers)) == before


async def test_answers_are_remembered_until_told_otherwise(home: Home) -> None:
    await home.install(with_frontend=True, cpu_only=True)
    await home.install(with_frontend=False)
    stack = home.app.configured.settings.stack
    assert (stack.frontend, stack.cpu_only) == (False, True)


async def test_no_call_to_compose_may_reach_a_registry_or_recreate_what_others_need(
    home: Home,
) -> None:
    await home.install()
    for words in home.compose.calls("up"):
        assert {"--detach", "--no-deps", "--no-build"} < set(words)
        assert words[words.index("--pull") + 1] == "never"
    assert not any("--volumes" in words or "-v" in words for words in home.compose.calls("down"))


async def test_a_missing_image_is_pulled(home: Home) -> None:
    home.engine.registry["redis:8"] = home.engine.images.pop("redis:8")
    assert (await home.install()).status is ChangeStatus.DONE


async def test_an_archive_that_stayed_where_it_was_ends_the_install(home: Home) -> None:
    """The machine was not ready when tarsctl asked, and is by now; that its images are here may be chance."""
    plan = install.plan({}, pull=False, loaded=False)
    change = await home.app.changes.begin("install", "install the stack", {STACK}, plan)
    error = error_of(await home.end(change))
    assert "the archive was not loaded" in error["message"]
    assert home.engine.containers == {}


async def test_a_missing_image_that_may_not_be_pulled_is_named_with_what_is_needed(
    home: Home,
) -> None:
    home.engine.registry["redis:8"] = home.engine.images.pop("redis:8")
    error = error_of(await home.install(pull=False))
    assert error["kind"] == "image-missing"
    assert error["message"] == "cannot find redis:8 on this machine: not in the archive"
    assert error["fix"] == "make the archive again with all of: postgres:17 redis:8"


async def test_a_registry_that_breaks_off_is_asked_again(home: Home) -> None:
    home.engine.registry["redis:8"] = home.engine.images.pop("redis:8")
    home.engine.pulls_break = [
        "unexpected EOF",
        "dial tcp 10.0.0.1:5000: connect: connection refused",
    ]
    assert (await home.install()).status is ChangeStatus.DONE
    assert home.engine.calls.count("POST /images/create") == 3


async def test_a_registry_that_stays_away_is_given_up(
    home: Home, clock: Callable[[], float]
) -> None:
    home.engine.registry["redis:8"] = home.engine.images.pop("redis:8")
    home.engine.pulls_break = ["unexpected EOF"] * 1000
    started = clock()
    assert error_of(await home.install())["message"] == "cannot pull redis:8: unexpected EOF"
    assert 600 < clock() - started < 700
    assert home.engine.containers == {}


async def test_what_cannot_get_better_is_not_tried_again(home: Home) -> None:
    home.engine.registry["redis:8"] = home.engine.images.pop("redis:8")
    home.engine.pulls_break = ["write /var/lib/docker/tmp/x: no space left on device"]
    error = error_of(await home.install())
    assert error["message"] == "cannot pull redis:8: the disk of the Engine is full"
    assert home.engine.calls.count("POST /images/create") == 1


async def test_an_image_made_for_another_kind_of_machine(home: Home) -> None:
    home.engine.version["Arch"] = "amd64"
    home.engine.images["redis:8"] = {"Id": "sha256:arm", "Architecture": "arm64"}
    error = error_of(await home.install(pull=False))
    assert error["message"] == "cannot use redis:8: it is made for arm64, this machine is amd64"
    assert home.engine.containers == {}


async def test_an_image_the_registry_does_not_have(home: Home) -> None:
    del home.engine.images["redis:8"]
    assert "manifest unknown" in error_of(await home.install())["message"]


@pytest.mark.parametrize(
    ("info", "words"),
    [
        ({"SecurityOptions": ["name=rootless"]}, "rootless"),
        ({"DockerRootDir": "/var/snap/docker/common/var-lib-docker"}, "from a snap"),
    ],
)
async def test_an_engine_of_the_wrong_kind_ends_it_before_it_began(
    home: Home, info: dict[str, object], words: str
) -> None:
    home.engine.info |= info
    error = error_of(await home.install())
    assert error["message"].startswith("cannot install the stack: docker.flavour: the Engine is ")
    assert words in error["message"]
    assert error["details"]["failures"][0]["id"] == "docker.flavour"
    assert home.secrets() == {}
    assert home.compose.calls("up") == []


async def test_no_compose_ends_it_with_what_to_install(home: Home, tmp_path: Any) -> None:
    (tmp_path / "cli-plugins" / "docker-compose").unlink()
    error = error_of(await home.install())
    assert "docker.compose" in error["message"]
    assert "docker-compose-plugin" in error["fix"]
    assert names(home.paths.conf_d) == []


async def test_an_engine_that_is_down(home: Home) -> None:
    await home.engine.stop()
    error = error_of(await home.install())
    assert "docker.down" in error["message"]
    assert error["fix"] == "systemctl status docker; sudo systemctl restart docker"


async def test_an_override_that_compose_refuses_is_told_in_composes_words(home: Home) -> None:
    home.paths.override.write_text("services: [")
    home.compose.fails["config"] = (
        "time=... level=warning\nyaml: line 1: did not find expected node content\n"
    )
    error = error_of(await home.install())
    assert error["details"]["failures"][0]["id"] == "compose.invalid"
    assert "Compose says: yaml: line 1: did not find" in error["message"]
    assert str(home.paths.override) in error["fix"]
    assert home.generation is None


async def test_a_service_that_does_not_get_healthy_fails_it_with_its_last_words(
    home: Home,
) -> None:
    password = "f00d" * 12
    home.paths.secrets.mkdir(mode=0o700, parents=True)
    (home.paths.secrets / "redis-password").write_text(password)
    log = [(1, f"bad config: requirepass {password}\n".encode())]
    sick = FakeContainer("redis", ails=True, says="boot\nNOAUTH", log=log)
    home.compose.starts["redis"] = sick
    error = error_of(await home.install())
    last = "bad config: requirepass [secret]"
    assert error["message"] == f"cannot get redis healthy: unhealthy: NOAUTH; it said: {last}"
    assert error["details"]["logs"] == {"redis": f"{last}\n"}
    assert password not in str(error), "what a service logs may be secret"
    assert error["details"]["failures"][0]["subject"] == "redis"
    assert "tarsctl logs redis" in error["fix"]


async def test_one_that_can_never_come_up_is_not_waited_for(
    home: Home, clock: Callable[[], float]
) -> None:
    dead = FakeContainer("redis", dies=True, policy="no", exit_code=1)
    home.compose.starts["redis"] = dead
    began = clock()
    assert "exit status 1" in error_of(await home.install())["message"]
    assert clock() - began < 5


async def test_containers_left_half_made_by_a_power_cut_are_made_anew(home: Home) -> None:
    """The Engine's own half of one may hold its port."""
    await home.install()
    half = home.engine.containers["redis"]
    half.state = "created"
    assert (await home.install()).status is ChangeStatus.DONE
    assert home.engine.containers["redis"] is not half


async def test_a_half_made_container_that_cannot_be_removed_undoes_the_install(
    home: Home,
) -> None:
    await home.install()
    half = home.engine.containers["redis"]
    half.state = "created"
    home.engine.say(f"/containers/{half.id}", 409, {"message": "removal is in progress"})
    error = error_of(await home.install())
    assert "removal is in progress" in error["message"]


async def test_a_service_that_left_the_stack_is_taken_down_and_its_volume_kept(
    home: Home,
) -> None:
    await home.install(with_frontend=True)
    home.engine.volumes["tars_webui"] = "tars"
    await home.install(with_frontend=False)
    assert home.engine.containers.keys() == {"postgres", "redis"}
    assert "tars_webui" in home.engine.volumes


async def test_a_port_that_is_taken_is_named_with_who_to_ask(home: Home) -> None:
    home.compose.fails["up"] = (
        "Error response from daemon: driver failed programming external connectivity on endpoint "
        "tars-redis-1 (0f): Error starting userland proxy: "
        "listen tcp4 127.0.0.1:6379: bind: address already in use\n"
    )
    error = error_of(await home.install())
    assert error["message"] == (
        "cannot start the stack: port 6379 on 127.0.0.1 is taken by another program"
    )
    assert "sport = :6379" in error["fix"]
    assert "[ports]" in error["fix"]


async def test_a_port_that_docker_holds_for_nobody_is_told_with_the_way_out(home: Home) -> None:
    home.compose.fails["up"] = (
        "Error response from daemon: driver failed programming external connectivity on endpoint "
        "tars-redis-1 (0f): Bind for 127.0.0.1:6379 failed: port is already allocated\n"
    )
    error = error_of(await home.install())
    assert error["message"] == "cannot start the stack: Docker itself holds port 6379 on 127.0.0.1"
    assert error["fix"].endswith("sudo systemctl restart docker")


async def test_an_engine_that_goes_away_in_the_middle_is_waited_for_before_anything_is_undone(
    home: Home,
) -> None:
    """Undone halfway it would leave containers that nobody knows of."""
    home.compose.starts["redis"] = FakeContainer("redis", healthy_after=9999)
    change = await home.begin_install()
    await asyncio.sleep(3)
    await home.engine.stop()
    await asyncio.sleep(600)
    waiting = await home.app.changes.get(change.id)
    assert waiting.status is ChangeStatus.UNDOING
    assert "waiting to undo" in str(waiting.as_json()["tasks"][-3]["detail"])
    await home.engine.start()
    error_of(await home.end(change))
    assert home.engine.containers == {}


async def test_a_first_install_that_fails_leaves_no_containers_and_no_generation(
    home: Home,
) -> None:
    home.compose.starts["redis"] = FakeContainer("redis", ails=True)
    error_of(await home.install(with_frontend=True))
    assert home.engine.containers == {}
    assert home.generation is None
    assert names(home.paths.conf_d) == []
    assert await home.intent() == {}


async def test_what_a_failed_install_put_into_volumes_stays_readable(home: Home) -> None:
    home.compose.starts["redis"] = FakeContainer("redis", ails=True)
    await home.install()
    assert home.engine.volumes.keys() == {"tars_postgres", "tars_redis"}
    assert sorted(home.secrets()) == SECRETS
    before = home.secrets()
    home.compose.starts.clear()
    assert (await home.install()).status is ChangeStatus.DONE
    assert home.secrets() == before


async def test_a_failure_before_any_volume_exists_leaves_no_secrets(home: Home) -> None:
    del home.engine.images["redis:8"]
    await home.install()
    assert names(home.paths.secrets) == []


async def test_a_failed_change_of_a_stack_that_ran_brings_it_back_as_it_was(home: Home) -> None:
    await home.install()
    before = (home.generation, home.secrets(), names(home.paths.conf_d))
    ran = {name: it.definition for name, it in home.engine.containers.items()}
    home.compose.stack["services"]["redis"]["environment"] = {"NEW": "1"}
    home.compose.starts["redis"] = FakeContainer("redis", ails=True)
    home.compose.starts["postgres"] = FakeContainer("postgres")

    change = await home.install(with_frontend=True)

    assert change.status is ChangeStatus.UNDONE
    assert (home.generation, home.secrets(), names(home.paths.conf_d)) == before
    running = {name: it.definition for name, it in home.engine.containers.items() if name in ran}
    assert running == ran
    assert home.app.configured.settings.stack.frontend is False


async def test_a_failed_change_does_not_forget_what_the_owner_had_stopped(home: Home) -> None:
    await home.install()
    await home.lifecycle("stop", ["redis"])
    home.compose.stack["services"]["postgres"]["environment"] = {"NEW": "1"}
    home.compose.starts["postgres"] = FakeContainer("postgres", ails=True)
    assert (await home.install()).status is ChangeStatus.UNDONE
    assert (await home.intent())["redis"] == "stopped"


async def test_a_damaged_generation_is_replaced_by_a_new_one(home: Home) -> None:
    await home.install()
    assert home.generation is not None
    home.generation.compose_file.write_text("{")
    change = await home.install()
    assert change.status is ChangeStatus.DONE, change.error
    assert home.generation.number == 2


async def test_a_lost_secret_that_a_volume_was_made_with_is_never_made_anew(home: Home) -> None:
    await home.install()
    (home.paths.secrets / "postgres-password").unlink()
    error = error_of(await home.install())
    assert error["message"].startswith("cannot make a new postgres-password: volume tars_postgres")
    assert str(home.paths.secrets / "postgres-password") in error["message"]
    assert "backup" in error["fix"]
    assert "postgres-password" not in home.secrets()


async def test_a_lost_secret_that_seals_nothing_is_made_anew(home: Home) -> None:
    await home.install()
    old = home.secrets()
    (home.paths.secrets / "redis-password").unlink()
    assert (await home.install()).status is ChangeStatus.DONE
    assert home.secrets()["redis-password"] != old.pop("redis-password")
    assert home.secrets().items() >= old.items()


async def test_no_secret_stands_in_the_generation(home: Home) -> None:
    await home.install(with_frontend=True)
    assert home.generation is not None
    written = "".join(it.read_text() for it in home.generation.directory.iterdir())
    assert not [name for name, value in home.secrets().items() if value in written]
    stack = json.loads(home.generation.compose_file.read_text())
    assert stack["services"]["webui"]["env_file"] == [str(home.paths.secrets / "webui.env")]
